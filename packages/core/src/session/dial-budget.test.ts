import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../settings/settings-table.js';
import { DialBudget } from './dial-budget.js';

const settings = { ...defaultSettings, connectionSpeed: 10, maxHalfOpen: 4 };

/** How many dials are allowed at that time. */
function takeAll(budget: DialBudget, nowMs: number): number {
  let taken = 0;
  while (taken < 1_000 && budget.take(nowMs)) taken++;
  return taken;
}

describe('dials', () => {
  it('are so many a second', () => {
    const budget = new DialBudget(settings);
    expect(takeAll(budget, 0)).toBe(10);
    expect(takeAll(budget, 99)).toBe(0);
    expect(takeAll(budget, 100)).toBe(1);
    expect(takeAll(budget, 600)).toBe(5);
  });

  it('are not saved up', () => {
    const budget = new DialBudget(settings);
    takeAll(budget, 0);
    expect(takeAll(budget, 3_600_000)).toBe(10);
  });

  it('wait while so many are half open', () => {
    const budget = new DialBudget(settings);
    for (let id = 1; id <= 4; id++) {
      expect(budget.take(0)).toBe(true);
      budget.started(id);
    }
    expect(budget.take(0)).toBe(false);
    budget.settled(9);
    expect(budget.take(0)).toBe(false);
    budget.settled(2);
    budget.settled(2);
    expect(budget.take(0)).toBe(true);
    budget.started(5);
    expect(budget.take(0)).toBe(false);
  });
});
