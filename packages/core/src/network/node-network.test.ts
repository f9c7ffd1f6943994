import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { utf8 } from '../common/bytes.js';
import { type Endpoint, endpoint } from '../common/endpoint.js';
import type { NetworkError } from '../common/errors.js';
import {
  clock,
  closeAll,
  closing,
  dial,
  failing,
  listen,
  network,
  opened,
  pair,
  type Side,
  withResolvers,
  written,
} from './loopback.js';
import { RecordingConnectionHandler } from './recording-connection-handler.js';
import { SeededRandom } from './system-random.js';

afterEach(closeAll);

describe.each(['127.0.0.1', '::1'])('NodeNetwork over %s', (address) => {
  it('connects, names both ends on both sides, and moves bytes each way', async () => {
    const { dialled, accepted } = await pair(address);
    expect(dialled.connection.remote).toEqual(accepted.connection.local);
    expect(accepted.connection.remote).toEqual(dialled.connection.local);
    expect(dialled.connection.remote.address).toBe(address);
    expect(dialled.connection.transport).toBe('tcp');
    expect(accepted.handler.events).toEqual([]);
    await written(dialled.connection, utf8('ping '), utf8('from'), utf8(''), utf8(' here'));
    await accepted.handler.received(14);
    await written(accepted.connection, utf8('pong'));
    await dialled.handler.received(4);
    expect(accepted.handler.text).toBe('ping from here');
    expect(dialled.handler.text).toBe('pong');
  });

  it('carries 64 MiB in random chunks each way, under back-pressure and pauses, unharmed', async () => {
    const total = 64 * 1024 * 1024;
    const { dialled, accepted } = await pair(address);
    const digests = await Promise.all([
      transfer(dialled, accepted, total, 'out'),
      transfer(accepted, dialled, total, 'in'),
    ]);
    for (const { sent, received } of digests) expect(received).toBe(sent);
  }, 60_000);

  it('refuses a port in use, by code and endpoint, and takes it again after close', async () => {
    const first = await listen(endpoint(address, 0));
    const error: NetworkError = await network
      .listen(first.local, () => undefined)
      .then(
        () => expect.fail('bound twice'),
        (reason) => reason,
      );
    expect(error).toEqual(failing('NETWORK_ADDRESS_IN_USE'));
    expect(error.message).toContain(`:${first.local.port}`);
    await first.close();
    await first.close();
    expect((await listen(first.local)).local).toEqual(first.local);
  });

  it('tells a refused dial through onClose alone, once, with the endpoint', async () => {
    const gone = await listen(endpoint(address, 0));
    await gone.close();
    const { connection, handler } = dial(gone.local);
    const onWritten = vi.fn();
    connection.write([utf8('never')], onWritten);
    const error = await handler.closed;
    expect(error).toEqual(failing('NETWORK_REFUSED'));
    expect(error?.message).toContain(`:${gone.local.port}`);
    expect(handler.events).toEqual(['close']);
    expect(onWritten).toHaveBeenCalledOnce();
    expect(connection.bufferedBytes).toBe(0);
    expect(connection.local).toBeUndefined();
  });

  it('sends and receives datagrams, of memory that the sender uses again', async () => {
    const { promise, resolve } = withResolvers<{ data: Uint8Array; from: Endpoint }>();
    const receiver = await network.datagram(endpoint(address, 0), (data, from) =>
      resolve({ data: data.slice(), from }),
    );
    const sender = await network.datagram(endpoint(address, 0), () => undefined);
    opened.push(receiver, sender);
    const data = utf8('datagram');
    sender.send(data, receiver.local);
    data.fill(0);
    const got = await promise;
    expect(new TextDecoder().decode(got.data)).toBe('datagram');
    expect(got.from).toEqual(sender.local);
  });

  it('refuses a datagram port in use', async () => {
    const socket = await network.datagram(endpoint(address, 0), () => undefined);
    opened.push(socket);
    await expect(network.datagram(socket.local, () => undefined)).rejects.toEqual(
      failing('NETWORK_ADDRESS_IN_USE'),
    );
  });
});

