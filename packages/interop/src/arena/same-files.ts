import { readdir, readFile, stat } from 'node:fs/promises';
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
      const [left, right] = await Promise.all([readFile(join(expected, path)), readFile(join(actual, path))]);
      if (left.equals(right)) continue;
      const at = left.findIndex((byte, index) => byte !== right[index]);
      differences.push(`${path}: ${left.length} and ${right.length} bytes, different from byte ${at}`);
    } else if (length > 0 || !mayLackEmptyFiles) {
      differences.push(`missing: ${path}`);
    }
  }
  return differences;
}
