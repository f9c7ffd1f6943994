/** What has happened in a session since it was made; never falls, whichever torrents come and go. */
export class SessionCounters {
  dials = 0;
  dialsOpened = 0;
  incoming = 0;
  wastedBytes = 0;
  redundantBytes = 0;
  hashFailures = 0;
  readonly #disconnects = new Map<string, number>();
  readonly #refusals = new Map<string, number>();

  /** A connection has ended, or was never made. Codes are ours: a remote has no say in them. */
  disconnected(code: string): void {
    this.#disconnects.set(code, (this.#disconnects.get(code) ?? 0) + 1);
  }

  /** An incoming connection was refused before it became a peer. */
  refused(code: string): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  get disconnects(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#disconnects);
  }

  get refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }
}