describe('NodeNetwork', () => {
  it('listens on one port for IPv4 and IPv6 at a time', async () => {
    const families: number[] = [];
    const both = withResolvers<void>();
    const accept = (family: number) => {
      if (families.push(family) === 2) both.resolve();
    };
    const v6 = await listen(endpoint('::', 0), ({ remote }) => accept(remote.family));
    const v4 = await listen(endpoint('0.0.0.0', v6.local.port), ({ remote }) => accept(-remote.family));
    expect(v4.local.port).toBe(v6.local.port);
    const overV4 = dial(endpoint('127.0.0.1', v4.local.port));
    await overV4.handler.connected;
    const overV6 = dial(endpoint('::1', v6.local.port));
    await overV6.handler.connected;
    await both.promise;
    expect(families.sort()).toEqual([-4, 6]);
  });

  it('dials from the address that was asked for', async () => {
    const listener = await listen(endpoint('127.0.0.1', 0));
    const connection = closing(network.dial(listener.local, { timeoutMs: 1000, localAddress: '127.0.0.2' }));
    const handler = new RecordingConnectionHandler();
    handler.attach(connection);
    await handler.connected;
    expect(connection.local?.address).toBe('127.0.0.2');
  });

  it('refuses addresses that are not ours', async () => {
    await expect(network.listen(endpoint('192.0.2.1', 0), () => undefined)).rejects.toEqual(
      failing('NETWORK_ADDRESS_UNAVAILABLE'),
    );
    const handler = new RecordingConnectionHandler();
    handler.attach(network.dial(endpoint('127.0.0.1', 1), { timeoutMs: 1000, localAddress: '192.0.2.1' }));
    expect(await handler.closed).toEqual(failing('NETWORK_ADDRESS_UNAVAILABLE'));
  });

  it('keeps accepted connections when the listener closes', async () => {
    const { dialled, accepted } = await pair();
    await opened[0]?.close();
    await written(dialled.connection, utf8('still'));
    await accepted.handler.received(5);
    expect(accepted.handler.text).toBe('still');
  });

  it('resolves names and addresses, and says what it could not resolve', async () => {
    expect(await network.resolve('127.0.0.1')).toEqual(['127.0.0.1']);
    expect(await network.resolve('0:0:0:0:0:0:0:1')).toEqual(['::1']);
    expect((await network.resolve('localhost')).some((a) => a === '127.0.0.1' || a === '::1')).toBe(true);
    await expect(network.resolve('x'.repeat(300))).rejects.toEqual(failing('NETWORK_RESOLVE'));
    await expect(network.resolve('')).rejects.toEqual(failing('NETWORK_RESOLVE'));
  });

  it('has handed a datagram to the system when send returns, so that a goodbye is not lost', async () => {
    const { promise, resolve } = withResolvers<string>();
    const receiver = await network.datagram(endpoint('127.0.0.1', 0), (data) => resolve(String(data)));
    opened.push(receiver);
    const sender = await network.datagram(endpoint('127.0.0.1', 0), () => undefined);
    sender.send(Uint8Array.of(9), receiver.local);
    sender.close();
    expect(await promise).toBe('9');
  });

  it('drops datagrams that cannot be sent, and all after close', async () => {
    const { promise, resolve } = withResolvers<string>();
    const receiver = await network.datagram(endpoint('127.0.0.1', 0), (data) => resolve(String(data)));
    const sender = await network.datagram(endpoint('127.0.0.1', 0), () => undefined);
    opened.push(receiver, sender);
    sender.send(utf8('wrong family'), endpoint('::1', receiver.local.port));
    sender.send(utf8('no port'), endpoint('127.0.0.1', 0));
    sender.send(new Uint8Array(70_000), receiver.local);
    sender.send(Uint8Array.of(7), receiver.local);
    expect(await promise).toBe('7');
    sender.close();
    sender.close();
    sender.send(Uint8Array.of(8), receiver.local);
  });
});

