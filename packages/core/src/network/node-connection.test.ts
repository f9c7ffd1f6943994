import { createServer, type Server, type Socket as TcpSocket, connect as tcpConnect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { utf8 } from '../common/bytes.js';
import { endpoint } from '../common/endpoint.js';
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
import { NodeConnection } from './node-connection.js';
import { RecordingConnectionHandler } from './recording-connection-handler.js';

afterEach(closeAll);

describe.each(['dialled', 'accepted'] as const)('a connection that was %s', (side) => {
  const other = side === 'dialled' ? 'accepted' : 'dialled';

  it('calls nothing from inside its own methods', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    let isInside = false;
    const check = () => expect(isInside).toBe(false);
    handler.onAny = check;
    const call = (method: () => unknown) => {
      isInside = true;
      method();
      isInside = false;
    };
    await written(sides[other].connection, new Uint8Array(100_000));
    await handler.received(1);
    call(() => connection.pause());
    call(() => connection.resume());
    await handler.received(100_000);
    const onWritten = vi.fn(check);
    call(() => connection.write([], onWritten));
    await new Promise<void>((resolve) => {
      call(() => connection.write([new Uint8Array(500_000)], () => resolve(onWritten())));
    });
    call(() => connection.write([new Uint8Array(50_000_000)], onWritten));
    call(() => connection.destroy());
    call(() => connection.write([utf8('late')], onWritten));
    await handler.closed;
    expect(onWritten).toHaveBeenCalledTimes(4);
  });

  it('asks to wait above its mark and says once when that is over', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    sides[other].connection.pause();
    let total = 0;
    let isWaiting = false;
    while (!isWaiting) {
      isWaiting = !connection.write([new Uint8Array(10_000)], () => undefined);
      total += 10_000;
    }
    expect(connection.bufferedBytes).toBe(total);
    expect(connection.write([], () => undefined)).toBe(false);
    // More than the system's buffers hold, so that it cannot drain before the other side reads.
    connection.write([new Uint8Array(30_000_000)], () => undefined);
    handler.onAny = (event) => {
      if (event === 'drain') expect(connection.bufferedBytes).toBeLessThanOrEqual(64 * 1024);
    };
    const { drained } = handler;
    sides[other].connection.resume();
    await drained;
    await sides[other].handler.received(total + 30_000_000);
    await written(connection, utf8('last'));
    expect(connection.bufferedBytes).toBe(0);
    expect(handler.events.filter((event) => event === 'drain')).toEqual(['drain']);
    await written(connection, utf8('x'));
    expect(handler.events.filter((event) => event === 'drain')).toEqual(['drain']);
  });

  it('calls onWritten in order and exactly once when it closes with writes under way', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    sides[other].connection.pause();
    const order: number[] = [];
    for (let i = 0; i < 5; i++) connection.write([new Uint8Array(10_000_000)], () => order.push(i));
    connection.destroy();
    expect(order).toEqual([]);
    await handler.closed;
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(connection.bufferedBytes).toBe(0);
    expect(connection.write([utf8('late')], () => order.push(5))).toBe(false);
    await Promise.resolve();
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(handler.events).toEqual(side === 'dialled' ? ['connect', 'close'] : ['close']);
  });

  it('delivers nothing while paused and everything after', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    connection.pause();
    connection.pause();
    await written(sides[other].connection, utf8('held'));
    // A round trip on another connection: what was going to come has come.
    const probe = await pair();
    await written(probe.dialled.connection, utf8('probe'));
    await probe.accepted.handler.received(5);
    expect(handler.text).toBe('');
    connection.resume();
    await handler.received(4);
    expect(handler.text).toBe('held');
  });

  it('can be paused from inside onData and gets each byte once', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    const sent = new Uint8Array(3_000_000).map((_, i) => i * 7);
    handler.onAny = (event) => {
      if (event !== 'data') return;
      connection.pause();
      setImmediate(() => connection.resume());
    };
    sides[other].connection.write([sent], () => undefined);
    await handler.received(sent.length);
    expect(Buffer.compare(handler.bytes, sent)).toBe(0);
  });

  it('takes chunks in shared memory', async () => {
    const sides = await pair();
    const slot = new Uint8Array(new SharedArrayBuffer(40_000), 100, 30_000).fill(7);
    await written(sides[side].connection, utf8('header'), slot);
    await sides[other].handler.received(30_006);
    expect(sides[other].handler.bytes.subarray(6).every((byte) => byte === 7)).toBe(true);
  });

  it('hands out plain arrays, of which slice is a copy', async () => {
    const sides = await pair();
    const constructors = new Set<unknown>();
    sides[side].handler.onChunk = (chunk) => constructors.add(chunk.constructor);
    await written(sides[other].connection, utf8('x'));
    await sides[side].handler.received(1);
    expect([...constructors]).toEqual([Uint8Array]);
  });

  it('tells that the remote ended and closes when this side ends too', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    await written(sides[other].connection, utf8('question'));
    sides[other].connection.end();
    await handler.ended;
    expect(handler.events.at(-1)).toBe('end');
    expect(handler.text).toBe('question');
    connection.end();
    expect(await handler.closed).toBeUndefined();
    expect(await sides[other].handler.closed).toBeUndefined();
    expect(sides[other].handler.events).not.toContain('end');
    expect(clock.pending.size).toBe(0);
  });

  it('sends all that was written before end, then closes both sides without error', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    const onWritten = vi.fn();
    sides[other].handler.onAny = (event) => event === 'end' && sides[other].connection.end();
    // Unread bytes must not turn the close into a reset.
    connection.pause();
    await written(sides[other].connection, new Uint8Array(50_000));
    connection.write([new Uint8Array(20_000_000).fill(5)], onWritten);
    connection.end();
    connection.end();
    expect(connection.write([utf8('too late')], onWritten)).toBe(false);
    expect(await handler.closed).toBeUndefined();
    expect(await sides[other].handler.closed).toBeUndefined();
    expect(sides[other].handler.bytes).toHaveLength(20_000_000);
    expect(onWritten).toHaveBeenCalledTimes(2);
    expect(handler.text).toBe('');
  });

  it('gives an ending connection new time whenever bytes leave', async () => {
    const { connection, handler } = (await pair())[side];
    const gone = written(connection, utf8('last words'));
    connection.end();
    const first = [...clock.pending.keys()];
    await gone;
    expect(first).toHaveLength(1);
    expect(clock.pending.size).toBe(1);
    expect(clock.pending.has(first[0] ?? {})).toBe(false);
    connection.destroy();
    await handler.closed;
    expect(clock.pending.size).toBe(0);
  });

  it('gives up an ending connection whose remote neither reads nor ends', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    sides[other].connection.pause();
    const onWritten = vi.fn();
    connection.write([new Uint8Array(50_000_000)], onWritten);
    connection.end();
    expect(clock.pending.size).toBe(1);
    clock.fireAll();
    await handler.closed;
    expect(onWritten).toHaveBeenCalledOnce();
    expect(clock.pending.size).toBe(0);
  });

  it('delivers nothing after it was destroyed from inside onData', async () => {
    const sides = await pair();
    const { connection, handler } = sides[side];
    handler.onAny = (event) => event === 'data' && connection.destroy();
    sides[other].connection.write([new Uint8Array(5_000_000)], () => undefined);
    await handler.closed;
    expect(handler.events.filter((event) => event === 'data')).toHaveLength(1);
    expect(handler.events.at(-1)).toBe('close');
  });
});

