import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PeerPool, type Pooled } from './peer-pool.js';

it('holds what was added and not removed, whatever was picked meanwhile', () => {
  const places = fc.nat({ max: 20 });
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('add' as const) }),
      fc.record({ do: fc.constant('remove' as const), nth: places }),
      fc.record({ do: fc.constant('pick' as const), nth: places }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const pool = new PeerPool<Pooled>(false);
      const held: Pooled[] = [];
      for (const step of list) {
        if (step.do === 'add') {
          const peer = { index: -1 };
          pool.add(peer);
          held.push(peer);
        } else if (held.length > 0) {
          const nth = step.nth % held.length;
          if (step.do === 'pick') expect(held).toContain(pool.pick(0, nth));
          else for (const peer of held.splice(nth, 1)) pool.remove(peer);
        }
      }
      expect(pool.size).toBe(held.length);
      const all = held.map((_, from) => pool.pick(from, 0));
      expect(new Set(all)).toEqual(new Set(held));
      expect(held.every((peer) => all[peer.index] === peer)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
