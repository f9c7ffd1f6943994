/** A map or set, which keep the order in which they were filled. */
interface Ordered<K> {
  readonly size: number;
  keys(): IterableIterator<K>;
  delete(key: K): boolean;
}

/** Takes out what was put in first, until no more than so many are left. */
export function dropOldest<K>(entries: Ordered<K>, capacity: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= capacity) return;
    entries.delete(oldest);
  }
}
