import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Payload } from './payload.js';

/** Which part of a payload's bytes. */
export type Half = 'first' | 'second';

/**
 * Copies one half of the bytes of a single-file payload into `folder`; where the other half would be, there are
 * zeros.
 */
export async function copyHalf(
  { path, name, totalBytes }: Payload,
  half: Half,
  folder: string,
): Promise<void> {
  const middle = Math.floor(totalBytes / 2);
  const [start, end] = half === 'first' ? [0, middle] : [middle, totalBytes];
  await mkdir(folder, { recursive: true });
  await using source = await open(path, 'r');
  await using target = await open(join(folder, name), 'w');
  await target.truncate(totalBytes);
  const bytes = Buffer.alloc(end - start);
  await source.read(bytes, 0, bytes.length, start);
  await target.write(bytes, 0, bytes.length, start);
}
