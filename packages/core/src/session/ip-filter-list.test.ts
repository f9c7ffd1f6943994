import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIpFilterList } from './ip-filter-list.js';

/** The ends of a range and what is just outside of them, as the filter of a list has them. */
function ends(list: string, ...addresses: readonly string[]): boolean[] {
  const { filter, badLineCount } = parseIpFilterList(list);
  expect(badLineCount).toBe(0);
  return addresses.map((address) => filter.blocks(address));
}

const around = ['1.2.3.3', '1.2.3.4', '1.2.3.9', '1.2.3.10'] as const;
const onlyInside = [false, true, true, false];

describe('a list of addresses', () => {
  it.each([
    '1.2.3.4-1.2.3.9',
    '  1.2.3.4 - 1.2.3.9\t',
    'Some Company:1.2.3.4-1.2.3.9',
    'a-b: c, 12:34 - "x" : 001.002.003.004 - 001.002.003.009',
    '001.002.003.004 - 001.002.003.009 , 000 , Some, Company: here',
    '1.2.3.4-1.2.3.9,127',
    '# comment\r\n\r\n// another\r\n1.2.3.4-1.2.3.9\r\n',
    '\uFEFF1.2.3.4-1.2.3.9',
  ])('may be written %j', (list) => {
    expect(ends(list, ...around)).toEqual(onlyInside);
  });

  it('may have prefixes, single addresses and IPv6', () => {
    const list = '10.0.0.0/8\n1.1.1.1\n2001:db8::/32\nfe80::1 - fe80::f , 5 , name\n';
    expect(ends(list, '10.9.9.9', '1.1.1.1', '2001:db8:1::', 'fe80::f', 'fe80::10')).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('lets in what has an access level of 128 or more', () => {
    expect(ends('1.2.3.4 - 1.2.3.9 , 128 , friends\n', ...around)).toEqual([false, false, false, false]);
  });

  it('is read past its bad lines, which are told with their numbers', () => {
    const list = ['1.1.1.1', 'nonsense', '', '2.2.2.9-2.2.2.1', '3.3.3.3\x1b[2J', '4.4.4.4'].join('\n');
    const { filter, lineCount, badLines, badLineCount } = parseIpFilterList(list);
    expect(lineCount).toBe(2);
    expect(badLines).toEqual([
      { line: 2, text: 'nonsense' },
      { line: 4, text: '2.2.2.9-2.2.2.1' },
      { line: 5, text: '3.3.3.3\\u{1b}[2J' },
    ]);
    expect(badLineCount).toBe(3);
    expect(filter.blocks('4.4.4.4')).toBe(true);
  });

  it('tells a hundred bad lines, and counts the rest', () => {
    const { badLines, badLineCount } = parseIpFilterList('bad\n'.repeat(250));
    expect(badLineCount).toBe(250);
    expect(badLines).toHaveLength(100);
    expect(badLines.at(-1)?.line).toBe(100);
  });

  it('has lines of 2 048 characters at most', () => {
    const range = ':1.2.3.4-1.2.3.9';
    const fits = 'x'.repeat(2_048 - range.length) + range;
    expect(parseIpFilterList(fits)).toMatchObject({ lineCount: 1, badLineCount: 0 });
    const { lineCount, badLines } = parseIpFilterList(`y${fits}`);
    expect(lineCount).toBe(0);
    expect(badLines[0]?.text.length).toBeLessThanOrEqual(101);
  });

  it('of any text is read without a throw, and every line is a range, bad, or nothing', () => {
    const line = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f.:/, -]{0,40}$/));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const { lineCount, badLineCount, filter } = parseIpFilterList(lines.join('\n'));
        const count = lines.join('\n').split('\n').length;
        expect(lineCount + badLineCount).toBeLessThanOrEqual(count);
        expect(filter.rangeCount).toBeLessThanOrEqual(lineCount);
      }),
    );
  });
});
