import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Payload } from './payload.js';

/** Which of `count` parts of a payload, each of whole pieces and about as large as the others; counted from 0. */
export interface PartOf {
  readonly index: number;
  readonly count: number;
}

/**
 * Copies one part of a single-file payload into `folder`; where the rest would be, there are zeros. Resolves with its
 * length.
 */
export async function copyPart(
  { path, name, totalBytes, metainfo }: Payload,
  { index, count }: PartOf,
  folder: string,
): Promise<number> {
  const { pieceLength } = metainfo.info.layout;
  const pieceCount = Math.ceil(totalBytes / pieceLength);
  const startOf = (part: number): number =>
    Math.min(totalBytes, Math.floor((pieceCount * part) / count) * pieceLength);
  const start = startOf(index);
  const bytes = Buffer.alloc(startOf(index + 1) - start);
  await mkdir(folder, { recursive: true });
  await using source = await open(path, 'r');
  await using target = await open(join(folder, name), 'w');
  await target.truncate(totalBytes);
  await source.read(bytes, 0, bytes.length, start);
  await target.write(bytes, 0, bytes.length, start);
  return bytes.length;
}
