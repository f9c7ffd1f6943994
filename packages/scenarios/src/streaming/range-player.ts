import { once } from 'node:events';
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';

/** Asks for a file over HTTP as a media player does: from a position to the end, giving that up when it seeks. */
export class RangePlayer {
  readonly #url: string;
  readonly #signal: AbortSignal;
  readonly #agent = new Agent();
  readonly #played: Uint8Array;
  #request: ClientRequest | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #position = 0;

  constructor(url: string, sizeBytes: number, signal: AbortSignal) {
    this.#url = url;
    this.#played = new Uint8Array(sizeBytes);
    this.#signal = signal;
  }

  /** Every byte that was played, in its place. */
  get played(): Uint8Array {
    return this.#played;
  }

  /** Where it is, in bytes. */
  get position(): number {
    return this.#position;
  }

  /** Goes to a position. Rejects with errors of the request, and where it is not answered with the range. */
  async seek(position: number): Promise<void> {
    this.close();
    const headers = { range: `bytes=${position}-` };
    const request = get(this.#url, { headers, agent: this.#agent, signal: this.#signal });
    this.#request = request;
    const [response]: [IncomingMessage] = await (once(request, 'response') as Promise<[IncomingMessage]>);
    // What the request fails with the response does, too.
    request.on('error', () => {});
    const expected = `bytes ${position}-${this.#played.length - 1}/${this.#played.length}`;
    if (response.statusCode !== 206 || response.headers['content-range'] !== expected) {
      throw new Error(`HTTP ${response.statusCode} ${response.headers['content-range']}, not ${expected}`);
    }
    this.#chunks = response[Symbol.asyncIterator]();
    this.#position = position;
  }

  /** Plays up to a position, or a little further. Rejects where the answer ends before. */
  async playTo(position: number): Promise<void> {
    while (this.#position < position) {
      const next = await this.#chunks?.next();
      if (next === undefined || next.done) throw new Error(`the answer ended at ${this.#position}`);
      this.#played.set(next.value, this.#position);
      this.#position += next.value.length;
    }
  }

  /** Gives up what it asks for. */
  close(): void {
    this.#request?.destroy();
    this.#request = undefined;
    this.#chunks = undefined;
  }
}
