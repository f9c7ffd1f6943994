import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How to compare. */
export interface DifferenceOptions {
  /** Whether a file of no bytes may be missing: some engines make none. */
  readonly mayLackEmptyFiles?: boolean;
}

/** Paths below `path` of all files, with their lengths; the empty path where it is a file itself. */
async function listFiles(path: string): Promise<ReadonlyMap<string, number>> {
  const stats = await stat(path);
  if (stats.isFile()) return new Map([['', stats.size]]);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(async (entry): Promise<readonly [string, number]> => {
      const file = join(entry.parentPath, entry.name);
      return [file.slice(path.length + 1), (await stat(file)).size];
    });
  return new Map(await Promise.all(files));
}

/** Length of what is read and compared at a time. */
const chunkLength = 4 * 1024 * 1024;

/** The first offset at which two files differ; `undefined` where they do not. */
async function firstDifference(left: string, right: string): Promise<number | undefined> {
  await using leftFile = await open(left, 'r');
  await using rightFile = await open(right, 'r');
  const [leftChunk, rightChunk] = [Buffer.alloc(chunkLength), Buffer.alloc(chunkLength)];
  for (let start = 0; ; start += chunkLength) {
    const { bytesRead } = await leftFile.read(leftChunk, 0, chunkLength, start);
    const other = await rightFile.read(rightChunk, 0, chunkLength, start);
    const leftBytes = leftChunk.subarray(0, bytesRead);
    const rightBytes = rightChunk.subarray(0, other.bytesRead);
    if (!leftBytes.equals(rightBytes)) {
      const at = leftBytes.findIndex((byte, index) => byte !== rightBytes[index]);
      return start + (at < 0 ? bytesRead : at);
    }
    if (bytesRead < chunkLength) return undefined;
  }
}

/**
 * Says what differs between two files or folders, byte for byte; an empty list where nothing does. A file
 * that is in one of them only is a difference.
 */
export async function findDifferences(
  expected: string,
  actual: string,
  { mayLackEmptyFiles = false }: DifferenceOptions,
): Promise<readonly string[]> {
  const wanted = await listFiles(expected);
  const there = await listFiles(actual);
  const differences = [...there.keys()].filter((path) => !wanted.has(path)).map((path) => `extra: ${path}`);
  for (const [path, length] of wanted) {
    if (there.has(path)) {
      const at = await firstDifference(join(expected, path), join(actual, path));
      if (at === undefined) continue;
      differences.push(`${path}: ${length} and ${there.get(path)} bytes, different from byte ${at}`);
    } else if (length > 0 || !mayLackEmptyFiles) {
      differences.push(`missing: ${path}`);
    }
  }
  return differences;
}
