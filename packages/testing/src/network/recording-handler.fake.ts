import type { Connection, ConnectionHandler, NetworkError } from '@peerloom/core';

/** A connection's events, in order, as one line each; data is gathered in `received`. */
export class RecordingHandler implements ConnectionHandler {
  readonly connection: Connection;
  readonly events: string[] = [];
  readonly chunkLengths: number[] = [];
  error: NetworkError | undefined;
  #received: number[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
    connection.setHandler(this);
  }

  get received(): Uint8Array {
    return Uint8Array.from(this.#received);
  }

  get text(): string {
    return new TextDecoder().decode(this.received);
  }

  get isClosed(): boolean {
    return this.events.at(-1)?.startsWith('close') === true;
  }

  onConnect(): void {
    this.events.push('connect');
  }

  onData(chunk: Uint8Array): void {
    if (this.events.at(-1) !== 'data') this.events.push('data');
    this.chunkLengths.push(chunk.length);
    for (const byte of chunk) this.#received.push(byte);
  }

  onDrain(): void {
    this.events.push('drain');
  }

  onEnd(): void {
    this.events.push('end');
  }

  onClose(error: NetworkError | undefined): void {
    this.error = error;
    this.events.push(error === undefined ? 'close' : `close ${error.code}`);
  }
}
