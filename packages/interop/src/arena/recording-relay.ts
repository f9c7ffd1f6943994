import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { type Endpoint, formatEndpoint, parseEndpoint } from '@peerloom/core';
import { withDeadline } from '../engines/deadline.js';

/** All bytes of one connection, by who sent them. */
export interface RecordedConnection {
  /** What came from who dialled. */
  readonly fromDialler: Buffer;
  /** What came from who was dialled. */
  readonly fromTarget: Buffer;
}

interface Recording {
  readonly fromDialler: Buffer[];
  readonly fromTarget: Buffer[];
}

/** Stands between two engines on loopback: passes on what each says, and keeps every byte of it. */
export class RecordingRelay {
  readonly #server: Server;
  readonly #target: Endpoint;
  readonly #sockets = new Set<Socket>();
  readonly #recordings: Recording[] = [];

  private constructor(server: Server, target: Endpoint) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (socket) => this.#join(socket));
  }

  /** Takes connections on a port of its own, each of which is one to `target`. */
  static async open(target: Endpoint): Promise<RecordingRelay> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RecordingRelay(server, target);
  }

  /** Where it takes connections. */
  get endpoint(): Endpoint {
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the relay does not listen');
    return parseEndpoint(`127.0.0.1:${bound.port}`);
  }

  /** The connections so far, oldest first. */
  connections(): readonly RecordedConnection[] {
    return this.#recordings.map(({ fromDialler, fromTarget }) => ({
      fromDialler: Buffer.concat(fromDialler),
      fromTarget: Buffer.concat(fromTarget),
    }));
  }

  #join(from: Socket): void {
    const { address, port } = this.#target;
    const to = dial({ host: address, port, allowHalfOpen: true });
    const recording: Recording = { fromDialler: [], fromTarget: [] };
    this.#recordings.push(recording);
    this.#pass(from, to, recording.fromDialler);
    this.#pass(to, from, recording.fromTarget);
  }

  #pass(from: Socket, to: Socket, chunks: Buffer[]): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => {
      chunks.push(chunk);
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
    // Who resets one connection resets the other.
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroySoon();
    });
  }

  describe(): string {
    const lengths = this.connections().map(
      ({ fromDialler, fromTarget }) => `${fromDialler.length} bytes there, ${fromTarget.length} back`,
    );
    return [`relay to ${formatEndpoint(this.#target)}:`, ...lengths].join('\n  ');
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await withDeadline(once(this.#server, 'close'), 'the relay to close');
  }
}
