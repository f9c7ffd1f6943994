import { isUtf8 } from 'node:buffer';
import { Walker } from '../bencode/walker.js';
import { utf8 } from '../common/bytes.js';
import { BencodeError, MetainfoError } from '../common/errors.js';
import { limits } from '../common/limits.js';
import { PlacedFiles } from './layout.js';
import type { RawDict } from './raw-dict.js';
import { sanitizePathElement } from './sanitize-path.js';
import { uniquePaths } from './unique-paths.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const symlinkByte = 0x6c; // l
const padByte = 0x70; // p
const lengthKey = utf8('length');
const pathKey = utf8('path');
const pathUtf8Key = utf8('path.utf-8');
const attrKey = utf8('attr');

/** What a file is described with is a few values. */
const maxTokensPerFile = 1_000;

/**
 * The files an info dictionary names (BEP 3), checked: what is left is work on their names, which cannot fail. A
 * torrent may have hundreds of thousands of files, so that it can be done in parts.
 */
export class CheckedFiles {
  readonly #bytes: Uint8Array;
  /** Where the list is that is a file's path; -1 for a torrent of one file, which has none. */
  readonly #pathAt: readonly number[];
  readonly #lengths: readonly number[];
  readonly #isPad: readonly boolean[];

  /** @internal */
  constructor(
    bytes: Uint8Array,
    files: {
      readonly pathAt: readonly number[];
      readonly lengths: readonly number[];
      readonly isPad: readonly boolean[];
    },
  ) {
    this.#bytes = bytes;
    this.#pathAt = files.pathAt;
    this.#lengths = files.lengths;
    this.#isPad = files.isPad;
  }

  get count(): number {
    return this.#lengths.length;
  }

