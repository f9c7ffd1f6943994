/**
 * Where a storage keeps the info dictionaries of torrents that were added without (BEP 9), so that a magnet link is
 * known at once the next time. They are found by the infohash alone: of such a torrent there is no layout yet.
 * What is kept needs no other proof than its hash, which the engine checks. `StorageError` is what methods reject
 * with; then the engine fetches the metadata again, or goes on without keeping it.
 */
export interface MetadataStore {
  /**
   * What was kept of a torrent; `undefined` where nothing was. Rejects, having read no further, with
   * `STORAGE_TOO_LARGE` where it is longer than `maxBytes`.
   *
   * @param infoHash 40 hexadecimal digits.
   */
  load(infoHash: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /**
   * Keeps the info dictionary, in place of what was kept before: the old or the new one is there at any time.
   *
   * @param infoHash 40 hexadecimal digits.
   */
  save(infoHash: string, info: Uint8Array): Promise<void>;
  /**
   * Forgets it, where it was kept.
   *
   * @param infoHash 40 hexadecimal digits.
   */
  remove(infoHash: string): Promise<void>;
}
