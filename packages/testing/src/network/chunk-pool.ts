const smallestBytes = 256;
const largestBytes = 1024 * 1024;
/** Bytes kept for reuse; more is left to the garbage collector. */
const maxKeptBytes = 64 * 1024 * 1024;

/** Buffers for what is on the way, used again and again: a swarm moves far more than is on the way at once. */
export class ChunkPool {
  /** Free buffers by the binary logarithm of their length. */
  readonly #free: Uint8Array[][] = [];
  #keptBytes = 0;

  /** A buffer of at least `minBytes`, with anything in it. */
  acquire(minBytes: number): Uint8Array {
    const sizeClass = classOf(minBytes);
    const buffer = this.#free[sizeClass]?.pop();
    if (buffer === undefined) return new Uint8Array(2 ** sizeClass);
    this.#keptBytes -= buffer.length;
    return buffer;
  }

  /** Takes back a buffer of {@link acquire} that nobody looks at any more. */
  release(buffer: Uint8Array): void {
    if (buffer.length > largestBytes || this.#keptBytes + buffer.length > maxKeptBytes) return;
    const sizeClass = classOf(buffer.length);
    this.#keptBytes += buffer.length;
    const free = this.#free[sizeClass] ?? [];
    this.#free[sizeClass] = free;
    free.push(buffer);
  }
}

function classOf(bytes: number): number {
  return 32 - Math.clz32(Math.max(bytes, smallestBytes) - 1);
}
