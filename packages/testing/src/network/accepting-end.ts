import type { MemoryConnection } from './memory-connection.js';
import type { PipeReceiver, PipeSignal } from './pipe.js';

/** The far end of a stream that is being dialled: becomes a connection when the request arrives. */
export class AcceptingEnd implements PipeReceiver {
  readonly #accept: () => MemoryConnection | undefined;
  #accepted: MemoryConnection | undefined;

  /** `accept` is called once at most; `undefined` refuses or ignores the request. */
  constructor(accept: () => MemoryConnection | undefined) {
    this.#accept = accept;
  }

  get accepted(): MemoryConnection | undefined {
    return this.#accepted;
  }

  get isPaused(): boolean {
    return this.#accepted?.isPaused ?? false;
  }

  arriveData(chunk: Uint8Array): void {
    this.#accepted?.arriveData(chunk);
  }

  arriveSignal(signal: PipeSignal): void {
    if (signal === 'open') this.#accepted = this.#accept();
    else this.#accepted?.arriveSignal(signal);
  }
}
