import { type Connection, endpoint } from '@peerloom/core';
import { describe, expect, it } from 'vitest';
import type { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingHandler } from './recording-handler.fake.js';
import { bytes, connect, nothing, setUp } from './two-hosts.fake.js';

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
