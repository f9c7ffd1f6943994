import { once } from 'node:events';
import type { Connection, ConnectionHandler, Endpoint } from '@peerloom/core/plugin';
import { endpoint } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { ConnectionDuplex } from './connection-duplex.js';

/** A connection that does what the test says, and keeps what it is told. */
class ManualConnection implements Connection {
  readonly remote = endpoint('198.51.100.9', 443);
  local: Endpoint | undefined;
  readonly transport = 'manual';
  readonly bufferedBytes = 0;
  readonly written: string[] = [];
  readonly calls: string[] = [];
  onWritten: () => void = () => undefined;
  isPaused = false;
  handler: ConnectionHandler | undefined;

  setHandler(handler: ConnectionHandler): void {
    this.handler = handler;
  }
  write(chunks: readonly Uint8Array[], onWritten: () => void): boolean {
    this.written.push(Buffer.concat(chunks).toString());
    this.onWritten = onWritten;
    return false;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  end(): void {
    this.calls.push('end');
  }
  destroy(): void {
    this.calls.push('destroy');
  }
}

describe('a connection as a stream', () => {
  it('is written to once it is open, a chunk at a time', () => {
    const connection = new ManualConnection();
    const stream = new ConnectionDuplex(connection, 100);
    stream.write('a');
    stream.write('b');
    expect(connection.written).toEqual([]);
    connection.handler?.onConnect();
    expect(connection.written).toEqual(['a']);
    connection.onWritten();
    expect(connection.written).toEqual(['a', 'b']);
  });

  it('is read from only as long as somebody reads', () => {
    const connection = new ManualConnection();
    const stream = new ConnectionDuplex(connection, 1_000_000);
    stream.on('data', () => undefined);
    stream.pause();
    const chunk = Buffer.alloc(stream.readableHighWaterMark, 'x');
    connection.handler?.onData(chunk);
    expect(connection.isPaused).toBe(true);
    // The connection uses its memory again.
    chunk.fill('y');
    expect(String(stream.read())).toMatch(/^x+$/);
    expect(connection.isPaused).toBe(false);
  });

  it('fails with what the connection fails with', async () => {
    const connection = new ManualConnection();
    const stream = new ConnectionDuplex(connection, 100);
    stream.write('never');
    const problem = new Error('reset');
    const failed = once(stream, 'error');
    stream.destroy(problem);
    expect(await failed).toEqual([problem]);
    expect(connection.calls).toEqual(['destroy']);
    connection.handler?.onConnect();
    expect(connection.written).toEqual([]);
  });

  it('takes no more than it may', async () => {
    const connection = new ManualConnection();
    const stream = new ConnectionDuplex(connection, 100);
    const failed = once(stream, 'error');
    connection.handler?.onData(new Uint8Array(100));
    expect(stream.destroyed).toBe(false);
    connection.handler?.onData(new Uint8Array(1));
    connection.handler?.onData(new Uint8Array(1));
    expect(await failed).toMatchObject([{ code: 'TRACKER_TOO_LARGE' }]);
    expect(connection.calls).toEqual(['destroy']);
  });
});
