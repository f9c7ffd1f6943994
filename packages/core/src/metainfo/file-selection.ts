import { MagnetError } from '../common/errors.js';
import { limits } from '../common/limits.js';
import { printable } from '../common/printable.js';

/**
 * The file indices that `0,2,4,6-8` names (`so` of BEP 53), ascending, each once. Throws
 * `MAGNET_FILE_SELECTION` where it is malformed, or names an index past 999 999 or more than a million.
 */
export function parseFileSelection(text: string): readonly number[] {
  const indices = new Set<number>();
  let named = 0;
  for (const field of text.split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(field);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    named += last - first + 1;
    // Both are NaN where the field is malformed.
    if (!(first <= last) || named > limits.maxSelectedFiles) {
      throw new MagnetError(
        'MAGNET_FILE_SELECTION',
        `not a selection of files such as 0,2,4-6 (so): '${printable(text)}' at '${printable(field)}'`,
      );
    }
    for (let index = first; index <= last; index++) indices.add(index);
  }
  return [...indices].sort((a, b) => a - b);
}

/** The shortest form of ascending file indices that {@link parseFileSelection} reads. */
export function formatFileSelection(indices: readonly number[]): string {
  const fields: string[] = [];
  for (let start = 0; start < indices.length; ) {
    let end = start;
    while (indices[end + 1] === (indices[end] ?? 0) + 1) end++;
    fields.push(start === end ? `${indices[start]}` : `${indices[start]}-${indices[end]}`);
    start = end + 1;
  }
  return fields.join(',');
}
