import { blockLength } from '@peerloom/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Behaviour, blockOf, FetchRig, noise } from './fetch-rig.fake.js';

const tenBlocks = 10 * blockLength - 5;
const minuteMs = 60_000;

/** Kinds of peers that are no help, each made for a rig and told apart by a number. */
const liars = {
  silent: ({ metadata }: FetchRig) => ({ claimedBytes: metadata.length, answer: () => undefined }),
  silentWithoutSize: () => ({ answer: () => undefined }),
  refusing: ({ metadata }: FetchRig) => ({ claimedBytes: metadata.length, answer: () => 'reject' as const }),
  short: ({ metadata }: FetchRig) => ({
    claimedBytes: metadata.length,
    answer: (block: number) => ({ ...blockOf(metadata, block), bytes: new Uint8Array(7) }),
  }),
  misplaced: ({ metadata }: FetchRig) => ({
    claimedBytes: metadata.length,
    answer: (block: number) => blockOf(metadata, block + 1),
  }),
  wrongOnce: ({ metadata }: FetchRig, number: number) => ({
    claimedBytes: metadata.length,
    answer: (block: number) =>
      block === number % 10 ? wrong(metadata, block, number) : blockOf(metadata, block),
  }),
  wrongAlways: ({ metadata }: FetchRig, number: number) => ({
    claimedBytes: metadata.length,
    answer: (block: number) => wrong(metadata, block, number),
  }),
  wrongAndSlow: ({ metadata }: FetchRig, number: number) => ({
    claimedBytes: metadata.length,
    answer: (block: number) => wrong(metadata, block, number),
    delayMs: 13_000,
  }),
  otherSize: ({ metadata }: FetchRig, number: number) => {
    const other = noise(metadata.length + 1 + number, `other ${number}`);
    return { claimedBytes: other.length, answer: (block: number) => blockOf(other, block) };
  },
  largest: ({ metadata }: FetchRig, number: number) => {
    const other = noise(metadata.length * 3 - number, `largest ${number}`);
    return { claimedBytes: other.length, answer: (block: number) => blockOf(other, block) };
  },
  largestAndSlowAtLast: ({ metadata }: FetchRig, number: number) => {
    const other = noise(metadata.length * 3 - number, `slow ${number}`);
    return {
      claimedBytes: other.length,
      answer: (block: number) => (block < 25 ? blockOf(other, block) : undefined),
    };
  },
  tooLarge: ({ metadata }: FetchRig) => ({ claimedBytes: metadata.length * 3 + 1, answer: () => undefined }),
  otherSizeInData: ({ metadata }: FetchRig) => ({
    claimedBytes: metadata.length,
    answer: (block: number) => ({ ...blockOf(metadata, block), totalBytes: 77 }),
  }),
} as const satisfies Readonly<Record<string, (rig: FetchRig, number: number) => Behaviour>>;

function wrong(metadata: Uint8Array, block: number, number: number): ReturnType<typeof blockOf> {
  const right = blockOf(metadata, block);
  return { ...right, bytes: noise(right.bytes.length, `wrong ${number} ${block}`) };
}

type LiarName = keyof typeof liars;
const liarNames = Object.keys(liars) as LiarName[];

