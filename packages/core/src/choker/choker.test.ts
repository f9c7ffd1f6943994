import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Random } from '../ports/random.js';
import { Choker, type ChokerOptions, type ChokerPeer } from './choker.js';

interface Peer extends ChokerPeer {
  readonly name: string;
}

/** Seeded (mulberry32). */
function createRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, integer: (bound) => Math.floor(next() * bound) };
}

const nowMs = 1_000_000;
const leeching: ChokerOptions = {
  slots: 5,
  isSeeding: false,
  nowMs,
  rotateOptimistic: false,
  roundQuotaBytes: 1_000_000,
};
const seeding: ChokerOptions = { ...leeching, isSeeding: true };

function createPeer(name: string, state: Partial<ChokerPeer> = {}): Peer {
  return {
    name,
    isInterested: true,
    isUnchoked: false,
    isOptimistic: false,
    downloadRate: 0,
    uploadRate: 0,
    isSnubbed: false,
    connectedAtMs: 0,
    unchokedAtMs: 0,
    uploadedSinceUnchokeBytes: 0,
    canUnchoke: true,
    priority: undefined,
    ...state,
  };
}

function createPeers(count: number, state: (index: number) => Partial<ChokerPeer>): Peer[] {
  return Array.from({ length: count }, (_, index) => createPeer(`p${index}`, state(index)));
}

function decide(peers: readonly Peer[], options: ChokerOptions, seed = 1) {
  const { unchoke, optimistic } = new Choker<Peer>(createRandom(seed)).decide(peers, options);
  const names = (set: ReadonlySet<Peer>): string[] => [...set].map(({ name }) => name).sort();
  const regular = new Set([...unchoke].filter((peer) => !optimistic.has(peer)));
  return { unchoke: names(unchoke), optimistic: names(optimistic), regular: names(regular) };
}

describe('while leeching', () => {
  it('the peers that send most get the slots but one, which is optimistic', () => {
    const peers = createPeers(20, (index) => ({ downloadRate: index * 1_000 }));
    const { regular, optimistic, unchoke } = decide(peers, leeching);
    expect(regular).toEqual(['p16', 'p17', 'p18', 'p19']);
    expect(optimistic).toHaveLength(1);
    expect(unchoke).toHaveLength(5);
  });

  it('one slot in five is optimistic', () => {
    const peers = createPeers(50, (index) => ({ downloadRate: index }));
    expect(decide(peers, { ...leeching, slots: 24 }).optimistic).toHaveLength(4);
    expect(decide(peers, { ...leeching, slots: 25 }).optimistic).toHaveLength(5);
    expect(decide(peers, { ...leeching, slots: 2 }).optimistic).toHaveLength(1);
  });

  it('a snubbed peer gets an optimistic slot only', () => {
    const peers = createPeers(8, (index) => ({ downloadRate: index, isSnubbed: index === 7 }));
    for (let seed = 0; seed < 50; seed++) expect(decide(peers, leeching, seed).regular).not.toContain('p7');
    const chosen = Array.from({ length: 50 }, (_, seed) => decide(peers, leeching, seed).optimistic).flat();
    expect(chosen).toContain('p7');
  });

  it('slots that no unsnubbed peer needs are optimistic ones', () => {
    const peers = createPeers(3, (index) => ({ isSnubbed: index > 0 }));
    expect(decide(peers, leeching)).toEqual({
      unchoke: ['p0', 'p1', 'p2'],
      regular: ['p0'],
      optimistic: ['p1', 'p2'],
    });
  });

  it('peers that are not interested, or that a plugin keeps choked, get none', () => {
    const peers = [
      createPeer('indifferent', { isInterested: false, isUnchoked: true, downloadRate: 9_000 }),
      createPeer('refused', { canUnchoke: false, isUnchoked: true, isOptimistic: true, downloadRate: 9_000 }),
      createPeer('plain'),
    ];
    expect(decide(peers, leeching).unchoke).toEqual(['plain']);
  });

  it("a plugin's priority counts before rates and before a snub", () => {
    const peers = createPeers(10, (index) => ({
      downloadRate: index * 1_000,
      isSnubbed: index === 1,
      priority: index < 2 ? 5 : index === 9 ? -1 : undefined,
    }));
    expect(decide(peers, leeching).regular).toEqual(['p0', 'p1', 'p7', 'p8']);
  });

  it('a peer that has a slot keeps it against an equal, and chance decides otherwise', () => {
    const peers = createPeers(30, (index) => ({ isUnchoked: index >= 26, unchokedAtMs: nowMs - 29_999 }));
    const fresh = createPeers(30, () => ({}));
    const winners = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      expect(decide(peers, leeching, seed).regular).toEqual(['p26', 'p27', 'p28', 'p29']);
      for (const name of decide(fresh, leeching, seed).regular) winners.add(name);
    }
    expect(winners.size).toBe(30);
  });

  it('a peer that had a slot for 30 seconds and sends nothing gives way to those who wait', () => {
    const rider = { isUnchoked: true, unchokedAtMs: nowMs - 30_000, uploadRate: 9_000 };
    const peers = [
      ...createPeers(3, () => rider),
      createPeer('gives', { ...rider, downloadRate: 1 }),
      ...createPeers(5, () => ({})).map(renamed),
    ];
    for (let seed = 0; seed < 50; seed++) {
      const { regular } = decide(peers, leeching, seed);
      expect(regular).toContain('gives');
      expect(regular.filter((name) => name.startsWith('w'))).toHaveLength(3);
    }
  });

  it('everybody is unchoked where the slots suffice, and nobody where there are none', () => {
    const peers = createPeers(4, () => ({}));
    expect(decide(peers, { ...leeching, slots: 4 }).unchoke).toHaveLength(4);
    expect(decide(peers, { ...leeching, slots: Number.POSITIVE_INFINITY }).unchoke).toHaveLength(4);
    expect(decide(peers, { ...leeching, slots: 0 }).unchoke).toEqual([]);
  });
});

