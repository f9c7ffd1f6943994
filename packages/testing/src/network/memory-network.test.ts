import { type Connection, endpoint, NetworkError, SeededRandom } from '@peerloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.js';
import { RecordingHandler } from './recording-handler.fake.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nothing = (): void => {};

function setUp(options: Partial<MemoryNetworkOptions> & { seed?: number } = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({
    clock,
    random: new SeededRandom(options.seed ?? 1),
    latencyMs: 10,
    ...options,
  });
  const a = network.host('10.0.0.1');
  const b = network.host('10.0.0.2');
  return { clock, network, a, b };
}

/** Connects `a` to a listener of `b`; both sides record. */
async function connect(set: ReturnType<typeof setUp>) {
  let far: RecordingHandler | undefined;
  const listener = await set.b.listen(endpoint('10.0.0.2', 0), (connection) => {
    far = new RecordingHandler(connection);
  });
  const near = new RecordingHandler(set.a.dial(listener.local, { timeoutMs: 5000 }));
  await set.clock.runUntil(() => near.connection.local !== undefined, { timeoutMs: 5000 });
  await set.clock.settle();
  if (far === undefined) throw new Error('nobody accepted');
  return { near, far, listener };
}

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

describe('MemoryNetwork: closing', () => {
  it('sends what is buffered, then ends; both close once both have ended', async () => {
    const set = setUp();
    const { near, far } = await connect(set);
    near.connection.write([bytes('last words')], nothing);
    near.connection.end();
    await set.clock.advance(20);
    expect(far.text).toBe('last words');
    expect(far.events).toEqual(['data', 'end']);
    far.connection.write([bytes('ignored')], nothing);
    far.connection.end();
    await set.clock.advance(20);
    expect(near.events).toEqual(['connect', 'close']);
    expect(far.events).toEqual(['data', 'end', 'close']);
    expect(near.text).toBe('');
    expect(set.clock.pendingTimers).toBe(0);
  });

  it('waits only so long for a remote that never ends', async () => {
    const set = setUp();
    const { near, far } = await connect(set);
    far.onEnd = nothing;
    near.connection.end();
    await set.clock.advance(9_000);
    expect(near.isClosed).toBe(false);
    await set.clock.advance(2_000);
    expect(near.events).toEqual(['connect', 'close']);
  });

  it('resets a sender that writes to somebody who is gone', async () => {
    const set = setUp();
    const { near, far } = await connect(set);
    far.onEnd = nothing;
    near.connection.destroy();
    await set.clock.advance(100);
    expect(far.isClosed).toBe(false);
    far.connection.write([bytes('anyone?')], nothing);
    await set.clock.advance(100);
    expect(far.events.at(-1)).toBe('close NETWORK_RESET');
  });

  it('breaks connections with an error on both sides', async () => {
    const set = setUp();
    const { near, far } = await connect(set);
    const other = set.network.host('10.0.0.3');
    set.network.dropConnections(set.a, other);
    await set.clock.advance(50);
    expect(near.isClosed).toBe(false);
    set.network.dropConnections(set.a, set.b);
    await set.clock.advance(50);
    expect(near.events).toEqual(['connect', 'close NETWORK_RESET']);
    expect(far.events).toEqual(['close NETWORK_RESET']);
    expect(set.a.connections).toHaveLength(0);
  });

  it('crashes a host silently for itself and as a reset for the others', async () => {
    const set = setUp();
    const { near, far, listener } = await connect(set);
    far.connection.write([new Uint8Array(10)], () => far.events.push('written'));
    set.b.crash();
    await set.clock.advance(100);
    expect(far.events).toEqual([]);
    expect(near.events).toEqual(['connect', 'close NETWORK_RESET']);
    const again = new RecordingHandler(set.a.dial(listener.local, { timeoutMs: 1000 }));
    await set.clock.advance(100);
    expect(again.events).toEqual(['close NETWORK_REFUSED']);
    await set.b.listen(listener.local, nothing);
  });
});

