import { endpoint, NetworkError } from '@peerloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordingHandler } from './recording-handler.fake.js';
import { bytes, connect, nothing, setUp } from './two-hosts.fake.js';

describe('MemoryNetwork: opening streams', () => {
  it('takes a round trip to open, and calls nobody from inside a call', async () => {
    const { clock, a, b } = setUp();
    const accepted: RecordingHandler[] = [];
    await b.listen(endpoint('10.0.0.2', 6881), (connection) => {
      accepted.push(new RecordingHandler(connection));
    });
    const near = new RecordingHandler(a.dial(endpoint('10.0.0.2', 6881), { timeoutMs: 1000 }));
    expect(near.events).toEqual([]);
    expect(near.connection.local).toBeUndefined();
    await clock.advance(9);
    expect(accepted).toHaveLength(0);
    await clock.advance(1);
    expect(accepted).toHaveLength(1);
    expect(near.events).toEqual([]);
    await clock.advance(10);
    expect(near.events).toEqual(['connect']);
    expect(near.connection.local).toEqual(accepted[0]?.connection.remote);
    expect(accepted[0]?.connection.local).toEqual(endpoint('10.0.0.2', 6881));
    expect(near.connection.remote).toEqual(endpoint('10.0.0.2', 6881));
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['refuses where nobody listens', '10.0.0.2', {}, 'NETWORK_REFUSED', 20],
    ['times out where no host is', '10.0.0.9', {}, 'NETWORK_TIMEOUT', 1000],
    ['times out at a host that cannot be reached', '10.0.0.3', {}, 'NETWORK_TIMEOUT', 1000],
    ['has no way to a family it has no address of', '2001:db8::1', {}, 'NETWORK_UNREACHABLE', 0],
    [
      'dials from its own addresses only',
      '10.0.0.2',
      { localAddress: '1.1.1.1' },
      'NETWORK_ADDRESS_UNAVAILABLE',
      0,
    ],
  ])('%s', async (_, address, options, code, afterMs) => {
    const { clock, network, a } = setUp();
    const behind = network.host('10.0.0.3', { isReachable: false });
    await behind.listen(endpoint('0.0.0.0', 6881), nothing);
    const near = new RecordingHandler(a.dial(endpoint(address, 6881), { timeoutMs: 1000, ...options }));
    expect(near.events).toEqual([]);
    await clock.runUntil(() => near.isClosed, { timeoutMs: 5000 });
    expect(near.events).toEqual([`close ${code}`]);
    expect(near.error).toBeInstanceOf(NetworkError);
    expect(clock.now()).toBe(afterMs);
  });

  it('gives up a dial that is destroyed, and the far side sees it end', async () => {
    const { clock, a, b } = setUp();
    let far: RecordingHandler | undefined;
    await b.listen(endpoint('10.0.0.2', 6881), (connection) => {
      far = new RecordingHandler(connection);
    });
    const near = new RecordingHandler(a.dial(endpoint('10.0.0.2', 6881), { timeoutMs: 1000 }));
    near.connection.destroy();
    expect(near.events).toEqual([]);
    await clock.advance(100);
    expect(near.events).toEqual(['close']);
    expect(far?.events).toEqual(['end']);
  });

  it('lets a host behind an address translator dial out', async () => {
    const set = setUp();
    set.a.configure({ isReachable: false });
    const { near, far } = await connect(set);
    far.connection.write([bytes('hello')], nothing);
    await set.clock.advance(20);
    expect(near.text).toBe('hello');
  });

  it('binds as a system does: ports, wildcards, families, loopback', async () => {
    const { clock, network } = setUp();
    const host = network.host(['10.1.0.1', '10.1.0.2', '2001:DB8::0001']);
    expect(host.addresses).toEqual(['10.1.0.1', '10.1.0.2', '2001:db8::1']);
    expect(network.host('10.1.0.2')).toBe(host);
    const seen: string[] = [];
    const listenAt = (address: string, port: number) =>
      host.listen(endpoint(address, port), () => seen.push(address));
    await listenAt('10.1.0.1', 7000);
    await listenAt('10.1.0.2', 7000);
    await expect(listenAt('10.1.0.1', 7000)).rejects.toMatchObject({ code: 'NETWORK_ADDRESS_IN_USE' });
    await expect(listenAt('0.0.0.0', 7000)).rejects.toMatchObject({ code: 'NETWORK_ADDRESS_IN_USE' });
    await expect(listenAt('10.0.0.1', 7000)).rejects.toMatchObject({ code: 'NETWORK_ADDRESS_UNAVAILABLE' });
    await listenAt('::', 7000);
    const any = await listenAt('0.0.0.0', 7001);
    const free = await listenAt('127.0.0.1', 0);
    expect(free.local.port).toBeGreaterThan(1023);
    const dial = (address: string, port: number): RecordingHandler =>
      new RecordingHandler(host.dial(endpoint(address, port), { timeoutMs: 1000 }));
    dial('10.1.0.2', 7000);
    dial('::1', 7000);
    dial('127.0.0.1', 7001);
    dial('127.0.0.1', free.local.port);
    await clock.advance(0);
    expect(seen).toEqual(['10.1.0.2', '::', '0.0.0.0', '127.0.0.1']);
    await any.close();
    const refused = dial('127.0.0.1', 7001);
    await clock.advance(0);
    expect(refused.events).toEqual(['close NETWORK_REFUSED']);
  });

  it('refuses addresses that are none, or of two hosts', () => {
    const { network } = setUp();
    expect(() => network.host('example.org')).toThrow(/not an IP address/);
    expect(() => network.host(['10.0.0.1', '10.0.0.77'])).toThrow(/one host/);
    expect(() => network.host([])).toThrow(/needs an address/);
  });
});