describe('with honest peers', () => {
  it('takes two requests at a time from each, and asks for no block twice', () => {
    const rig = new FetchRig(tenBlocks);
    for (let i = 0; i < 3; i++) rig.add(rig.honest());
    rig.run(minuteMs);
    expect(rig.isRight).toBe(true);
    expect(rig.peers.map(({ mostOutstanding }) => mostOutstanding)).toEqual([2, 2, 2]);
    const asked = rig.peers.flatMap((peer) => peer.asked).sort((a, b) => a - b);
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(rig.nowMs).toBeLessThan(500);
  });

  it.each([1, blockLength - 1, blockLength, blockLength + 1])('gets metadata of %d bytes', (sizeBytes) => {
    const rig = new FetchRig(sizeBytes, Math.max(sizeBytes, 1));
    rig.add(rig.honest());
    rig.run(minuteMs);
    expect(rig.isRight).toBe(true);
  });

  it('learns the size from a block where the handshake told none', () => {
    const rig = new FetchRig(tenBlocks);
    const { answer } = rig.honest();
    rig.add({ answer });
    rig.run(minuteMs);
    expect(rig.isRight).toBe(true);
  });

  it('asks a peer that knew nothing at first again, at once when it says a size, else after a minute', () => {
    const rig = new FetchRig(tenBlocks);
    let knows = false;
    const { answer } = rig.honest();
    const late: Behaviour = { answer: (block) => (knows ? answer(block) : 'reject') };
    const first = rig.add(late);
    rig.run(1000);
    knows = true;
    rig.fetch.claim(first.source, tenBlocks);
    rig.run(1000);
    expect(rig.isRight).toBe(true);

    const other = new FetchRig(tenBlocks);
    knows = false;
    other.add(late);
    other.run(1000);
    knows = true;
    other.run(2 * minuteMs);
    expect(other.isRight).toBe(true);
    expect(other.nowMs).toBeGreaterThan(minuteMs - 5000);
  });

  it('is as patient as a link is slow: what comes late counts', () => {
    const rig = new FetchRig(tenBlocks);
    rig.add(rig.honest(40_000));
    rig.run(60 * minuteMs);
    expect(rig.isRight).toBe(true);
  });

  it('goes on with others where one leaves in the middle', () => {
    const rig = new FetchRig(tenBlocks);
    const leaving = rig.add(rig.honest(900));
    rig.add(rig.honest(1000));
    rig.run(1500);
    rig.fetch.remove(leaving.source);
    rig.run(minuteMs);
    expect(rig.isRight).toBe(true);
    expect(leaving.faults).toEqual([]);
  });

  it('keeps nothing once it is over, and takes no more', () => {
    const rig = new FetchRig(tenBlocks);
    const peer = rig.add(rig.honest());
    rig.run(250);
    expect(rig.fetch.heldBytes).toBeGreaterThan(0);
    rig.fetch.end();
    rig.fetch.data(peer.source, blockOf(rig.metadata, 5));
    rig.fetch.reject(peer.source, 5);
    rig.fetch.claim(peer.source, 4);
    rig.run(minuteMs);
    expect(rig.fetch.heldBytes).toBe(0);
    expect(peer.source.attempt).toBeUndefined();
    expect(rig.found).toBeUndefined();
    expect(peer.faults).toEqual([]);
  });
});

