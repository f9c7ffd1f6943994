import { blockLength } from '../common/block.js';
import { StorageError } from '../common/errors.js';
import type { FileStatus } from '../ports/storage.js';
import type { TorrentFiles } from './torrent-files.js';

/** A file in memory. Only the parts that were written take any: a hole reads as zeros, as on a disk. */
export class MemoryFile {
  readonly #chunks = new Map<number, Uint8Array>();
  lengthBytes = 0;
  modifiedMs = 0;

  write(position: number, bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) {
      const at = position + done;
      const index = Math.floor(at / blockLength);
      const offset = at % blockLength;
      const count = Math.min(bytes.length - done, blockLength - offset);
      this.#chunk(index, offset + count).set(bytes.subarray(done, done + count), offset);
      done += count;
    }
    this.lengthBytes = Math.max(this.lengthBytes, position + bytes.length);
  }

  /** Fills `into` from `position`; returns the bytes read, fewer where the file ends. */
  read(position: number, into: Uint8Array): number {
    const length = Math.max(0, Math.min(into.length, this.lengthBytes - position));
    into.fill(0, 0, length);
    let done = 0;
    while (done < length) {
      const at = position + done;
      const offset = at % blockLength;
      const count = Math.min(length - done, blockLength - offset);
      const chunk = this.#chunks.get(Math.floor(at / blockLength));
      if (chunk !== undefined) into.set(chunk.subarray(offset, offset + count), done);
      done += count;
    }
    return length;
  }

  /** Chunks are as long as what was written to them, so that tiny files take tiny memory. */
  #chunk(index: number, length: number): Uint8Array {
    const chunk = this.#chunks.get(index);
    if (chunk !== undefined && chunk.length >= length) return chunk;
    const longer = new Uint8Array(length);
    if (chunk !== undefined) longer.set(chunk);
    this.#chunks.set(index, longer);
    return longer;
  }
}

/** All files of a memory storage by path, with a clock that counts changes instead of time. */
export class MemoryFolder {
  readonly #files = new Map<string, MemoryFile>();
  #changes = 0;

  get(path: string): MemoryFile | undefined {
    return this.#files.get(path);
  }

  /** The file, made where it is not there. */
  touch(path: string): MemoryFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new MemoryFile();
      this.#files.set(path, file);
    }
    file.modifiedMs = ++this.#changes;
    return file;
  }

  /** Paths of the files in a folder, those in folders of it left out. */
  in(folder: string): string[] {
    const prefix = `${folder}/`;
    return [...this.#files.keys()].filter(
      (path) => path.startsWith(prefix) && !path.includes('/', prefix.length),
    );
  }

  delete(path: string): void {
    this.#files.delete(path);
  }

  /** Gives a file another path, at which nothing is. */
  rename(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file === undefined) return;
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  /** Puts an empty file in place of what is there. */
  replace(path: string): MemoryFile {
    this.#files.delete(path);
    return this.touch(path);
  }
}

/** Files of one torrent in memory. */
export class MemoryTorrentFiles implements TorrentFiles {
  readonly #folder: MemoryFolder;
  readonly #pathOf: (file: number) => string;

  /** @param pathOf Path of a file, joined by `/`. */
  constructor(folder: MemoryFolder, pathOf: (file: number) => string) {
    this.#folder = folder;
    this.#pathOf = pathOf;
  }

  create(file: number): void {
    this.#folder.touch(this.#pathOf(file));
  }

  write(file: number, position: number, vectors: readonly Uint8Array[]): void {
    const target = this.#folder.touch(this.#pathOf(file));
    let at = position;
    for (const vector of vectors) {
      target.write(at, vector);
      at += vector.length;
    }
  }

  read(file: number, position: number, vectors: readonly Uint8Array[]): number {
    const path = this.#pathOf(file);
    const source = this.#folder.get(path);
    if (source === undefined) {
      throw new StorageError('STORAGE_NOT_FOUND', `cannot read '${path}': there is no such file`, path);
    }
    let done = 0;
    for (const vector of vectors) done += source.read(position + done, vector);
    return done;
  }

  forget(): void {
    // Files in memory do not vanish.
  }

  stat(file: number): FileStatus {
    const found = this.#folder.get(this.#pathOf(file));
    return { lengthBytes: found?.lengthBytes, modifiedMs: found?.modifiedMs };
  }

  sizeAndTime(file: number): FileStatus {
    return this.stat(file);
  }
}
