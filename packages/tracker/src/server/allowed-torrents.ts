/** The torrents that a tracker serves, by infohashes of 20 bytes, one character each; any, where there is no list. */
export class AllowedTorrents {
  #infoHashes: Set<string> | undefined;

  constructor(infoHashes: Set<string> | undefined) {
    this.#infoHashes = infoHashes;
  }

  get list(): Set<string> | undefined {
    return this.#infoHashes;
  }

  replace(infoHashes: Set<string> | undefined): void {
    this.#infoHashes = infoHashes;
  }

  /** Whether it is served. */
  allows(infoHash: string): boolean {
    return this.#infoHashes?.has(infoHash) ?? true;
  }

  /** Whether it is served because a list names it. */
  lists(infoHash: string): boolean {
    return this.#infoHashes?.has(infoHash) ?? false;
  }
}