describe('MemoryNetwork: data', () => {
  it('delivers in order, both ways, one latency later', async () => {
    const set = setUp();
    const { near, far } = await connect(set);
    near.connection.write([bytes('one '), bytes('two ')], nothing);
    near.connection.write([bytes('three')], nothing);
    far.connection.write([bytes('back')], nothing);
    await set.clock.advance(9);
    expect([near.text, far.text]).toEqual(['', '']);
    await set.clock.advance(1);
    expect([near.text, far.text]).toEqual(['back', 'one two three']);
    expect(far.chunkLengths).toEqual([13]);
  });

  it('sends what was written before the connection was open', async () => {
    const set = setUp();
    let far: RecordingHandler | undefined;
    await set.b.listen(endpoint('10.0.0.2', 6881), (connection) => {
      far = new RecordingHandler(connection);
    });
    const connection = set.a.dial(endpoint('10.0.0.2', 6881), { timeoutMs: 1000 });
    const near = new RecordingHandler(connection);
    connection.write([bytes('early')], () => near.events.push('written'));
    await set.clock.advance(30);
    expect(near.events).toEqual(['connect', 'written']);
    expect(far?.text).toBe('early');
  });

  it('cuts streams anywhere, merges writes, and loses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer(),
        async (writes, maxChunkBytes, seed) => {
          const set = setUp({ seed, maxChunkBytes, jitterMs: 5, lossRate: 0.1 });
          const { near, far } = await connect(set);
          for (const data of writes) near.connection.write([data], nothing);
          near.connection.end();
          await set.clock.runUntil(() => far.events.includes('end'), { timeoutMs: 60_000 });
          expect(Buffer.from(far.received)).toEqual(Buffer.concat(writes));
          expect(Math.max(0, ...far.chunkLengths)).toBeLessThanOrEqual(maxChunkBytes);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('merges two writes into one chunk where chunks are cut', async () => {
    const set = setUp({ maxChunkBytes: 100 });
    const { near, far } = await connect(set);
    for (let i = 0; i < 200; i++) near.connection.write([bytes('ab')], nothing);
    await set.clock.advance(20);
    expect(far.text).toBe('ab'.repeat(200));
    expect(far.chunkLengths.some((length) => length > 2)).toBe(true);
    expect(far.chunkLengths.some((length) => length % 2 === 1)).toBe(true);
  });

  it('overwrites delivered memory, so that a kept view is noticed', async () => {
    for (const maxChunkBytes of [undefined, 50]) {
      const set = setUp(maxChunkBytes === undefined ? {} : { maxChunkBytes });
      const { near, far } = await connect(set);
      const kept: Uint8Array[] = [];
      far.connection.setHandler({
        onConnect: nothing,
        onData: (chunk) => kept.push(chunk),
        onDrain: nothing,
        onEnd: nothing,
        onClose: nothing,
      });
      near.connection.write([bytes('secret')], nothing);
      await set.clock.advance(20);
      expect(kept.length).toBeGreaterThan(0);
      for (const chunk of kept) expect(Buffer.from(chunk).includes('s')).toBe(false);
    }
  });

  it('finds memory that is used again before onWritten', async () => {
    const set = setUp();
    const { near } = await connect(set);
    const memory = bytes('block');
    near.connection.write([memory], nothing);
    memory.fill(0);
    await expect(set.clock.advance(20)).rejects.toMatchObject({ code: 'TESTING_WRITE_CHANGED' });
  });

  it('takes memory as it is when it leaves, like a socket, where it is told to', async () => {
    const set = setUp({ strictMemory: false });
    const { near, far } = await connect(set);
    const memory = bytes('block');
    near.connection.write([memory], nothing);
    memory.fill(33);
    await set.clock.advance(20);
    expect(far.text).toBe('!!!!!');
  });

  it('gathers arrivals at multiples of the quantum', async () => {
    const set = setUp({ quantumMs: 50 });
    const { near, far } = await connect(set);
    const start = set.clock.now();
    near.connection.write([bytes('a')], nothing);
    await set.clock.advance(7);
    near.connection.write([bytes('b')], nothing);
    await set.clock.runUntil(() => far.text === 'ab', { timeoutMs: 1000 });
    expect(set.clock.now() % 50).toBe(0);
    expect(set.clock.now()).toBeLessThanOrEqual(start + 100);
  });

  it('is the same again for the same seed, and another for another', async () => {
    const run = async (seed: number): Promise<string> => {
      const set = setUp({ seed, maxChunkBytes: 64, jitterMs: 20, lossRate: 0.05 });
      const { near, far } = await connect(set);
      const trace: string[] = [];
      far.connection.setHandler({
        onConnect: nothing,
        onData: (chunk) => trace.push(`${set.clock.now()}:${chunk.length}`),
        onDrain: nothing,
        onEnd: nothing,
        onClose: nothing,
      });
      for (let i = 0; i < 20; i++) {
        near.connection.write([new Uint8Array(100)], nothing);
        await set.clock.advance(3);
      }
      await set.clock.advance(5000);
      return trace.join(' ');
    };
    const first = await run(7);
    expect(await run(7)).toBe(first);
    expect(await run(8)).not.toBe(first);
  });
});

describe('MemoryNetwork: back-pressure', () => {
  it('stops taking, calls onDrain once low again, and calls every onWritten once', async () => {
    const set = setUp({ sendBufferBytes: 1000, windowBytes: 4000 });
    const { near, far } = await connect(set);
    far.connection.pause();
    let written = 0;
    let accepted = 0;
    while (near.connection.write([new Uint8Array(100)], () => written++)) accepted++;
    expect(accepted).toBe(9);
    expect(near.connection.bufferedBytes).toBe(1000);
    await set.clock.advance(100);
    expect(near.events).toEqual(['connect', 'drain']);
    for (let i = 0; i < 50; i++) near.connection.write([new Uint8Array(100)], () => written++);
    await set.clock.advance(1000);
    // 4 000 bytes are in the window; the rest waits at the sender.
    expect(near.connection.bufferedBytes).toBe(2000);
    expect(written).toBe(40);
    expect(far.received).toHaveLength(0);
    far.connection.resume();
    await set.clock.advance(1000);
    expect(far.received).toHaveLength(6000);
    expect(written).toBe(60);
    expect(near.events).toEqual(['connect', 'drain', 'drain']);
    expect(near.connection.bufferedBytes).toBe(0);
  });

  it('calls onWritten for what was never sent, before onClose', async () => {
    const set = setUp();
    const { near } = await connect(set);
    near.connection.write([bytes('lost')], () => near.events.push('written'));
    near.connection.destroy();
    near.connection.write([bytes('too late')], () => near.events.push('refused'));
    expect(near.events).toEqual(['connect']);
    await set.clock.advance(0);
    expect(near.events).toEqual(['connect', 'written', 'close', 'refused']);
  });

  it('goes on sending when the receiver with a full window goes away', async () => {
    const set = setUp({ windowBytes: 1000 });
    const { near, far } = await connect(set);
    far.connection.pause();
    near.connection.write([new Uint8Array(5000)], () => near.events.push('written'));
    await set.clock.advance(100);
    expect(near.events).toEqual(['connect']);
    far.connection.destroy();
    await set.clock.advance(100);
    expect(near.events).toContain('written');
    expect(near.events.at(-1)).toBe('close NETWORK_RESET');
  });

  it('delivers nothing to a paused side, whatever pauses it', async () => {
    const set = setUp();
    const { near, far } = await connect(set);
    for (let i = 0; i < 3; i++) {
      near.connection.write([bytes(`${i}`)], nothing);
      await set.clock.advance(1);
    }
    far.onData = (chunk) => {
      far.events.push(`data ${String.fromCharCode(...chunk)}`);
      far.connection.pause();
    };
    await set.clock.advance(100);
    expect(far.events).toEqual(['data 0']);
    far.connection.resume();
    await set.clock.advance(0);
    expect(far.events).toEqual(['data 0', 'data 1']);
  });
});