describe('MemoryNetwork: bandwidth, loss, partitions', () => {
  /** Virtual time until `far` has got `length` bytes. */
  async function timeToReceive(clock: VirtualClock, far: RecordingHandler, length: number): Promise<number> {
    const start = clock.now();
    await clock.runUntil(() => far.received.length >= length, { timeoutMs: 600_000 });
    return clock.now() - start;
  }

  it('limits what a host sends and what it receives', async () => {
    for (const limit of ['uploadBytesPerSecond', 'downloadBytesPerSecond'] as const) {
      const set = setUp();
      const { near, far } = await connect(set);
      (limit === 'uploadBytesPerSecond' ? set.a : set.b).configure({ [limit]: 50_000 });
      near.connection.write([new Uint8Array(100_000)], nothing);
      expect(await timeToReceive(set.clock, far, 100_000)).toBeCloseTo(2010, 0);
    }
  });

  it('shares a limit between connections, so that a small message does not wait for a large one', async () => {
    const set = setUp();
    const first = await connect(set);
    const second = await connect(set);
    set.a.configure({ uploadBytesPerSecond: 100_000 });
    first.near.connection.write([new Uint8Array(500_000)], nothing);
    await set.clock.advance(1);
    second.near.connection.write([bytes('quick')], nothing);
    expect(await timeToReceive(set.clock, second.far, 5)).toBeLessThan(500);
    expect(first.far.received.length).toBeLessThan(100_000);
  });

  it('goes on without a limit when it is taken away', async () => {
    const set = setUp();
    const { near, far } = await connect(set);
    set.a.configure({ uploadBytesPerSecond: 1000 });
    near.connection.write([new Uint8Array(200_000)], nothing);
    await set.clock.advance(1000);
    set.a.configure({ uploadBytesPerSecond: undefined });
    expect(await timeToReceive(set.clock, far, 200_000)).toBeLessThan(20_000);
  });

  it('has links of their own between chosen hosts', async () => {
    const set = setUp();
    set.network.link(set.a, set.b, { latencyMs: 150 });
    const start = set.clock.now();
    await connect(set);
    expect(set.clock.now() - start).toBe(300);
    expect(() => set.network.link(set.a, set.b, { lossRate: 1 })).toThrow(/lossRate/);
  });

  it('stalls a stream for lost packets, and loses datagrams', async () => {
    const set = setUp();
    const { near, far } = await connect(set);
    set.network.link(set.a, set.b, { lossRate: 0.5 });
    const got: number[] = [];
    await set.b.datagram(endpoint('10.0.0.2', 5000), (data) => got.push(data[0] ?? -1));
    const socket = await set.a.datagram(endpoint('0.0.0.0', 0), nothing);
    for (let i = 0; i < 100; i++) {
      socket.send(Uint8Array.of(i), endpoint('10.0.0.2', 5000));
      near.connection.write([Uint8Array.of(i)], nothing);
      await set.clock.settle();
    }
    expect(await timeToReceive(set.clock, far, 100)).toBeGreaterThan(200);
    expect(far.received).toEqual(Uint8Array.from({ length: 100 }, (_, i) => i));
    expect(got.length).toBeGreaterThan(25);
    expect(got.length).toBeLessThan(75);
  });

  it('stalls streams and dials across a partition, and goes on when it is healed', async () => {
    const set = setUp();
    const { near, far, listener } = await connect(set);
    set.network.partition(set.a, [set.b]);
    near.connection.write([bytes('hello')], nothing);
    const brief = new RecordingHandler(set.a.dial(listener.local, { timeoutMs: 1000 }));
    const patient = new RecordingHandler(set.a.dial(listener.local, { timeoutMs: 100_000 }));
    await set.clock.advance(60_000);
    expect(far.text).toBe('');
    expect(brief.events).toEqual(['close NETWORK_TIMEOUT']);
    set.network.heal(set.a, set.b);
    await set.clock.advance(100);
    expect(far.text).toBe('hello');
    expect(patient.events).toEqual(['connect']);
    set.network.partition([set.a], set.b);
    set.network.heal();
    near.connection.write([bytes('!')], nothing);
    await set.clock.advance(100);
    expect(far.text).toBe('hello!');
  });
});

