/** Weight of the newest second in the average. */
const newestWeight = 0.4;

/** Counts bytes, and keeps their rate as a moving average of about three seconds. */
export class RateMeter {
  readonly #parent: RateMeter | undefined;
  #total = 0;
  #sinceTick = 0;
  #rate = 0;

  /** What is counted is counted in the parent too. */
  constructor(parent?: RateMeter) {
    this.#parent = parent;
  }

  add(bytes: number): void {
    this.#total += bytes;
    this.#sinceTick += bytes;
    this.#parent?.add(bytes);
  }

  /** Takes in the last interval. Call about once a second. */
  tick(elapsedMs: number): void {
    if (elapsedMs <= 0) return;
    const newest = (this.#sinceTick * 1000) / elapsedMs;
    this.#rate = newest * newestWeight + this.#rate * (1 - newestWeight);
    if (this.#rate < 1) this.#rate = 0;
    this.#sinceTick = 0;
  }

  /** Bytes since the start. */
  get total(): number {
    return this.#total;
  }

  /** Bytes a second. */
  get rate(): number {
    return this.#rate;
  }
}

/** What goes over connections: one, or all of a torrent or session. */
export class TransferMeters {
  /** All bytes from the remote, protocol included. */
  readonly received: RateMeter;
  /** All bytes to the remote, protocol included. */
  readonly sent: RateMeter;
  /** Content from the remote. */
  readonly downloaded: RateMeter;
  /** Content to the remote. */
  readonly uploaded: RateMeter;

  constructor(parent?: TransferMeters) {
    this.received = new RateMeter(parent?.received);
    this.sent = new RateMeter(parent?.sent);
    this.downloaded = new RateMeter(parent?.downloaded);
    this.uploaded = new RateMeter(parent?.uploaded);
  }

  tick(elapsedMs: number): void {
    this.received.tick(elapsedMs);
    this.sent.tick(elapsedMs);
    this.downloaded.tick(elapsedMs);
    this.uploaded.tick(elapsedMs);
  }
}
