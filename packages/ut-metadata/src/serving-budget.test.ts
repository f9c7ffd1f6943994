import { describe, expect, it } from 'vitest';
import { ServingBudget } from './serving-budget.js';

const blockCount = 10;

function rig() {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const budget = new ServingBudget(clock);
  /** What a new connection of an address gets when it asks without end. */
  const visit = (address: string): number => {
    const spend = budget.connection();
    let served = 0;
    while (spend(address, blockCount)) served++;
    return served;
  };
  return { clock, visit };
}

describe('ServingBudget', () => {
  it('gives a connection twice the whole, and an address sixteen times', () => {
    const { visit } = rig();
    const visits = Array.from({ length: 10 }, () => visit('10.0.0.1'));
    expect(visits).toEqual([20, 20, 20, 20, 20, 20, 20, 20, 0, 0]);
    expect(visit('10.0.0.2')).toBe(20);
  });

  it('gives an address the whole once more in 75 s, up to sixteen times', () => {
    const { clock, visit } = rig();
    for (let i = 0; i < 8; i++) visit('10.0.0.1');
    clock.nowMs += 75_000;
    expect(visit('10.0.0.1')).toBe(10);
    clock.nowMs += 10 * 16 * 75_000;
    expect(Array.from({ length: 9 }, () => visit('10.0.0.1')).reduce((a, b) => a + b)).toBe(160);
  });

  it('remembers 1 024 addresses, those that had something last', () => {
    const { visit } = rig();
    for (const address of ['first', 'second']) for (let i = 0; i < 8; i++) visit(address);
    for (let i = 0; i < 1023; i++) visit(`${i}`);
    expect(visit('first')).toBe(20);
    const { visit: again } = rig();
    for (let i = 0; i < 8; i++) again('first');
    for (let i = 0; i < 1023; i++) again(`${i}`);
    expect(again('first')).toBe(0);
  });
});