describe('MemoryNetwork: datagrams and names', () => {
  it('delivers copies with the sender they can be answered to', async () => {
    const { clock, a, b } = setUp();
    const seen: string[] = [];
    const server = await b.datagram(endpoint('0.0.0.0', 6969), (data, from) => {
      seen.push(`${Buffer.from(data)} from ${from.address}`);
      server.send(bytes('pong'), from);
    });
    const client = await a.datagram(endpoint('0.0.0.0', 0), (data, from) => {
      seen.push(`${Buffer.from(data)} from ${from.address}:${from.port}`);
    });
    const memory = bytes('ping');
    client.send(memory, endpoint('10.0.0.2', 6969));
    memory.fill(0);
    await clock.advance(20);
    expect(seen).toEqual(['ping from 10.0.0.1', 'pong from 10.0.0.2:6969']);
    server.close();
    client.send(bytes('ping'), endpoint('10.0.0.2', 6969));
    client.send(bytes('ping'), endpoint('10.0.0.77', 6969));
    client.send(bytes('ping'), endpoint('2001:db8::1', 6969));
    await clock.advance(20);
    expect(seen).toHaveLength(2);
    await b.datagram(endpoint('10.0.0.2', 6969), nothing);
  });

  it('lets datagrams through an address translator as answers only', async () => {
    const { clock, a, b } = setUp();
    a.configure({ isReachable: false });
    const seen: string[] = [];
    const inside = await a.datagram(endpoint('10.0.0.1', 1000), (data) => seen.push(`${Buffer.from(data)}`));
    const outside = await b.datagram(endpoint('10.0.0.2', 2000), nothing);
    outside.send(bytes('uninvited'), inside.local);
    await clock.advance(20);
    inside.send(bytes('hello'), outside.local);
    outside.send(bytes('answer'), inside.local);
    await clock.advance(20);
    expect(seen).toEqual(['answer']);
  });

  it('drops datagrams that no system takes, and those past what its queue holds', async () => {
    const { clock, a, b } = setUp();
    let got = 0;
    await b.datagram(endpoint('10.0.0.2', 2000), () => got++);
    const socket = await a.datagram(endpoint('10.0.0.1', 1000), nothing);
    socket.send(new Uint8Array(65_508), endpoint('10.0.0.2', 2000));
    for (let i = 0; i < 1000; i++) socket.send(new Uint8Array(1024), endpoint('10.0.0.2', 2000));
    await clock.advance(20);
    expect(got).toBe(256);
  });

  it('delays datagrams by the bandwidth of both hosts', async () => {
    const { clock, a, b } = setUp();
    a.configure({ uploadBytesPerSecond: 1000 });
    b.configure({ downloadBytesPerSecond: 500 });
    const at: number[] = [];
    await b.datagram(endpoint('10.0.0.2', 2000), () => at.push(clock.now()));
    const socket = await a.datagram(endpoint('10.0.0.1', 1000), nothing);
    socket.send(new Uint8Array(100), endpoint('10.0.0.2', 2000));
    await clock.advance(1000);
    expect(at).toEqual([100 + 10 + 200]);
  });

  it('resolves names it was told and addresses', async () => {
    const { network, a } = setUp();
    network.setName('Tracker.example', ['10.0.0.2', '2001:db8::2']);
    expect(await a.resolve('tracker.EXAMPLE')).toEqual(['10.0.0.2', '2001:db8::2']);
    expect(await a.resolve('10.0.0.5')).toEqual(['10.0.0.5']);
    await expect(a.resolve('nowhere.example')).rejects.toMatchObject({ code: 'NETWORK_RESOLVE' });
  });

  it('carries a thousand hosts with thirty streams each', async () => {
    const { clock, network } = setUp({ quantumMs: 1 });
    const hosts = Array.from({ length: 1000 }, (_, i) => network.host(`10.2.${i >> 8}.${i & 255}`));
    let received = 0;
    const handle = (connection: Connection): void =>
      connection.setHandler({
        onConnect: () => connection.write([bytes('ping')], nothing),
        onData: (chunk) => {
          received += chunk.length;
        },
        onDrain: nothing,
        onEnd: nothing,
        onClose: nothing,
      });
    for (const host of hosts) await host.listen(endpoint(host.addresses[0] ?? '', 6881), handle);
    hosts.forEach((host, i) => {
      for (let k = 1; k <= 15; k++) {
        const to = hosts[(i + k) % hosts.length]?.addresses[0] ?? '';
        handle(host.dial(endpoint(to, 6881), { timeoutMs: 10_000 }));
      }
    });
    await clock.advance(100);
    expect(received).toBe(15_000 * 4);
  });
});
