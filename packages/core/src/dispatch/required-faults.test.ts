import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.fake.js';
import { RequiredFaults } from './required-faults.js';

describe('faults of required plugins', () => {
  it('are too many at the fourth within a minute', () => {
    const faults = new RequiredFaults(new ManualClock());
    expect([1, 2, 3, 4].map(() => faults.isTooMany())).toEqual([false, false, false, true]);
  });

  it('are forgotten after a minute', () => {
    const clock = new ManualClock();
    const faults = new RequiredFaults(clock);
    const answers: boolean[] = [];
    for (let i = 0; i < 12; i++) {
      answers.push(faults.isTooMany());
      clock.advance(20_000);
    }
    expect(answers).not.toContain(true);
    const dense = new RequiredFaults(clock);
    for (let i = 0; i < 3; i++) {
      expect(dense.isTooMany()).toBe(false);
      clock.advance(19_999);
    }
    expect(dense.isTooMany()).toBe(true);
  });
});
