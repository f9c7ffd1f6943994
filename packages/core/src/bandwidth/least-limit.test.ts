import { describe, expect, it } from 'vitest';
import { LeastLimit } from './least-limit.js';

describe('LeastLimit', () => {
  it('is the least of what anybody says, whoever spoke last', () => {
    const limit = new LeastLimit();
    const [one, other] = [{}, {}];
    expect(limit.least).toBe(0);
    limit.set(300);
    limit.set(100, one);
    limit.set(200, other);
    expect(limit.least).toBe(100);
    limit.set(0, one);
    expect(limit.least).toBe(200);
    limit.set(50);
    expect(limit.least).toBe(50);
    limit.set(0);
    expect(limit.least).toBe(200);
    limit.set(0, other);
    expect(limit.least).toBe(0);
  });

  it('lets one who says nothing lift no limit of others', () => {
    const limit = new LeastLimit();
    limit.set(0, {});
    expect(limit.least).toBe(0);
    limit.set(70);
    limit.set(0, {});
    expect(limit.least).toBe(70);
  });
});
