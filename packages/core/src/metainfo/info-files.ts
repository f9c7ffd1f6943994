import { asText } from '../bencode/bencode.js';
import { MetainfoError } from '../common/errors.js';
import { limits } from '../common/limits.js';
import type { LayoutFile } from './layout.js';

import { RawDict } from './raw-dict.js';
import { makePathsUnique, sanitizePathElement } from './sanitize-path.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const dictByte = 0x64; // d
const symlinkByte = 0x6c; // l
const padByte = 0x70; // p

/** What a file is described with is a few values; limits how long a file can keep the parser busy. */
const fileLimits = { maxTokens: 1_000 };

/**
 * The files an info dictionary names, in order (BEP 3), below the folder `name`, or the one file of that
 * name. Paths are sanitised and unique. Throws {@link MetainfoError}.
 */
export function readFiles(info: RawDict, name: string): readonly LayoutFile[] {
  const isSingleFile = info.has('length');
  if (isSingleFile === info.has('files')) {
    const found = isSingleFile ? 'both' : 'neither';
    throw new MetainfoError('METAINFO_FILES', `info must have either 'length' or 'files': it has ${found}`);
  }
  if (isSingleFile) {
    const isPad = readIsPad(info.string('attr'), 'info');
    return [{ path: [name], lengthBytes: readLength(info.integer('length'), 'info.length'), isPad }];
  }
  const files = info.mapItems('files', (file, index) => readFile(file, name, `info.files[${index}]`));
  if (files === undefined || files.length === 0) {
    throw new MetainfoError('METAINFO_FILES', 'info.files must be a list of at least one file');
  }
  return withUniquePaths(files);
}

function readFile(encoded: Uint8Array, name: string, where: string): LayoutFile {
  if (encoded[0] !== dictByte) {
    throw new MetainfoError('METAINFO_FILES', `${where} must be a dictionary`);
  }
  const file = new RawDict(encoded, where, fileLimits);
  return {
    path: [name, ...readPath(file, where)],
    lengthBytes: readLength(file.integer('length'), `${where}.length`),
    isPad: readIsPad(file.string('attr'), where),
  };
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

function readPath(file: RawDict, where: string): readonly string[] {
  const elements = file.strings('path.utf-8') ?? file.strings('path');
  if (elements === undefined || elements.length === 0) {
    throw new MetainfoError('METAINFO_PATH', `${where}.path must be a list of at least one element`);
  }
  if (elements.length > limits.maxPathElements) {
    throw new MetainfoError(
      'METAINFO_PATH',
      `${where}.path has ${elements.length} elements: at most ${limits.maxPathElements}`,
    );
  }
  const path: string[] = [];
  for (const [index, bytes] of elements.entries()) {
    if (bytes === undefined) {
      throw new MetainfoError('METAINFO_PATH', `${where}.path[${index}] must be a string`);
    }
    const name = sanitizePathElement(nameText(bytes));
    if (name !== '') path.push(name);
  }
  return path.length > 0 ? path : ['_'];
}

/** File names of old torrents are in any encoding: what is not UTF-8 becomes `_`. */
export function nameText(bytes: Uint8Array): string {
  return asText(bytes) ?? decoder.decode(bytes).replaceAll('\ufffd', '_');
}

/** Pad files share their names freely: they are never on disk. */
function withUniquePaths(files: readonly LayoutFile[]): readonly LayoutFile[] {
  const kept = files.filter(({ isPad }) => !isPad);
  const paths = makePathsUnique(kept.map(({ path }) => path));
  let next = 0;
  return files.map((file) => (file.isPad ? file : { ...file, path: paths[next++] ?? file.path }));
}
