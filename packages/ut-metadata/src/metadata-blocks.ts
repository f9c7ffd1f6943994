import { blockLength } from '@peerloom/core/plugin';

/** Blocks of metadata of this length: 16 KiB each, the last one may be shorter (BEP 9). */
export function blockCountOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockLength);
}

/** Length of a block of metadata of `sizeBytes`; 0 where there is no such block. */
export function blockSizeOf(sizeBytes: number, block: number): number {
  return block < 0 ? 0 : Math.max(0, Math.min(blockLength, sizeBytes - block * blockLength));
}
