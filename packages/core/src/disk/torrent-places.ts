import { realpath, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isPeerloomError, StorageError } from '../common/errors.js';
import type { FileStatus, StorageLayout } from '../ports/storage.js';
import { runBounded } from './bounded-run.js';
import type { DiskTorrent } from './disk-protocol.js';
import { ExtentMap } from './extent-map.js';
import { asideFlag, createdFlag, FileFlags, seenFlag, unflushedFlag } from './file-flags.js';
import {
  checkFile,
  checkPath,
  checkPathIsFree,
  layoutAt,
  originalPlaces,
  pathTaken,
  selectionChange,
  uselessParts,
} from './file-places.js';
import { listBelow, moveTorrent } from './move-torrent.js';
import { partPath, partsAmong, partsFolderPath } from './part-files.js';
import { isOtherSpelling, isSameFile, isThere, placeFile } from './place-file.js';
import { type PlacesRecord, type Renaming, readPlaces, writePlaces } from './places-record.js';
import { restoreFile } from './restore-file.js';
import { stateFolderPath } from './state-folder.js';
import { storageFailure } from './storage-failure.js';
import { TorrentFolders } from './torrent-folders.js';

/** Files put into their place at one time: each waits for a flush. */
const restoresAtOnce = 8;

/** Failures to record what is kept aside where nothing could be written aside either. */
const unwritableCodes: ReadonlySet<string> = new Set(['STORAGE_READ_ONLY', 'STORAGE_PERMISSION']);

const noFlags = seenFlag | unflushedFlag | createdFlag;

/** What a {@link TorrentPlaces} needs of others. */
export interface TorrentPlacesOptions {
  /** Status of files, of the torrent as it was registered or is by now. */
  readonly stat: (files: readonly number[]) => Promise<readonly FileStatus[]>;
  readonly onWarning: (message: string) => void;
  /** Whether anything may be written that is not the torrent's data. */
  readonly keepsState: boolean;
}

/** What a selection of files has done. */
export interface Selected {
  /** Files in whose place something was, in order. */
  readonly taken: readonly number[];
  /** Files that were made of parts. */
  readonly restored: readonly number[];
  /** Pieces of which there were parts. */
  readonly parts: readonly number[];
}

const nothingSelected: Selected = { taken: [], restored: [], parts: [] };

/**
 * Where one torrent's files are, and the work of changing that. Every method must run alone: no job under way,
 * no file open. They reject with `StorageError`, with everything as it was.
 */
export class TorrentPlaces {
  readonly #original: StorageLayout;
  readonly #infoHash: string | undefined;
  readonly #flags: FileFlags;
  readonly #options: TorrentPlacesOptions;
  #record: PlacesRecord = originalPlaces;
  /** Files whose parts are kept though something else is used in their place: the next opening tries again. */
  #blocked: ReadonlySet<number> = new Set();
  #torrent: DiskTorrent;

  constructor(torrent: DiskTorrent, options: TorrentPlacesOptions) {
    this.#original = torrent.layout;
    this.#infoHash = torrent.layout.infoHash;
    this.#flags = new FileFlags(torrent.flags);
    this.#options = options;
    this.#torrent = torrent;
  }

  /** The torrent as jobs have to know it. */
  get torrent(): DiskTorrent {
    return this.#torrent;
  }

  /** Path of a file that has been renamed. */
  renamed(file: number): readonly string[] | undefined {
    return this.#record.paths.get(file);
  }

