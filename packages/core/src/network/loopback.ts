import { expect } from 'vitest';
import { type Endpoint, endpoint } from '../common/endpoint.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import type { Connection, Listener } from '../ports/network.js';
import { NodeNetwork } from './node-network.js';
import { RecordingConnectionHandler } from './recording-connection-handler.js';

// For tests: connections over real loopback sockets.

/** A clock that stands still until a test fires what was set. */
class StillClock implements Clock {
  readonly pending = new Map<object, () => void>();
  now = () => 0;
  wallTimeMs = () => 0;
  setTimeout(callback: () => void): TimerHandle {
    const handle: object = {};
    this.pending.set(handle, callback);
    return handle as TimerHandle;
  }
  setInterval = this.setTimeout;
  setImmediate = this.setTimeout;
  clear(handle: TimerHandle): void {
    this.pending.delete(handle);
  }
  fireAll(): void {
    for (const [handle, callback] of this.pending) {
      this.pending.delete(handle);
      callback();
    }
  }
}

/** The clock of {@link network}. */
export const clock = new StillClock();
export const network = new NodeNetwork(clock);
/** What {@link closeAll} closes. */
export const opened: { close(): unknown }[] = [];

/** To be called after each test. */
export async function closeAll(): Promise<void> {
  for (const resource of opened.splice(0)) await resource.close();
}

/** Has the connection closed after the test. */
export function closing(connection: Connection): Connection {
  opened.push({ close: () => connection.destroy() });
  return connection;
}

/** Listens until the end of the test. */
export async function listen(
  local: Endpoint,
  onConnection: (connection: Connection) => void = () => undefined,
): Promise<Listener> {
  const listener = await network.listen(local, (connection) => onConnection(closing(connection)));
  opened.push(listener);
  return listener;
}

/** Dials, and destroys the connection at the end of the test. */
export function dial(remote: Endpoint): Side {
  const handler = new RecordingConnectionHandler();
  const connection = closing(network.dial(remote, { timeoutMs: 1000 }));
  handler.attach(connection);
  return { connection, handler };
}

/** One end of a connection. */
export interface Side {
  readonly connection: Connection;
  readonly handler: RecordingConnectionHandler;
}

/** Both sides of one open connection over loopback. */
export async function pair(address = '127.0.0.1'): Promise<{ dialled: Side; accepted: Side }> {
  const { promise, resolve } = withResolvers<Side>();
  const listener = await listen(endpoint(address, 0), (connection) => {
    const handler = new RecordingConnectionHandler();
    handler.attach(connection);
    resolve({ connection, handler });
  });
  const dialled = dial(listener.local);
  await dialled.handler.connected;
  return { dialled, accepted: await promise };
}

/** A promise and what settles it. */
export function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Writes, and waits until the bytes have left. */
export const written = (connection: Connection, ...chunks: Uint8Array[]): Promise<void> =>
  new Promise((resolve) => connection.write(chunks, resolve));

/** Matches an error by its code. */
export const failing = (code: string) => expect.objectContaining({ code });