describe('optimistic slots', () => {
  const crowd = (count: number): Peer[] =>
    createPeers(count, (index) => ({
      downloadRate: index < 4 ? 1_000 : 0,
      isUnchoked: index <= 4,
      isOptimistic: index === 4,
    }));

  it('stay with their peers until the rotation, and then go to others', () => {
    for (let seed = 0; seed < 50; seed++) {
      expect(decide(crowd(10), leeching, seed).optimistic).toEqual(['p4']);
      expect(decide(crowd(10), { ...leeching, rotateOptimistic: true }, seed).optimistic).not.toEqual(['p4']);
    }
  });

  it('stay where there is nobody else to have them', () => {
    const peers = [...crowd(5), createPeer('refused', { canUnchoke: false })];
    const options = { ...leeching, slots: 5, rotateOptimistic: true };
    expect(decide(peers, options).unchoke).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
  });

  it('go on to another when their peer earned a regular slot', () => {
    const peers = createPeers(10, (index) => ({
      downloadRate: index < 3 || index === 4 ? 1_000 : 0,
      isUnchoked: index <= 4,
      isOptimistic: index === 4,
    }));
    const { regular, optimistic } = decide(peers, leeching);
    expect(regular).toEqual(expect.arrayContaining(['p0', 'p1', 'p2', 'p4']));
    expect(optimistic).toHaveLength(1);
    expect(optimistic).not.toContain('p4');
  });

  it('go to a newcomer three times as often as to another', () => {
    const peers = createPeers(14, (index) => ({
      downloadRate: index < 4 ? 1_000 : 0,
      connectedAtMs: index < 9 ? 0 : nowMs - 89_999,
    }));
    let newcomers = 0;
    const rounds = 4_000;
    for (let seed = 0; seed < rounds; seed++) {
      const [name = ''] = decide(peers, leeching, seed * 7_919).optimistic;
      if (Number(name.slice(1)) >= 9) newcomers++;
    }
    // Five of each: three quarters, give or take four standard deviations.
    expect(Math.abs(newcomers / rounds - 0.75)).toBeLessThan(0.028);
  });
});

