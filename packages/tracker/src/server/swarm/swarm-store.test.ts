import { endpoint } from '@peerloom/core/plugin';
import { DeterministicSecureRandom, VirtualClock } from '@peerloom/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnnounceRequest } from '../announce.js';
import { Chance } from './chance.js';
import { type Announced, type ReplyRoom, SwarmStore, type SwarmStoreLimits } from './swarm-store.js';

const minuteMs = 60_000;
const limits: SwarmStoreLimits = {
  intervalMs: 10 * minuteMs,
  maxTorrents: 100,
  maxPeers: 1_000,
  maxPeersPerTorrent: 1_000,
  maxPeersPerAddress: 1_000,
};
const wide: ReplyRoom = { maxPeers: 50, allFamilies: true };

/** A store in virtual time. */
function setUp(overrides: Partial<SwarmStoreLimits> = {}, kept: readonly string[] = []) {
  const clock = new VirtualClock();
  const chance = new Chance(new DeterministicSecureRandom(1));
  const store = new SwarmStore({ ...limits, ...overrides }, clock, chance, (infoHash) =>
    kept.includes(infoHash),
  );
  const announce = (
    address: string,
    fields: Partial<AnnounceRequest> & { port?: number } = {},
    room = wide,
  ) =>
    store.announce(
      {
        infoHash: 'a torrent',
        peerId: 'a peer',
        peer: endpoint(address, fields.port ?? 6881),
        event: 'none',
        uploadedBytes: 0,
        downloadedBytes: 0,
        leftBytes: 1,
        wantedPeers: undefined,
        ...fields,
      },
      room,
    );
  return { clock, store, announce };
}

function told(announced: Announced | undefined): string[] {
  return (announced?.peers ?? []).map(({ key }) => addressOf(key)).sort();
}

function addressOf(key: string): string {
  const bytes = Buffer.from(key, 'latin1');
  return key.length === 6 ? bytes.subarray(0, 4).join('.') : bytes.subarray(0, 16).toString('hex');
}

const seed = { leftBytes: 0 };

