import { createHash, createHmac } from 'node:crypto';
import { bytesEqual } from '@peerloom/core/plugin';

/** What is kept of a block instead of its bytes. */
export interface BlockDigest {
  /**
   * HMAC-SHA256 under a key that nobody else knows, so that nobody can make two blocks of the same digest;
   * `undefined` of a copy whose bytes were not kept.
   */
  readonly keyed: Uint8Array | undefined;
  /** SHA-1: all there is of a copy that came second (end game). */
  readonly sha1: Uint8Array;
}

/** The digest of a block. */
export function digestBlock(key: Uint8Array, bytes: Uint8Array): BlockDigest {
  return {
    keyed: createHmac('sha256', key).update(bytes).digest(),
    sha1: createHash('sha1').update(bytes).digest(),
  };
}

/** Whether two digests are of the same bytes. */
export function sameBlock(one: BlockDigest, other: BlockDigest): boolean {
  if (one.keyed !== undefined && other.keyed !== undefined) return bytesEqual(one.keyed, other.keyed);
  return bytesEqual(one.sha1, other.sha1);
}
