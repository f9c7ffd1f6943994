import type { NetworkError } from '../common/errors.js';
import type { Connection, ConnectionHandler } from '../ports/network.js';

type Event = 'connect' | 'data' | 'drain' | 'end' | 'close';

/** For tests: keeps what a connection told and offers promises of it. */
export class RecordingConnectionHandler implements ConnectionHandler {
  readonly events: Event[] = [];
  /** Called at each event, before anything that waits for it goes on. */
  onAny: (event: Event) => unknown = () => undefined;
  onChunk: (chunk: Uint8Array) => unknown = () => undefined;
  keepsBytes = true;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #waiters: { isMet: () => boolean; resolve: () => void }[] = [];
  #error: NetworkError | undefined;

  attach(connection: Connection): void {
    connection.setHandler(this);
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  get connected(): Promise<void> {
    return this.#until(() => this.events.includes('connect'));
  }

  /** The next drain. */
  get drained(): Promise<void> {
    const before = this.#count('drain');
    return this.#until(() => this.#count('drain') > before);
  }

  get ended(): Promise<void> {
    return this.#until(() => this.events.includes('end'));
  }

  get closed(): Promise<NetworkError | undefined> {
    return this.#until(() => this.events.includes('close')).then(() => this.#error);
  }

  /** At least so many bytes in all. */
  received(length: number): Promise<void> {
    return this.#until(() => this.#length >= length);
  }

  onConnect(): void {
    this.#tell('connect');
  }

  onData(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.keepsBytes) this.#chunks.push(chunk.slice());
    this.onChunk(chunk);
    this.#tell('data');
  }

  onDrain(): void {
    this.#tell('drain');
  }

  onEnd(): void {
    this.#tell('end');
  }

  onClose(error: NetworkError | undefined): void {
    this.#error = error;
    this.#tell('close');
  }

  #count(event: Event): number {
    return this.events.reduce((count, told) => count + (told === event ? 1 : 0), 0);
  }

  #until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (isMet()) resolve();
      else this.#waiters.push({ isMet, resolve });
    });
  }

  #tell(event: Event): void {
    this.events.push(event);
    this.onAny(event);
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ isMet }) => !isMet());
    for (const waiter of waiting) if (!this.#waiters.includes(waiter)) waiter.resolve();
  }
}