describe('who is told of whom', () => {
  it('tells nobody of himself, nor a seed of seeds', () => {
    const { announce } = setUp();
    announce('192.0.2.1');
    announce('192.0.2.2', seed);
    expect(told(announce('192.0.2.1'))).toEqual(['192.0.2.2']);
    expect(told(announce('192.0.2.2', seed))).toEqual(['192.0.2.1']);
    expect(told(announce('192.0.2.3', seed))).toEqual(['192.0.2.1']);
  });

  it('tells of both families, first of that of who asks, or of that one only', () => {
    const { announce } = setUp();
    for (let i = 1; i <= 3; i++) {
      announce(`192.0.2.${i}`);
      announce(`2001:db8::${i}`);
    }
    const lengths = (room: ReplyRoom) => announce('192.0.2.9', {}, room)?.peers.map(({ key }) => key.length);
    expect(lengths({ maxPeers: 4, allFamilies: true })).toEqual([6, 6, 6, 18]);
    expect(lengths({ maxPeers: 9, allFamilies: false })).toEqual([6, 6, 6]);
    const six = announce('2001:db8::9', {}, { maxPeers: 9, allFamilies: false });
    expect(six?.peers.map(({ key }) => key.length)).toEqual([18, 18, 18]);
  });

  it('tells of local addresses only who is as near', () => {
    const { announce } = setUp();
    for (const address of ['127.0.0.1', '10.0.0.1', '192.0.2.1']) announce(address);
    expect(told(announce('203.0.113.1', { event: 'stopped' }))).toEqual([]);
    expect(told(announce('203.0.113.1'))).toEqual(['192.0.2.1']);
    expect(told(announce('192.168.0.1'))).toEqual(['10.0.0.1', '192.0.2.1', '203.0.113.1']);
    expect(told(announce('127.0.0.2'))).toEqual([
      '10.0.0.1',
      '127.0.0.1',
      '192.0.2.1',
      '192.168.0.1',
      '203.0.113.1',
    ]);
  });

  it('picks each as often as any other, and none twice in one reply', () => {
    const { announce } = setUp();
    for (let i = 1; i <= 40; i++) announce(`192.0.2.${i}`, i % 4 === 0 ? seed : {});
    const counts = new Map<string, number>();
    for (let i = 0; i < 2_000; i++) {
      const picked = told(announce('192.0.2.200', {}, { maxPeers: 10, allFamilies: true }));
      expect(new Set(picked).size).toBe(10);
      for (const address of picked) counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    expect(counts.size).toBe(40);
    // 500 is the mean, and 19 the deviation.
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(110);
  });
});

describe('counts', () => {
  it('follow leeches that become seeds, and back, and those that stop', () => {
    const { announce, store } = setUp();
    announce('192.0.2.1');
    announce('192.0.2.2');
    announce('192.0.2.1', { ...seed, event: 'completed' });
    expect(store.scrape('a torrent')).toEqual({ complete: 1, incomplete: 1, downloaded: 1 });
    announce('192.0.2.1');
    expect(store.scrape('a torrent')).toEqual({ complete: 0, incomplete: 2, downloaded: 1 });
    announce('192.0.2.1', { event: 'stopped' });
    expect(announce('192.0.2.2', { event: 'stopped' })?.counts.incomplete).toBe(0);
    expect(store.stats()).toMatchObject({ torrents: 0, peers: 0, seeds: 0 });
  });

  it('have a completed download once for each peer, and only where nothing is left', () => {
    const { announce, store } = setUp();
    const completed = { ...seed, event: 'completed' } as const;
    announce('192.0.2.1', { event: 'completed', leftBytes: 5 });
    expect(store.scrape('a torrent').downloaded).toBe(0);
    for (let i = 0; i < 3; i++) announce('192.0.2.1', completed);
    announce('192.0.2.1', { ...completed, port: 7000 });
    expect(store.scrape('a torrent').downloaded).toBe(2);
  });

  it('stay without peers where the torrent is kept, and go with the last peer where not', () => {
    const { announce, store } = setUp({}, ['kept']);
    for (const infoHash of ['kept', 'other']) {
      announce('192.0.2.1', { ...seed, infoHash, event: 'completed' });
      announce('192.0.2.1', { infoHash, event: 'stopped' });
    }
    expect([store.scrape('kept').downloaded, store.scrape('other').downloaded]).toEqual([1, 0]);
    expect(store.stats().torrents).toBe(1);
  });

  it('change nothing where somebody stops who was not there', () => {
    const { announce, store } = setUp();
    expect(announce('192.0.2.1', { event: 'stopped' })).toMatchObject({ peers: [], unlisted: undefined });
    expect(store.stats().torrents).toBe(0);
  });
});

describe('bounds', () => {
  it('are of torrents: another one is refused, and those that are there go on', () => {
    const { announce } = setUp({ maxTorrents: 2 });
    announce('192.0.2.1', { infoHash: 'a' });
    announce('192.0.2.1', { infoHash: 'b' });
    expect(announce('192.0.2.2', { infoHash: 'c' })).toBeUndefined();
    expect(told(announce('192.0.2.2', { infoHash: 'b' }))).toEqual(['192.0.2.1']);
    announce('192.0.2.1', { infoHash: 'a', event: 'stopped' });
    expect(announce('192.0.2.2', { infoHash: 'c' })).toBeDefined();
  });

  it('are of the peers of a torrent, and of an address: one more is answered, and not kept', () => {
    const { announce, store } = setUp({ maxPeersPerTorrent: 3, maxPeersPerAddress: 2 });
    expect(announce('192.0.2.1', { port: 1 })?.unlisted).toBeUndefined();
    expect(announce('192.0.2.1', { port: 2 })?.unlisted).toBeUndefined();
    const third = announce('192.0.2.1', { port: 3, infoHash: 'another' });
    expect(third).toMatchObject({ unlisted: 'address', peers: [] });
    announce('192.0.2.2');
    const fourth = announce('192.0.2.3');
    expect(fourth?.unlisted).toBe('torrent');
    expect(fourth?.peers).toHaveLength(3);
    expect(store.stats()).toMatchObject({ torrents: 1, peers: 3 });
    announce('192.0.2.1', { port: 1, event: 'stopped' });
    expect(announce('192.0.2.1', { port: 3 })?.unlisted).toBeUndefined();
  });

  it('take the addresses of an IPv6 /64 for one', () => {
    const { announce } = setUp({ maxPeersPerAddress: 1 });
    expect(announce('2001:db8:1:1::1')?.unlisted).toBeUndefined();
    expect(announce('2001:db8:1:1::2')?.unlisted).toBe('address');
    expect(announce('2001:db8:1:2::1')?.unlisted).toBeUndefined();
  });

  it('are of all peers: who has missed an announce makes room, and nobody else does', async () => {
    const { announce, clock, store } = setUp({ maxPeers: 2 });
    announce('192.0.2.1');
    announce('192.0.2.2');
    await clock.advance(10 * minuteMs);
    announce('192.0.2.2');
    await clock.advance(5 * minuteMs - 1);
    expect(announce('192.0.2.3')?.unlisted).toBe('tracker');
    await clock.advance(1);
    expect(announce('192.0.2.3')?.unlisted).toBeUndefined();
    expect(announce('192.0.2.4')?.unlisted).toBe('tracker');
    expect(store.stats()).toMatchObject({ peers: 2, evictedPeers: 1 });
    expect(told(announce('192.0.2.2'))).toEqual(['192.0.2.3']);
  });
});

describe('expiry', () => {
  it('forgets who is silent for two intervals, and no timer is left after the last', async () => {
    const { announce, clock, store } = setUp();
    announce('192.0.2.1');
    await clock.advance(10 * minuteMs);
    announce('192.0.2.2', seed);
    await clock.advance(10 * minuteMs - 1);
    expect(store.stats().peers).toBe(2);
    await clock.advance(1);
    expect(store.stats()).toMatchObject({ peers: 1, seeds: 1, expiredPeers: 1 });
    await clock.advance(10 * minuteMs);
    expect(store.stats()).toMatchObject({ torrents: 0, peers: 0, seeds: 0, expiredPeers: 2 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('comes for who is silent, also where others came earlier and announce still', async () => {
    const { announce, clock, store } = setUp();
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) announce(address);
    await clock.advance(10 * minuteMs);
    announce('192.0.2.3');
    announce('192.0.2.1');
    await clock.advance(10 * minuteMs);
    expect(store.stats()).toMatchObject({ peers: 2, expiredPeers: 1 });
    expect(told(announce('192.0.2.9'))).toEqual(['192.0.2.1', '192.0.2.3']);
  });

  it('is put off by each announce', async () => {
    const { announce, clock, store } = setUp();
    for (let i = 0; i < 5; i++) {
      announce('192.0.2.1');
      await clock.advance(19 * minuteMs);
    }
    expect(store.stats()).toMatchObject({ peers: 1, expiredPeers: 0 });
  });

  it('ends with the store', () => {
    const { announce, clock, store } = setUp({}, ['a torrent']);
    announce('192.0.2.1');
    store.close();
    expect([clock.pendingTimers, store.stats().torrents, store.stats().peers]).toEqual([0, 0, 0]);
  });
});

it('agrees with a plain list of peers, whatever is announced', () => {
  const announces = fc.array(
    fc.record({
      host: fc.integer({ min: 1, max: 6 }),
      infoHash: fc.constantFrom('a', 'b'),
      event: fc.constantFrom('started', 'completed', 'stopped', 'none'),
      leftBytes: fc.constantFrom(0, 1),
      maxPeers: fc.integer({ min: 0, max: 5 }),
    } as const),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(announces, (list) => {
      const { announce, store } = setUp();
      const model = new Map<string, { infoHash: string; address: string; isSeed: boolean }>();
      for (const { host, infoHash, event, leftBytes, maxPeers } of list) {
        const address = `192.0.2.${host}`;
        const key = `${infoHash} ${host}`;
        const announced = announce(address, { infoHash, event, leftBytes }, { maxPeers, allFamilies: true });
        if (event === 'stopped') model.delete(key);
        else model.set(key, { infoHash, address, isSeed: leftBytes === 0 });
        const others = [...model.values()].filter(
          (peer) => peer.infoHash === infoHash && peer.address !== address,
        );
        const expected = event === 'stopped' ? [] : others.filter(({ isSeed }) => leftBytes > 0 || !isSeed);
        const picked = told(announced);
        expect(picked).toHaveLength(Math.min(expected.length, maxPeers));
        expect(new Set(picked).size).toBe(picked.length);
        expect(expected.map((peer) => peer.address)).toEqual(expect.arrayContaining(picked));
      }
      const peers = [...model.values()];
      for (const infoHash of ['a', 'b']) {
        const swarm = peers.filter((peer) => peer.infoHash === infoHash);
        const complete = swarm.filter(({ isSeed }) => isSeed).length;
        expect(store.scrape(infoHash)).toMatchObject({ complete, incomplete: swarm.length - complete });
      }
      const seeds = peers.filter(({ isSeed }) => isSeed).length;
      const torrents = new Set(peers.map(({ infoHash }) => infoHash)).size;
      expect(store.stats()).toMatchObject({ peers: peers.length, seeds, torrents });
    }),
  );
});