  /** Bytes of all of them, not exact where it is past 2^53. */
  totalLength(): number {
    let total = 0;
    for (const lengthBytes of this.#lengths) total += lengthBytes;
    return total;
  }

  /**
   * The files in order, below the folder `name`, or the one file of that name. Paths are sanitised and unique; pad
   * files share theirs freely, since they are never on disk. Yields after each of some steps a file.
   */
  *place(name: string): Generator<undefined, PlacedFiles> {
    const paths: (readonly string[])[] = [];
    for (const at of this.#pathAt) {
      paths.push(at < 0 ? [name] : this.#readPath(at, name));
      yield;
    }
    const unique = yield* uniquePaths(paths, this.#isPad);
    const placed = new PlacedFiles();
    for (const [index, path] of unique.entries()) {
      placed.add({ path, lengthBytes: this.#lengths[index] ?? 0, isPad: this.#isPad[index] === true });
      yield;
    }
    return placed;
  }

  #readPath(at: number, name: string): readonly string[] {
    const path = [name];
    const walker = new Walker(this.#bytes, at);
    for (walker.enter(); !walker.isEnd; ) {
      walker.string();
      const element = sanitizePathElement(nameText(walker.stringBytes()));
      if (element !== '') path.push(element);
    }
    if (path.length === 1) path.push('_');
    return path;
  }
}

/** Checks the files of an info dictionary. Throws {@link MetainfoError}. */
export function checkFiles(info: RawDict): CheckedFiles {
  const isSingleFile = info.has('length');
  if (isSingleFile === info.has('files')) {
    const found = isSingleFile ? 'both' : 'neither';
    throw new MetainfoError('METAINFO_FILES', `info must have either 'length' or 'files': it has ${found}`);
  }
  if (isSingleFile) {
    const isPad = readIsPad(info.string('attr'), 'info');
    const lengthBytes = readLength(info.integer('length'), 'info.length');
    return new CheckedFiles(new Uint8Array(), { pathAt: [-1], lengths: [lengthBytes], isPad: [isPad] });
  }
  const list = info.encoded('files') ?? new Uint8Array();
  const files = new FileListCheck(list);
  if (files.lengths.length === 0) {
    throw new MetainfoError('METAINFO_FILES', 'info.files must be a list of at least one file');
  }
  return new CheckedFiles(list, files);
}

/** Reads a list of files. */
class FileListCheck {
  readonly pathAt: number[] = [];
  readonly lengths: number[] = [];
  readonly isPad: boolean[] = [];
  readonly #bytes: Uint8Array;
  readonly #walker: Walker;

  constructor(list: Uint8Array) {
    this.#bytes = list;
    this.#walker = new Walker(list, 0);
    if (!this.#walker.isList) return;
    for (this.#walker.enter(); !this.#walker.isEnd; ) this.#readFile();
  }

  get #where(): string {
    return `info.files[${this.lengths.length}]`;
  }

  #readFile(): void {
    const walker = this.#walker;
    if (!walker.isDict) throw new MetainfoError('METAINFO_FILES', `${this.#where} must be a dictionary`);
    let lengthBytes: number | undefined;
    let attr: Uint8Array | undefined;
    let path = -1;
    let pathUtf8 = -1;
    walker.tokens = 0;
    for (walker.enter(); !walker.isEnd; ) {
      walker.string();
      const isLength = walker.stringIs(lengthKey);
      const isAttr = walker.stringIs(attrKey);
      const isPath = walker.stringIs(pathKey);
      const isPathUtf8 = walker.stringIs(pathUtf8Key);
      if (isPath && walker.isList) path = walker.position;
      if (isPathUtf8 && walker.isList) pathUtf8 = walker.position;
      if (isLength && walker.isInteger) {
        lengthBytes = walker.integer();
      } else {
        const isString = walker.isString;
        walker.skip();
        if (isAttr && isString) attr = walker.stringBytes();
      }
    }
    walker.leave();
    this.#requireFewTokens(walker.tokens);
    this.pathAt.push(this.#checkedPath(pathUtf8 < 0 ? path : pathUtf8));
    const isPad = readIsPad(attr, this.#where);
    this.lengths.push(
      lengthBytes !== undefined && lengthBytes >= 0
        ? lengthBytes
        : readLength(lengthBytes, `${this.#where}.length`),
    );
    this.isPad.push(isPad);
  }

  #requireFewTokens(tokens: number): void {
    if (tokens <= maxTokensPerFile) return;
    const message = `more than ${maxTokensPerFile} strings, integers, lists and dictionaries`;
    throw new MetainfoError('METAINFO_BENCODE', `${this.#where}: ${message}`, {
      cause: new BencodeError('BENCODE_TOKENS', message, 0),
    });
  }

  #checkedPath(at: number): number {
    const walker = new Walker(this.#bytes, at);
    let count = 0;
    if (at >= 0) {
      for (walker.enter(); !walker.isEnd; count++) {
        if (!walker.isString) this.#failPath(`[${count}] must be a string`);
        walker.string();
      }
    }
    if (count === 0) this.#failPath(' must be a list of at least one element');
    if (count > limits.maxPathElements) {
      this.#failPath(` has ${count} elements: at most ${limits.maxPathElements}`);
    }
    return at;
  }

  #failPath(what: string): never {
    throw new MetainfoError('METAINFO_PATH', `${this.#where}.path${what}`);
  }
}

function readLength(lengthBytes: number | undefined, where: string): number {
  if (lengthBytes !== undefined && lengthBytes >= 0) return lengthBytes;
  throw new MetainfoError(
    'METAINFO_LENGTH',
    `${where} must be a length in bytes: it is ${lengthBytes ?? 'missing or no integer'}`,
  );
}

/** Attributes of BEP 47. A symbolic link could lead out of the torrent's folder. */
function readIsPad(attr: Uint8Array | undefined, where: string): boolean {
  if (attr?.includes(symlinkByte)) {
    throw new MetainfoError('METAINFO_SYMLINK', `${where} is a symbolic link, which is not supported`);
  }
  return attr?.includes(padByte) ?? false;
}

/** File names of old torrents are in any encoding: what is not UTF-8 becomes `_`. */
export function nameText(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  return isUtf8(bytes) ? text : text.replaceAll('\ufffd', '_');
}