  /** Learns what an earlier opening left. */
  async load(): Promise<void> {
    const infoHash = this.#infoHash;
    if (infoHash === undefined) return;
    const { root } = this.#torrent;
    let record: PlacesRecord | undefined;
    try {
      record = await readPlaces(root, infoHash, this.#original);
    } catch (error) {
      if (!isPeerloomError(error) || error.code !== 'STORAGE_STATE') throw error;
      this.#options.onWarning(`${error.message}: files are looked for where the torrent says`);
    }
    if (record === undefined) return;
    const settled = record.renaming ? await this.#settleRename(record, record.renaming) : record;
    // The first selection may change nothing, and what is at these paths may be something else by the next time.
    if (settled === record || !this.#options.keepsState) this.#use(settled);
    else if (!(await this.#keep(settled, this.#blocked, true))) this.#use(settled);
    for (const file of settled.aside) this.#flags.set(file, asideFlag);
  }

  /** See `TorrentStorage.selectFiles`. */
  async select(unwanted: readonly number[]): Promise<Selected> {
    const { root, layout } = this.#torrent;
    const { returning, leaving } = selectionChange(layout, this.#record, unwanted);
    const infoHash = this.#infoHash;
    if (infoHash === undefined) return nothingSelected;
    const parts = await this.#listParts(infoHash);
    const source = { root, infoHash, layout, map: new ExtentMap(layout), parts };
    const found = {
      restored: [] as number[],
      nothing: [] as number[],
      taken: [] as number[],
      foreign: [] as number[],
    };
    await runBounded(returning.length, restoresAtOnce, undefined, async (index) => {
      const file = returning[index] ?? 0;
      found[await restoreFile(source, file)].push(file);
    });
    const aside = new Set(this.#record.aside);
    for (const file of returning) aside.delete(file);
    for (const file of await this.#absent(leaving)) aside.add(file);
    const blocked = new Set([...this.#blocked, ...found.foreign].filter((file) => !aside.has(file)));
    const isChanged = returning.length > 0 || aside.size !== this.#record.aside.size;
    if (isChanged && !(await this.#keep({ ...this.#record, aside }, blocked, returning.length === 0)))
      return nothingSelected;
    for (const file of returning) this.#flags.clear(file, asideFlag);
    for (const file of found.restored) this.#flags.set(file, seenFlag);
    for (const file of aside) this.#flags.set(file, asideFlag);
    await this.#removeParts(infoHash, uselessParts(layout, new Set([...aside, ...blocked]), parts));
    const taken = [...found.taken, ...found.foreign].sort((a, b) => a - b);
    return { taken, restored: found.restored, parts };
  }

  /** See `TorrentStorage.renameFile`. */
  async rename(file: number, path: readonly string[]): Promise<void> {
    const { root, layout } = this.#torrent;
    const infoHash = this.#infoHash;
    checkFile(layout, file);
    checkPath(path);
    const from = layout.files[file]?.path ?? [];
    if (from.join('/') === path.join('/')) return;
    checkPathIsFree(layout, file, path);
    if (infoHash === undefined) {
      throw new StorageError('STORAGE_UNSUPPORTED', 'a torrent without an infohash keeps its paths', '');
    }
    const paths = new Map(this.#record.paths).set(file, [...path]);
    if (this.#original.files[file]?.path.join('/') === path.join('/')) paths.delete(file);
    const renamed: PlacesRecord = { aside: this.#record.aside, paths };
    const [source, target] = [join(root, ...from), join(root, ...path)];
    const folders = new TorrentFolders(root);
    try {
      if (this.#record.aside.has(file) || !(await isThere(source))) {
        if (await isThere(target)) throw pathTaken(path.join('/'));
        await this.#write(renamed, this.#blocked);
      } else {
        await folders.makeFor([path]);
        await this.#write({ ...this.#record, renaming: { file, from, to: path } }, this.#blocked);
        await placeFile(source, target);
        try {
          await folders.sync([path]);
          await this.#write(renamed, this.#blocked);
        } catch (error) {
          await placeFile(target, source);
          throw error;
        }
        await folders.removeEmpty([from]);
      }
    } catch (error) {
      await folders.unmake();
      throw withPath(storageFailure(error, 'rename', from.join('/')), path.join('/'));
    }
    this.#use(renamed);
  }

  /** See `TorrentStorage.move`. */
  async move(place: string, signal: AbortSignal): Promise<void> {
    if (place === '') throw new StorageError('STORAGE_PATH', 'not a folder to move to: an empty path', '');
    const to = resolve(place);
    const { root: from, layout } = this.#torrent;
    if (await isSamePlace(from, to)) return;
    const paths: (readonly string[])[] = [];
    for (const [file, { path, isPad }] of layout.files.entries()) {
      if (!isPad && !this.#record.aside.has(file)) paths.push(path);
    }
    if (this.#infoHash !== undefined) paths.push(...(await listBelow(from, stateFolderPath(this.#infoHash))));
    const failures = await moveTorrent({ from, to, paths, signal });
    this.#torrent = { ...this.#torrent, root: to };
    for (const { message } of failures) this.#options.onWarning(`after a move: ${message}`);
  }

  #use(record: PlacesRecord): void {
    this.#record = record;
    const partFlags =
      record.aside.size === 0
        ? undefined
        : (this.#torrent.partFlags ?? FileFlags.create(this.#original.pieceCount).memory);
    this.#torrent = { ...this.#torrent, layout: layoutAt(this.#original, record), partFlags };
  }

  /** Records it; false where nothing can be written, and it does not matter (`mayFail`) that it is not. */
  async #keep(record: PlacesRecord, blocked: ReadonlySet<number>, mayFail: boolean): Promise<boolean> {
    try {
      await this.#write(record, blocked);
    } catch (error) {
      if (mayFail && isPeerloomError(error) && unwritableCodes.has(error.code)) return false;
      throw error;
    }
    this.#use(record);
    this.#blocked = blocked;
    return true;
  }

  async #write(record: PlacesRecord, blocked: ReadonlySet<number>): Promise<void> {
    const aside = new Set([...record.aside, ...blocked]);
    await writePlaces(this.#torrent.root, this.#infoHash ?? '', { ...record, aside });
  }

  /** The files that are not in their place, and have not been. */
  async #absent(files: readonly number[]): Promise<number[]> {
    if (files.length === 0) return [];
    const statuses = await this.#options.stat(files);
    return files.filter(
      (file, index) => statuses[index]?.lengthBytes === undefined && !this.#flags.has(file, seenFlag),
    );
  }

  async #listParts(infoHash: string): Promise<number[]> {
    const below = await listBelow(this.#torrent.root, partsFolderPath(infoHash));
    return partsAmong(below.map((path) => path.at(-1) ?? ''));
  }

  async #removeParts(infoHash: string, pieces: readonly number[]): Promise<void> {
    const { root, partFlags } = this.#torrent;
    const flags = partFlags && new FileFlags(partFlags);
    for (const piece of pieces) {
      // One that stays takes space and is not read: the next selection tries again.
      await unlink(join(root, ...partPath(infoHash, piece))).catch(() => undefined);
      flags?.clear(piece, noFlags);
    }
  }

  /** Finds out whether a rename that was begun has been done. */
  async #settleRename({ aside, paths }: PlacesRecord, { file, from, to }: Renaming): Promise<PlacesRecord> {
    const { root } = this.#torrent;
    const [source, target] = [join(root, ...from), join(root, ...to)];
    const undone: PlacesRecord = { aside, paths };
    if (!(await isThere(target))) return undone;
    if ((await isThere(source)) && !(await isOtherSpelling(source, target))) {
      if (!(await isSameFile(source, target))) return undone;
      await unlink(source);
    }
    return { aside, paths: new Map(paths).set(file, to) };
  }
}

async function isSamePlace(root: string, other: string): Promise<boolean> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => path);
  return (await real(root)) === (await real(other));
}

/** Paths in errors are below the root, also that of a file which the system refused by its whole path. */
function withPath(error: StorageError, path: string): StorageError {
  if (error.code !== 'STORAGE_EXISTS' || error.path === path) return error;
  return pathTaken(path);
}
