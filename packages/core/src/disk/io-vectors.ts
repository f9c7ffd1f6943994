import type { SlotIndex } from '../ports/slots.js';

/** Slots as a disk job sees them: memory only, without the pool's bookkeeping. */
export interface SlotMemory {
  readonly memory: SharedArrayBuffer;
  readonly slotLength: number;
}

/**
 * Views over `lengthBytes` of data that lie in `slots` in order, from `skipBytes` on. Slots that are
 * neighbours in memory share a view, which keeps vectored calls short.
 */
export function slotVectors(
  { memory, slotLength }: SlotMemory,
  slots: readonly SlotIndex[],
  skipBytes: number,
  lengthBytes: number,
): Uint8Array[] {
  const vectors: Uint8Array[] = [];
  let left = lengthBytes;
  let index = Math.floor(skipBytes / slotLength);
  let offset = skipBytes % slotLength;
  while (left > 0) {
    const first = slots[index++] ?? -1;
    let length = slotLength - offset;
    for (let next = first + 1; length < left && slots[index] === next; next++, index++) length += slotLength;
    length = Math.min(length, left);
    vectors.push(new Uint8Array(memory, first * slotLength + offset, length));
    offset = 0;
    left -= length;
  }
  return vectors;
}

/** What remains of `vectors` once their first `count` bytes are done. */
function withoutFirst(vectors: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skip = count;
  for (let i = 0; i < vectors.length; i++) {
    const vector = vectors[i];
    if (vector === undefined) break;
    if (skip < vector.length) {
      return skip === 0 ? vectors.slice(i) : [vector.subarray(skip), ...vectors.slice(i + 1)];
    }
    skip -= vector.length;
  }
  return [];
}

/**
 * Repeats a vectored call until all is done or it does nothing more: the system may do part of it, and
 * takes about a thousand vectors at once. Returns the bytes done.
 */
export function transferAll(
  call: (vectors: readonly Uint8Array[], position: number) => number,
  vectors: readonly Uint8Array[],
  position: number,
): number {
  let done = 0;
  let left = vectors;
  while (left.length > 0) {
    const count = call(left, position + done);
    if (count === 0) break;
    done += count;
    left = withoutFirst(left, count);
  }
  return done;
}
