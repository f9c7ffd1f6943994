import type { StorageLayout } from '../ports/storage.js';
import { ExtentMap } from './extent-map.js';
import {
  checkFile,
  checkPath,
  checkPathIsFree,
  extentsInParts,
  type FilePlaces,
  layoutAt,
  originalPlaces,
  pathTaken,
  selectionChange,
  uselessParts,
} from './file-places.js';
import { type MemoryFolder, MemoryTorrentFiles } from './memory-files.js';
import { partPath, partsAmong, partsFolderPath } from './part-files.js';
import type { PartStore } from './parted-files.js';

/** The parts of a torrent's pieces in memory. */
export class MemoryParts extends MemoryTorrentFiles implements PartStore {
  readonly #folder: MemoryFolder;
  readonly #infoHash: string;

  constructor(folder: MemoryFolder, infoHash: string) {
    super(folder, (piece) => partPath(infoHash, piece).join('/'));
    this.#folder = folder;
    this.#infoHash = infoHash;
  }

  list(): readonly number[] {
    const path = partsFolderPath(this.#infoHash).join('/');
    return partsAmong(this.#folder.in(path).map((name) => name.slice(path.length + 1)));
  }

  delete(piece: number): void {
    this.#folder.delete(partPath(this.#infoHash, piece).join('/'));
  }
}

/** Where the files of one torrent are in memory, and the work of changing that. Outlives an opening of it. */
export class MemoryPlaces {
  readonly #folder: MemoryFolder;
  readonly #original: StorageLayout;
  readonly #parts: MemoryParts;
  #places: FilePlaces = originalPlaces;
  #layout: StorageLayout;

  constructor(folder: MemoryFolder, layout: StorageLayout) {
    this.#folder = folder;
    this.#original = layout;
    this.#layout = layout;
    this.#parts = new MemoryParts(folder, layout.infoHash ?? '');
  }

  get parts(): MemoryParts {
    return this.#parts;
  }

  isAside(file: number): boolean {
    return this.#places.aside.has(file);
  }

  /** Path of a file, joined by `/`. */
  pathOf(file: number): string {
    return (this.#layout.files[file]?.path ?? []).join('/');
  }

  renamed(file: number): readonly string[] | undefined {
    return this.#places.paths.get(file);
  }

  /** See `TorrentStorage.selectFiles`. */
  select(unwanted: readonly number[]): readonly number[] {
    const { returning, leaving } = selectionChange(this.#layout, this.#places, unwanted);
    if (this.#layout.infoHash === undefined) return [];
    const parts = this.#parts.list();
    const map = new ExtentMap(this.#layout);
    const taken = returning.filter((file) => !this.#restore(file, map, parts));
    const aside = new Set(this.#places.aside);
    for (const file of returning) aside.delete(file);
    for (const file of leaving) if (this.#folder.get(this.pathOf(file)) === undefined) aside.add(file);
    this.#places = { ...this.#places, aside };
    for (const piece of uselessParts(this.#layout, aside, parts)) this.#parts.delete(piece);
    return taken;
  }

  /** False where something is in its place. */
  #restore(file: number, map: ExtentMap, parts: readonly number[]): boolean {
    const path = this.pathOf(file);
    if (this.#folder.get(path) !== undefined) return false;
    if (this.#layout.files[file]?.lengthBytes === 0) this.#folder.touch(path);
    for (const { piece, begin, position, lengthBytes } of extentsInParts(this.#layout, map, file, parts)) {
      const bytes = new Uint8Array(lengthBytes);
      const count = this.#parts.read(piece, begin, [bytes]);
      this.#folder.touch(path).write(position, bytes.subarray(0, count));
    }
    return true;
  }

  /** See `TorrentStorage.renameFile`. */
  rename(file: number, path: readonly string[]): void {
    checkFile(this.#layout, file);
    checkPath(path);
    const [from, to] = [this.pathOf(file), path.join('/')];
    if (from === to) return;
    checkPathIsFree(this.#layout, file, path);
    if (this.#folder.get(to) !== undefined) throw pathTaken(to);
    this.#folder.rename(from, to);
    const paths = new Map(this.#places.paths).set(file, [...path]);
    if (this.#original.files[file]?.path.join('/') === to) paths.delete(file);
    this.#places = { ...this.#places, paths };
    this.#layout = layoutAt(this.#original, this.#places);
  }
}