describe('dial', () => {
  it('fails with NETWORK_TIMEOUT where the time is over first, and never connects', async () => {
    const listener = await listen(endpoint('127.0.0.1', 0));
    const { handler } = dial(listener.local);
    clock.fireAll();
    expect(handler.events).toEqual([]);
    const error = await handler.closed;
    expect(error).toEqual(failing('NETWORK_TIMEOUT'));
    expect(error?.message).toContain(`127.0.0.1:${listener.local.port} within 1000 ms`);
    expect(handler.events).toEqual(['close']);
  });

  it('leaves no timer behind once connected or refused', async () => {
    const { dialled } = await pair();
    expect(clock.pending.size).toBe(0);
    await opened[0]?.close();
    const refused = dial(dialled.connection.remote);
    expect(clock.pending.size).toBe(1);
    await refused.handler.closed;
    expect(clock.pending.size).toBe(0);
  });

  it('can be destroyed before it connects', async () => {
    const listener = await listen(endpoint('127.0.0.1', 0));
    const { connection, handler } = dial(listener.local);
    const onWritten = vi.fn();
    connection.write([utf8('never')], onWritten);
    connection.destroy();
    connection.destroy();
    expect(handler.events).toEqual([]);
    expect(onWritten).not.toHaveBeenCalled();
    expect(await handler.closed).toBeUndefined();
    expect(handler.events).toEqual(['close']);
    expect(onWritten).toHaveBeenCalledOnce();
  });

  it('sends what was written before it was connected', async () => {
    const { promise, resolve } = withResolvers<RecordingConnectionHandler>();
    const listener = await listen(endpoint('127.0.0.1', 0), (connection) => {
      const handler = new RecordingConnectionHandler();
      handler.attach(connection);
      resolve(handler);
    });
    const { connection } = dial(listener.local);
    await written(connection, utf8('ear'), utf8('ly'));
    const handler = await promise;
    await handler.received(5);
    expect(handler.text).toBe('early');
  });

  it('holds back data where it was paused before it connected', async () => {
    const listener = await listen(endpoint('127.0.0.1', 0), (connection) => {
      connection.write([utf8('hello')], () => undefined);
    });
    const { connection, handler } = dial(listener.local);
    connection.pause();
    await handler.connected;
    // A second connection, on which the same bytes have arrived, shows that there was time for it.
    const other = dial(listener.local);
    await other.handler.received(5);
    expect(handler.text).toBe('');
    connection.resume();
    await handler.received(5);
    expect(handler.text).toBe('hello');
  });
});

/** Sends `total` random bytes in writes of random chunks; the receiver pauses now and then. */
async function transfer(from: Side, to: Side, total: number, seed: string) {
  const random = new SeededRandom(seed);
  const source = new Uint8Array(1 << 20).map(() => random.integer(256));
  const sent = createHash('sha256');
  const received = createHash('sha256');
  to.handler.keepsBytes = false;
  to.handler.onChunk = (chunk) => {
    received.update(chunk);
    if (random.integer(20) > 0) return;
    to.connection.pause();
    setImmediate(() => to.connection.resume());
  };
  let left = total;
  let writes = 0;
  let settled = 0;
  const allWritten = withResolvers<void>();
  while (left > 0) {
    const chunks: Uint8Array[] = [];
    for (let count = 1 + random.integer(6); count > 0 && left > 0; count--) {
      const length = Math.min(left, 1 + random.integer(40_000));
      const start = random.integer(source.length - length);
      const chunk = source.subarray(start, start + length);
      sent.update(chunk);
      chunks.push(chunk);
      left -= length;
    }
    writes++;
    const onWritten = () => {
      if (++settled === writes && left === 0) allWritten.resolve();
    };
    if (!from.connection.write(chunks, onWritten)) await from.handler.drained;
  }
  await allWritten.promise;
  await to.handler.received(total);
  return { sent: sent.digest('hex'), received: received.digest('hex') };
}
