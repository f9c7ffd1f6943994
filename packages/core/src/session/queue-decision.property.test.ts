import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideQueue, type QueueCandidate, type QueueLimits, type QueuePlace } from './queue-decision.js';

const candidate: fc.Arbitrary<QueueCandidate> = fc.record({
  isSeed: fc.boolean(),
  isManaged: fc.boolean(),
  isSlow: fc.boolean(),
});
const limits: fc.Arbitrary<QueueLimits> = fc.record({
  maxActiveDownloads: fc.nat(6),
  maxActiveSeeds: fc.nat(6),
  maxActiveTorrents: fc.nat(12),
});
const scene = fc.tuple(fc.array(candidate, { maxLength: 30 }), limits);

/** The places of candidates, in the order of those. */
function decide(candidates: readonly QueueCandidate[], of: QueueLimits): QueuePlace[] {
  const places = new Map<QueueCandidate, QueuePlace>();
  decideQueue(candidates, of, (which, place) => {
    expect(places.has(which)).toBe(false);
    places.set(which, place);
  });
  return candidates.map((which) => places.get(which) as QueuePlace);
}

function countOf(places: readonly QueuePlace[], place: QueuePlace): number {
  return places.filter((other) => other === place).length;
}

/** Holds for all scenes. */
function always(check: (candidates: readonly QueueCandidate[], of: QueueLimits) => void): void {
  fc.assert(fc.property(scene, ([candidates, of]) => check(candidates, of)));
}

describe('the queue', () => {
  it('stays within every limit, whatever is slow', () => {
    always((candidates, of) => {
      const places = decide(candidates, of);
      expect(countOf(places, 'download')).toBeLessThanOrEqual(of.maxActiveDownloads);
      expect(countOf(places, 'seed')).toBeLessThanOrEqual(of.maxActiveSeeds);
      const managed = places.filter((place, i) => place !== 'queued' && candidates[i]?.isManaged);
      const unmanaged = candidates.filter(({ isManaged }) => !isManaged).length;
      expect(managed.length).toBeLessThanOrEqual(Math.max(0, of.maxActiveTorrents - unmanaged));
    });
  });

  it('never stops what it does not manage', () => {
    always((candidates, of) => {
      const places = decide(candidates, of);
      for (const [i, { isManaged }] of candidates.entries()) if (!isManaged) expect(places[i]).toBe('extra');
    });
  });

  it('lets nobody wait while there is a place for it', () => {
    always((candidates, of) => {
      const places = decide(candidates, of);
      const active = places.filter((place) => place !== 'queued').length;
      for (const [i, { isSeed, isSlow }] of candidates.entries()) {
        if (places[i] !== 'queued' || active >= of.maxActiveTorrents) continue;
        expect(isSlow).toBe(false);
        const limit = isSeed ? of.maxActiveSeeds : of.maxActiveDownloads;
        expect(countOf(places, isSeed ? 'seed' : 'download')).toBe(limit);
      }
    });
  });

  it('prefers the earlier of a kind, and downloads to seeds', () => {
    always((candidates, of) => {
      const places = decide(candidates, of);
      for (const [i, waiting] of candidates.entries()) {
        if (places[i] !== 'queued') continue;
        for (const [j, other] of candidates.entries()) {
          const isCounted = places[j] === (waiting.isSeed ? 'seed' : 'download');
          if (j > i && other.isSeed === waiting.isSeed) expect(isCounted).toBe(false);
        }
        const isFull = places.some((place, j) => place === 'seed' && candidates[j]?.isSeed === true);
        if (!waiting.isSeed && isFull) {
          expect(countOf(places, 'download')).toBe(of.maxActiveDownloads);
        }
      }
    });
  });

  it('counts slow ones among all only, and each active one as its kind otherwise', () => {
    always((candidates, of) => {
      const places = decide(candidates, of);
      for (const [i, { isSeed, isSlow, isManaged }] of candidates.entries()) {
        const place = places[i];
        if (place === 'queued' || !isManaged) continue;
        expect(place).toBe(isSlow ? 'extra' : isSeed ? 'seed' : 'download');
      }
    });
  });
});