describe('while seeding', () => {
  const uploading = { isUnchoked: true, uploadRate: 1_000, unchokedAtMs: nowMs - 100_000 };

  it('a peer keeps its turn until the quota is sent, then the one that waited longest has it', () => {
    const peers = [
      ...createPeers(3, () => uploading),
      createPeer('served', { ...uploading, uploadRate: 9_000, uploadedSinceUnchokeBytes: 1_000_000 }),
      createPeer('choked once', { connectedAtMs: 10, unchokedAtMs: 500_000 }),
      createPeer('waiting longest', { connectedAtMs: 400_000 }),
      createPeer('just come', { connectedAtMs: nowMs }),
    ];
    expect(decide(peers, seeding).regular).toEqual(['p0', 'p1', 'p2', 'waiting longest']);
  });

  it('a turn lasts a minute even for the fastest', () => {
    const fast = {
      ...uploading,
      uploadRate: 50_000_000,
      uploadedSinceUnchokeBytes: 2_000_000_000,
      unchokedAtMs: nowMs - 59_999,
    };
    const peers = [...createPeers(4, () => fast), ...createPeers(5, () => ({})).map(renamed)];
    expect(decide(peers, seeding).regular).toEqual(['p0', 'p1', 'p2', 'p3']);
    const later = decide(peers, { ...seeding, nowMs: nowMs + 1 }).regular;
    expect(later.every((name) => name.startsWith('w'))).toBe(true);
  });

  it('a peer that takes nothing loses its turn', () => {
    const idle = { isUnchoked: true, unchokedAtMs: nowMs - 60_000 };
    const peers = [...createPeers(4, () => idle), ...createPeers(4, () => ({})).map(renamed)];
    expect(decide(peers, seeding).regular.every((name) => name.startsWith('w'))).toBe(true);
  });

  it('of those whose turn it is, the fastest stay', () => {
    const peers = createPeers(8, (index) => ({ ...uploading, uploadRate: 1_000 + index }));
    expect(decide(peers, seeding).regular).toEqual(['p4', 'p5', 'p6', 'p7']);
  });

  it('every peer has its turn', () => {
    const served = new Set<string>();
    let peers = createPeers(40, () => ({}));
    for (let round = 0; round < 12; round++) {
      const at = nowMs + round * 60_000;
      const { unchoke, optimistic } = new Choker<Peer>(createRandom(round)).decide(peers, {
        ...seeding,
        nowMs: at,
        rotateOptimistic: true,
      });
      for (const { name } of unchoke) served.add(name);
      peers = peers.map((peer) => ({
        ...peer,
        isUnchoked: unchoke.has(peer),
        isOptimistic: optimistic.has(peer),
        unchokedAtMs: unchoke.has(peer) && !peer.isUnchoked ? at : peer.unchokedAtMs,
        uploadRate: unchoke.has(peer) ? 100_000 : 0,
        uploadedSinceUnchokeBytes: unchoke.has(peer) ? 6_000_000 : 0,
      }));
    }
    expect(served.size).toBe(40);
  });

  it('a snub means nothing and a priority still counts', () => {
    const peers = createPeers(9, (index) => ({
      connectedAtMs: index,
      isSnubbed: index < 4,
      priority: index === 8 ? 1 : undefined,
    }));
    expect(decide(peers, seeding).regular).toEqual(['p0', 'p1', 'p2', 'p8']);
  });
});

describe('any decision', () => {
  const states = fc.record({
    isInterested: fc.boolean(),
    isUnchoked: fc.boolean(),
    isOptimistic: fc.boolean(),
    downloadRate: fc.nat({ max: 3 }),
    uploadRate: fc.nat({ max: 3 }),
    isSnubbed: fc.boolean(),
    connectedAtMs: fc.nat({ max: nowMs }),
    unchokedAtMs: fc.nat({ max: nowMs }),
    uploadedSinceUnchokeBytes: fc.nat({ max: 2_000_000 }),
    canUnchoke: fc.boolean(),
    priority: fc.option(fc.integer({ min: -1, max: 1 }), { nil: undefined }),
  });

  it('fills every slot it can, with those that may have one, and reserves one in five for chance', () => {
    const options = fc.record({
      slots: fc.nat({ max: 12 }),
      isSeeding: fc.boolean(),
      rotateOptimistic: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(states, { maxLength: 25 }), options, fc.nat(), (list, choice, seed) => {
        const peers = list.map((state, index) => createPeer(`p${index}`, state));
        const choker = new Choker<Peer>(createRandom(seed));
        const { unchoke, optimistic } = choker.decide(peers, { ...leeching, ...choice });
        const eligible = peers.filter((peer) => peer.canUnchoke && peer.isInterested);
        expect(unchoke.size).toBe(Math.min(choice.slots, eligible.length));
        for (const peer of unchoke) expect(eligible).toContain(peer);
        for (const peer of optimistic) expect(unchoke.has(peer)).toBe(true);
        if (choice.slots > 0 && eligible.length > choice.slots) {
          expect(optimistic.size).toBeGreaterThanOrEqual(Math.max(1, Math.floor(choice.slots / 5)));
        }
      }),
    );
  });
});

function renamed(peer: Peer, index: number): Peer {
  return { ...peer, name: `w${index}` };
}
