import { SeededRandom } from '@peerloom/core';
import { endpoint, formatEndpoint } from '@peerloom/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PexContact } from './compact-contacts.js';
import { endpointsOf, ToldContacts } from './told-contacts.js';

const random = new SeededRandom('told');

/** Contacts of these numbers, every third one of IPv6. */
function contacts(numbers: Iterable<number>): Map<string, PexContact> {
  const list = [...numbers].map((n) => {
    const address = n % 3 === 0 ? `2001:db8::${n.toString(16)}` : `192.0.${n >> 8}.${n & 255}`;
    return { endpoint: endpoint(address, 6881), flags: {} };
  });
  return new Map(list.map((contact) => [formatEndpoint(contact.endpoint), contact]));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Tells what is next, as if it was sent. */
function tell(
  told: ToldContacts,
  now: ReadonlyMap<string, PexContact>,
): { added: string[]; dropped: string[] } {
  const difference = told.difference(now);
  told.sent(difference);
  return { added: [...difference.added.keys()], dropped: [...difference.dropped] };
}

describe('ToldContacts', () => {
  it('tells 100 at first and 50 later, both families together, and the rest in turn', () => {
    const told = new ToldContacts(random);
    const now = contacts(range(0, 170));
    const messages = [1, 2, 3, 4].map(() => tell(told, now));
    expect(messages.map(({ added }) => added.length)).toEqual([100, 50, 20, 0]);
    expect(messages.flatMap(({ dropped }) => dropped)).toEqual([]);
    expect(messages.flatMap(({ added }) => added).sort()).toEqual([...now.keys()].sort());
  });

  it('says 50 times at most that somebody is gone, and the others later', () => {
    const told = new ToldContacts(random);
    tell(told, contacts(range(0, 90)));
    const messages = [1, 2, 3].map(() => tell(told, contacts([])));
    expect(messages.map(({ dropped }) => dropped.length)).toEqual([50, 40, 0]);
  });

  it('says nothing of who came and went, or went and came, in between', () => {
    const told = new ToldContacts(random);
    tell(told, contacts([1, 2]));
    told.difference(contacts([1, 2, 3]));
    told.difference(contacts([1]));
    expect(tell(told, contacts([1, 2]))).toEqual({ added: [], dropped: [] });
  });

  it('gives a peer no more than it can make use of, and others once some have gone', () => {
    const told = new ToldContacts(random);
    const now = contacts(range(0, 600));
    const added = range(0, 12).flatMap(() => tell(told, now).added);
    expect(added).toHaveLength(400);
    const left = contacts(range(30, 600));
    const { added: more, dropped } = tell(told, left);
    expect(dropped).toEqual(added.filter((key) => !left.has(key)));
    expect(more).toHaveLength(dropped.length);
  });

  it('never adds twice, never drops what it has not added, never both at once (any history)', () => {
    const step = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 300 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const told = new ToldContacts(random);
        const known = new Set<string>();
        let limit = 100;
        for (const numbers of [
          ...steps,
          ...steps.slice(-1).flatMap((last) => range(0, 20).map(() => last)),
        ]) {
          const now = contacts(numbers);
          const { added, dropped } = tell(told, now);
          expect(added.length).toBeLessThanOrEqual(limit);
          expect(dropped.length).toBeLessThanOrEqual(50);
          limit = 50;
          for (const key of dropped) expect(known.delete(key)).toBe(true);
          for (const key of added) {
            expect(known.has(key)).toBe(false);
            expect(dropped).not.toContain(key);
            known.add(key);
          }
        }
        expect([...known].sort()).toEqual([...contacts(steps.at(-1) ?? []).keys()].sort());
      }),
      { numRuns: 50 },
    );
  });

  it('gives endpoints back', () => {
    const now = contacts(range(0, 6));
    expect(endpointsOf([...now.keys()])).toEqual([...now.values()].map((contact) => contact.endpoint));
  });
});
