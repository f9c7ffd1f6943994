import { describe, expect, it } from 'vitest';
import { type Endpoint, endpoint } from '../common/endpoint.js';
import type { PeerSource } from '../common/peer-source.js';
import { FakeRandom } from '../picker/random.fake.js';
import { defaultSettings } from '../settings/settings-table.js';
import { KnownPeers } from './known-peers.js';
import type { PeerRecord } from './peer-record.js';

function at(index: number): Endpoint {
  return endpoint(`20.0.${index >> 8}.${index & 255}`, 6881);
}

function setUp(maxPeers = defaultSettings.maxPeersPerTorrent) {
  const erased: PeerRecord[] = [];
  const peers = new KnownPeers({
    maxPeers: () => maxPeers,
    retryDelayMs: () => 1_000,
    maxFailures: () => 3,
    random: new FakeRandom(1),
    onErased: (records) => erased.push(...records),
  });
  const add = (index: number): PeerRecord | undefined => peers.add(at(index), 'tracker', {});
  const known = (index: number): PeerRecord => peers.find(at(index)) as PeerRecord;
  const next = (nowMs: number, skipSeeds = false): string | undefined =>
    peers.next(nowMs, { skipSeeds })?.endpoint.address;
  return { peers, erased, add, known, next };
}

describe('endpoints of a torrent', () => {
  it('are known once, by address and port, and collect what is said of them', () => {
    const { peers } = setUp();
    const first = peers.add(at(1), 'tracker', { isSeed: true });
    expect(peers.add(endpoint('20.0.0.1', 6881), 'pex', { supportsUtp: true })).toBe(first);
    expect(peers.add(endpoint('20.0.0.1', 6882), 'pex', {})).not.toBe(first);
    expect(first).toMatchObject({ source: 'tracker', flags: { isSeed: true, supportsUtp: true } });
    expect([peers.size, peers.list().length]).toEqual([2, 2]);
  });

  it('are 3 000 at most, where none has failed', () => {
    const { peers, add, erased } = setUp();
    for (let i = 0; i < 3_000; i++) expect(add(i)).toBeDefined();
    expect(add(3_000)).toBeUndefined();
    expect(add(5)).toBeDefined();
    expect(peers.size).toBe(3_000);
    expect(erased).toEqual([]);
  });

  it('make room by the one that failed most and is not connected', () => {
    const { peers, add, known, erased } = setUp(4);
    for (let i = 0; i < 4; i++) add(i);
    peers.closed(known(1), 0, true);
    for (let i = 0; i < 2; i++) peers.closed(known(2), 0, true);
    for (let i = 0; i < 3; i++) peers.closed(known(3), 0, true);
    peers.opened(known(3));
    expect(add(10)).toBeDefined();
    expect(erased.map(({ endpoint: { address } }) => address)).toEqual(['20.0.0.2']);
    expect(add(11)).toBeDefined();
    expect(erased.map(({ endpoint: { address } }) => address)).toEqual(['20.0.0.2', '20.0.0.1']);
    expect(add(12)).toBeUndefined();
    expect(peers.size).toBe(4);
  });

  it('that are forgotten are told of, and are new when they come again', () => {
    const { peers, add, known, erased } = setUp();
    const record = add(1);
    peers.erase([]);
    peers.erase([known(1)]);
    expect(erased).toEqual([record]);
    expect(peers.find(at(1))).toBeUndefined();
    expect(add(1)).not.toBe(record);
  });
});

describe('whom to dial', () => {
  it('is who failed least, and among equals who came first', () => {
    const { peers, add, known, next } = setUp();
    for (const index of [1, 2, 3]) add(index);
    expect(next(0)).toBe('20.0.0.1');
    peers.closed(known(1), 0, true);
    expect(next(1e9)).toBe('20.0.0.2');
    peers.opened(known(2));
    peers.notDialable(known(3));
    expect(next(1e9)).toBe('20.0.0.1');
  });

  it('is nobody before the time, which grows with each failure and has some jitter', () => {
    const { peers, add, known, next } = setUp();
    add(1);
    const waits = new Set<number>();
    for (let failures = 1; failures <= 3; failures++) {
      const nowMs = failures * 1e6;
      peers.closed(known(1), nowMs, true);
      const waitMs = known(1).nextAttemptMs - nowMs;
      expect(waitMs).toBeGreaterThanOrEqual(failures * 850);
      expect(waitMs).toBeLessThanOrEqual(failures * 1_150);
      expect(next(nowMs + failures * 850 - 1)).toBeUndefined();
      expect(next(nowMs + failures * 1_150)).toBe('20.0.0.1');
      waits.add(waitMs / failures);
    }
    expect(waits.size).toBe(3);
  });

  it('is nobody that failed too often, until a connection was a peer again', () => {
    const { peers, add, known, next } = setUp();
    add(1);
    for (let i = 0; i < 4; i++) peers.closed(known(1), 0, true);
    expect(next(1e9)).toBeUndefined();
    peers.opened(known(1));
    peers.closed(known(1), 0, false);
    expect(known(1)).toMatchObject({ isConnected: false, failureCount: 0 });
    expect(next(1e9)).toBe('20.0.0.1');
  });

  it('is no seed where seeds are of no use', () => {
    const { peers, add, next } = setUp();
    peers.add(at(1), 'tracker', { isSeed: true });
    for (const index of [2, 3]) add(index);
    expect([next(0), next(0, true)]).toEqual(['20.0.0.1', '20.0.0.2']);
    peers.markSeed(peers.find(at(2)) as PeerRecord);
    expect([next(0), next(0, true)]).toEqual(['20.0.0.1', '20.0.0.3']);
  });

  it('waits as long as the longest back-off says', () => {
    const { peers, add, known, next } = setUp();
    add(1);
    peers.backOff(known(1), 5_000);
    peers.backOff(known(1), 1_000);
    expect([next(4_999), next(5_000)]).toEqual([undefined, '20.0.0.1']);
  });
});