describe('with peers that are no help', () => {
  it.each(liarNames)('one that is %s cannot keep an honest one from delivering', (name) => {
    const rig = new FetchRig(tenBlocks);
    rig.add(liars[name](rig, 3));
    const honest = rig.add(rig.honest());
    rig.run(5 * minuteMs);
    expect(rig.isRight).toBe(true);
    expect(rig.nowMs).toBeLessThan(30_000);
    expect(honest.faults).toEqual([]);
  });

  it.each(liarNames)('one that is %s is asked seldom', (name) => {
    const rig = new FetchRig(tenBlocks);
    const liar = rig.add(liars[name](rig, 3));
    rig.run(60 * minuteMs);
    expect(rig.found).toBeUndefined();
    expect(liar.asked.length).toBeLessThanOrEqual(2 * 60);
  });

  it('finds out a liar of ten by two wrong attempts at most, and says who it is', () => {
    const rig = new FetchRig(tenBlocks);
    const honest = Array.from({ length: 9 }, () => rig.add(rig.honest()));
    const liar = rig.add(liars.wrongAlways(rig, 1));
    rig.run(minuteMs);
    expect(rig.isRight).toBe(true);
    expect(rig.mixtures.length + liar.faults.length).toBeLessThanOrEqual(2);
    expect(honest.flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('holds a short, a misplaced and an unasked block against their sender', () => {
    for (const [name, fault] of [
      ['short', 'length'],
      ['misplaced', 'unasked'],
      ['otherSizeInData', 'size'],
      ['tooLarge', 'size'],
      ['silent', 'silent'],
      ['wrongAlways', 'hash'],
    ] as const) {
      const rig = new FetchRig(tenBlocks);
      const liar = rig.add(liars[name](rig, 1));
      rig.run(minuteMs);
      expect(new Set(liar.faults), name).toEqual(new Set([fault]));
    }
  });

  it('a size that changes is a fault each time', () => {
    const rig = new FetchRig(tenBlocks);
    const liar = rig.add(liars.silent(rig));
    for (const sizeBytes of [5, 5, 0, -1, 6]) rig.fetch.claim(liar.source, sizeBytes);
    expect(liar.faults).toEqual(['size', 'size']);
  });

  it('converges with any liars, keeps no more than the limit, and blames no honest peer', () => {
    const crowd = fc.record({
      liars: fc.array(fc.tuple(fc.constantFrom(...liarNames), fc.nat(99)), { maxLength: 25 }),
      honestCount: fc.integer({ min: 1, max: 3 }),
      honestDelayMs: fc.integer({ min: 20, max: 2000 }),
      sizeBytes: fc.integer({ min: 100, max: tenBlocks }),
      honestFirst: fc.boolean(),
    });
    fc.assert(
      fc.property(crowd, ({ liars: names, honestCount, honestDelayMs, sizeBytes, honestFirst }) => {
        const rig = new FetchRig(sizeBytes);
        const addHonest = () => Array.from({ length: honestCount }, () => rig.add(rig.honest(honestDelayMs)));
        const early = honestFirst ? addHonest() : [];
        for (const [name, number] of names) rig.add(liars[name](rig, number));
        const honest = honestFirst ? early : addHonest();
        rig.run(2 * minuteMs);
        expect(rig.isRight).toBe(true);
        expect(rig.mostHeldBytes).toBeLessThanOrEqual(sizeBytes * 3);
        expect(honest.flatMap(({ faults }) => faults)).toEqual([]);
        for (const { mostOutstanding } of honest) expect(mostOutstanding).toBeLessThanOrEqual(2);
      }),
      { numRuns: 300 },
    );
  });

  describe.each(['new addresses', 'the same addresses'])(
    '16 that connect again from %s when found out',
    (from) => {
      function crowded(delayMs: number): FetchRig {
        const rig = new FetchRig(tenBlocks);
        let number = 0;
        const churning = (home: number): Behaviour => {
          number++;
          const address = `10.0.0.${from === 'new addresses' ? number : home}`;
          return { ...liars.wrongAlways(rig, number), delayMs, address, again: () => churning(home) };
        };
        for (let home = 0; home < 16; home++) rig.add(churning(home));
        return rig;
      }

      // The honest one is there before they have been found out, or after.
      it.each(
        [0, 20_000].flatMap((joinsAtMs) =>
          [50, 100, 400, 1500].map((delayMs) => [joinsAtMs, delayMs] as const),
        ),
      )('cannot keep out an honest one that joins at %d ms (their delay %d ms)', (joinsAtMs, delayMs) => {
        const rig = crowded(delayMs);
        rig.run(joinsAtMs);
        expect(rig.found).toBeUndefined();
        const honest = rig.add(rig.honest());
        rig.run(30 * minuteMs);
        expect(rig.isRight).toBe(true);
        expect(rig.nowMs).toBeLessThan(joinsAtMs + minuteMs);
        expect(honest.faults).toEqual([]);
      });
    },
  );

  it('one that connects again from where wrong metadata came from is asked ever more seldom', () => {
    const rig = new FetchRig(tenBlocks);
    const churning = (): Behaviour => ({
      ...liars.wrongAlways(rig, 1),
      address: '10.0.0.1',
      again: churning,
    });
    rig.add(churning());
    rig.run(60 * minuteMs);
    expect(rig.peers.flatMap(({ faults }) => faults)).toEqual(rig.peers.slice(1).map(() => 'hash'));
    expect(rig.peers.length).toBeLessThan(16);
    rig.add({ ...rig.honest(), address: '10.0.0.2' });
    rig.run(minuteMs);
    expect(rig.isRight).toBe(true);
  });

  it('takes memory for what has come, not for what is claimed', () => {
    const rig = new FetchRig(tenBlocks, 30 * 1024 * 1024);
    for (let i = 0; i < 200; i++) rig.add({ claimedBytes: 30 * 1024 * 1024 - i, answer: () => undefined });
    rig.run(minuteMs);
    expect(rig.mostHeldBytes).toBe(0);
  });
});
