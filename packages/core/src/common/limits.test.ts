import { describe, expect, it } from 'vitest';
import { limits, limitsTable } from './limits.js';

describe('the table of limits', () => {
  it('gives the code the values that it shows', () => {
    for (const [name, { value }] of Object.entries(limitsTable)) expect(limits).toHaveProperty(name, value);
    expect(Object.keys(limits)).toHaveLength(Object.keys(limitsTable).length);
    expect(Object.isFrozen(limits)).toBe(true);
  });

  it('says of each in one line what is limited and what happens past it', () => {
    for (const { value, unit, doc } of Object.values(limitsTable)) {
      expect(Number.isSafeInteger(value) && value > 0).toBe(true);
      expect(unit).toMatch(/^[a-zA-Z ]+$/);
      expect(doc).toMatch(/^[A-Z][^\n]+\.$/);
    }
  });
});