describe('sources of peers', () => {
  it('decide who is dialled first among those that have failed as often', () => {
    const { peers, next } = setUp();
    const sources = [
      'pex',
      'dht',
      'incoming',
      'extension',
      'tracker',
      'lsd',
      'resume',
      'magnet',
      'manual',
    ] as const;
    for (const [index, source] of sources.entries()) peers.add(at(index), source, {});
    const order: string[] = [];
    for (let i = 0; i < sources.length; i++) {
      const record = peers.next(0, { skipSeeds: false }) as PeerRecord;
      order.push(record.source);
      peers.opened(record);
    }
    expect(order).toEqual([...sources].reverse());
    expect(next(0)).toBeUndefined();
  });

  it('count as the best that has named the peer', () => {
    const { peers } = setUp();
    peers.add(at(1), 'pex', {});
    expect(peers.add(at(1), 'tracker', {})?.source).toBe('tracker');
    expect(peers.add(at(1), 'dht', {})?.source).toBe('tracker');
  });

  it('that are hearsay fill half of the list at most, local discovery a quarter', () => {
    const { peers, erased } = setUp(100);
    const fill = (source: PeerSource, first: number): number => {
      let added = 0;
      while (added < 101 && peers.add(at(first + added), source, {})) added++;
      return added;
    };
    expect(fill('pex', 0)).toBe(50);
    expect(fill('lsd', 200)).toBe(25);
    expect(fill('dht', 400)).toBe(50);
    expect(erased.map(({ source }) => source)).toEqual(Array.from({ length: 25 }, () => 'pex'));
    expect(peers.size).toBe(100);
  });

  it('that are good push out the newest of the worst one where the list is full', () => {
    const { peers, erased } = setUp(4);
    for (const index of [1, 2]) peers.add(at(index), 'pex', {});
    for (const index of [3, 4]) peers.add(at(index), 'dht', {});
    expect(peers.add(at(5), 'tracker', {})).toBeDefined();
    expect(peers.add(at(6), 'pex', {})).toBeUndefined();
    expect(erased.map(({ endpoint: { address } }) => address)).toEqual(['20.0.0.2']);
  });

  it('at their limit replace one of their own that failed', () => {
    const { peers, erased } = setUp(4);
    for (const index of [1, 2]) peers.add(at(index), 'pex', {});
    expect(peers.add(at(3), 'pex', {})).toBeUndefined();
    peers.closed(peers.find(at(1)) as PeerRecord, 0, true);
    expect(peers.add(at(3), 'pex', {})).toBeDefined();
    expect(erased.map(({ endpoint: { address } }) => address)).toEqual(['20.0.0.1']);
    expect(peers.size).toBe(2);
  });

  it('of first hand give one that failed another try', () => {
    const { peers, known, add, next } = setUp();
    add(1);
    for (let i = 0; i < 4; i++) peers.closed(known(1), 0, true);
    peers.add(at(1), 'pex', {});
    expect(next(1e9)).toBeUndefined();
    add(1);
    expect(next(1e9)).toBe('20.0.0.1');
  });
});

describe('a record that is forgotten while its connection is open', () => {
  it('does not come back when the connection ends', () => {
    const { peers, add, known, next } = setUp();
    add(1);
    const record = known(1);
    peers.opened(record);
    peers.erase([record]);
    peers.closed(record, 0, false);
    expect([peers.size, next(1e9)]).toEqual([0, undefined]);
    expect(add(1)).not.toBe(record);
  });
});

describe('at 3 000 known peers', () => {
  it('a thousand dials and closes cost a few steps each', () => {
    const { peers, add } = setUp();
    for (let i = 0; i < 3_000; i++) add(i);
    let steps = 0;
    for (const record of peers.list()) {
      const { failureCount } = record;
      let value = failureCount;
      Object.defineProperty(record, 'failureCount', {
        get() {
          steps++;
          return value;
        },
        set(changed: number) {
          value = changed;
        },
      });
    }
    peers.next(0, { skipSeeds: false });
    steps = 0;
    for (let i = 0; i < 1_000; i++) {
      const record = peers.next(i, { skipSeeds: false }) as PeerRecord;
      peers.opened(record);
      peers.closed(record, i, true);
    }
    // A heap of 3 000 is 12 levels deep; each level compares twice, and each comparison looks at two.
    expect(steps).toBeLessThan(1_000 * 250);
  });
});