describe('a remote of another kind', () => {
  const sockets: TcpSocket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** A connection of ours, dialled or accepted, and the bare socket at its other end. */
  async function bare(side: 'dialled' | 'accepted') {
    const ours = withResolvers<Side>();
    if (side === 'accepted') {
      const listener = await listen(endpoint('127.0.0.1', 0), (connection) => {
        const handler = new RecordingConnectionHandler();
        handler.attach(connection);
        ours.resolve({ connection, handler });
      });
      const socket = tcpConnect({ host: '127.0.0.1', port: listener.local.port, allowHalfOpen: true });
      sockets.push(socket);
      return { ...(await ours.promise), socket };
    }
    const theirs = withResolvers<TcpSocket>();
    const server = createServer({ allowHalfOpen: true }, theirs.resolve);
    opened.push({ close: () => new Promise((resolve) => server.close(resolve)) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('not bound');
    const dialled = dial(endpoint('127.0.0.1', address.port));
    const socket = await theirs.promise;
    sockets.push(socket);
    return { ...dialled, socket };
  }

  it.each(['dialled', 'accepted'] as const)(
    'resets: a %s connection closes with NETWORK_RESET',
    async (side) => {
      const { connection, handler, socket } = await bare(side);
      socket.resetAndDestroy();
      expect(await handler.closed).toEqual(failing('NETWORK_RESET'));
      expect(handler.events.filter((event) => event === 'close')).toHaveLength(1);
      expect(connection.bufferedBytes).toBe(0);
    },
  );

  it.each(['dialled', 'accepted'] as const)('ends first: a %s connection can still answer', async (side) => {
    const { connection, handler, socket } = await bare(side);
    const answer = withResolvers<string>();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => answer.resolve(text));
    socket.end('question');
    await handler.ended;
    expect(handler.text).toBe('question');
    await written(connection, utf8('ans'));
    connection.write([utf8('wer')], () => undefined);
    connection.end();
    expect(await answer.promise).toBe('answer');
    expect(await handler.closed).toBeUndefined();
  });

  it.each(['dialled', 'accepted'] as const)(
    'ends first: a %s connection without handler closes',
    async (side) => {
      const closed = withResolvers<void>();
      if (side === 'accepted') {
        const listener = await listen(endpoint('127.0.0.1', 0));
        const socket = tcpConnect({ host: '127.0.0.1', port: listener.local.port });
        sockets.push(socket);
        socket.on('close', () => closed.resolve()).end();
      } else {
        const server = createServer((socket) => socket.on('close', () => closed.resolve()).end());
        opened.push({ close: () => new Promise((resolve) => server.close(resolve)) });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const address = server.address();
        if (typeof address !== 'object' || address === null) throw new Error('not bound');
        closing(network.dial(endpoint('127.0.0.1', address.port), { timeoutMs: 1000 }));
      }
      await closed.promise;
    },
  );
});

describe('NodeConnection, whatever its stream does', () => {
  let server: Server;
  let socket: TcpSocket;
  let connection: NodeConnection;
  let handler: RecordingConnectionHandler;

  beforeEach(async () => {
    server = createServer((accepted) => accepted.pause());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('not bound');
    socket = tcpConnect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
    connection = new NodeConnection(socket, endpoint('127.0.0.1', address.port), clock);
    handler = new RecordingConnectionHandler();
    handler.attach(connection);
    await handler.connected;
  });

  afterEach(() => {
    socket.destroy();
    server.close();
  });

  it('settles every write before onClose, also one the stream has not reported, and none twice', async () => {
    const order: string[] = [];
    handler.onAny = (event) => order.push(event);
    connection.write([new Uint8Array(10)], () => order.push('first'));
    connection.write([new Uint8Array(10)], () => order.push('second'));
    socket.emit('close', false);
    expect(order).toEqual(['first', 'second', 'close']);
    expect(connection.bufferedBytes).toBe(0);
    // The stream's own report of these two comes before that of a write that it finishes later.
    await new Promise((resolve) => socket.write('x', resolve));
    expect(order).toEqual(['first', 'second', 'close']);
  });

  it('passes on nothing that the stream still delivers after destroy or end', () => {
    connection.receive(new Uint8Array(3));
    expect(handler.bytes).toHaveLength(3);
    const ended = vi.spyOn(handler, 'onData');
    connection.end();
    connection.receive(new Uint8Array(3));
    connection.destroy();
    connection.receive(new Uint8Array(3));
    expect(ended).not.toHaveBeenCalled();
  });

  it('passes on nothing that the stream still delivers after destroy alone', () => {
    connection.destroy();
    connection.receive(new Uint8Array(3));
    expect(handler.bytes).toHaveLength(0);
  });
});
