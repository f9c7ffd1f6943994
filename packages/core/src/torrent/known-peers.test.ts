import { describe, expect, it } from 'vitest';
import { type Endpoint, endpoint } from '../common/endpoint.js';
import { FakeRandom } from '../picker/random.fake.js';
import { defaultSettings } from '../settings/settings-table.js';
import { KnownPeers, type PeerRecord } from './known-peers.js';

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
    known(3).isConnected = true;
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
    known(2).isConnected = true;
    known(3).isDialable = false;
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
    known(1).isConnected = true;
    peers.closed(known(1), 0, false);
    expect(known(1)).toMatchObject({ isConnected: false, failureCount: 0 });
    expect(next(1e9)).toBe('20.0.0.1');
  });

  it('is no seed where seeds are of no use', () => {
    const { peers, add, next } = setUp();
    peers.add(at(1), 'pex', { isSeed: true });
    add(2);
    expect([next(0), next(0, true)]).toEqual(['20.0.0.1', '20.0.0.2']);
  });

  it('waits as long as the longest back-off says', () => {
    const { peers, add, known, next } = setUp();
    add(1);
    peers.backOff(known(1), 5_000);
    peers.backOff(known(1), 1_000);
    expect([next(4_999), next(5_000)]).toEqual([undefined, '20.0.0.1']);
  });
});
