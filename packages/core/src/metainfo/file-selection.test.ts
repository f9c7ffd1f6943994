import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFileSelection, parseFileSelection } from './file-selection.js';

describe('file selections (BEP 53)', () => {
  it('are read with ranges that include both ends, in any order, each index once', () => {
    expect(parseFileSelection('0,2,4,6-8')).toEqual([0, 2, 4, 6, 7, 8]);
    expect(parseFileSelection('10-12,11,3')).toEqual([3, 10, 11, 12]);
    expect(parseFileSelection('5-5')).toEqual([5]);
  });

  it.each([
    '',
    ',',
    '1,',
    '-1',
    '1-',
    '2-1',
    '1-2-3',
    'a',
    '1.5',
    ' 1',
    '0x1',
    '1000000',
    '0-1000000',
    '\u001b',
  ])('are refused where they are %j, in a message that is safe to print', (text) => {
    expect(() => parseFileSelection(text)).toThrow(
      expect.objectContaining({
        code: 'MAGNET_FILE_SELECTION',
        message: expect.not.stringMatching(/\p{Cc}/u),
      }),
    );
  });

  it('may name a million indices, once, and not one more', () => {
    expect(parseFileSelection('0-999999')).toHaveLength(1_000_000);
    expect(() => parseFileSelection('0-999999,7')).toThrow(
      expect.objectContaining({ code: 'MAGNET_FILE_SELECTION' }),
    );
  });

  it('are written in the shortest form and read back', () => {
    expect(formatFileSelection([0, 2, 3, 5, 6, 7])).toBe('0,2-3,5-7');
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 50 }), { minLength: 1 }), (indices) => {
        const sorted = [...indices].sort((a, b) => a - b);
        expect(parseFileSelection(formatFileSelection(sorted))).toEqual(sorted);
      }),
    );
  });
});
