import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniquePaths } from './unique-paths.js';

const byteLength = (text: string): number => Buffer.byteLength(text);

/** All steps at once. */
function uniqueOf(
  paths: readonly (readonly string[])[],
  ignored?: readonly boolean[],
): (readonly string[])[] {
  const steps = uniquePaths(paths, ignored);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe('uniquePaths', () => {
  const unique = (...paths: string[]): string[] =>
    uniqueOf(paths.map((path) => path.split('/'))).map((path) => path.join('/'));

  it.each([
    [
      ['t/a', 't/b/a', 't/b/c'],
      ['t/a', 't/b/a', 't/b/c'],
    ],
    [
      ['t/a.txt', 't/a.txt', 't/a.txt'],
      ['t/a.txt', 't/a.1.txt', 't/a.2.txt'],
    ],
    [
      ['t/a', 't/a'],
      ['t/a', 't/a.1'],
    ],
    [
      ['t/.a', 't/.a'],
      ['t/.a', 't/.a.1'],
    ],
    [
      ['t/README', 't/readme'],
      ['t/README', 't/readme.1'],
    ],
    [
      ['t/D/x', 't/d/X'],
      ['t/D/x', 't/d/X.1'],
    ],
    [
      ['t/\u00e9', 't/e\u0301'],
      ['t/\u00e9', 't/e\u0301.1'],
    ],
    [
      ['t/stra\u00dfe', 't/STRASSE'],
      ['t/stra\u00dfe', 't/STRASSE.1'],
    ],
    [
      ['t/a', 't/a/b'],
      ['t/a.1', 't/a/b'],
    ],
    [
      ['t/a/b', 't/A'],
      ['t/a/b', 't/A.1'],
    ],
    [
      ['t/a/b/c', 't/a/b', 't/a'],
      ['t/a/b/c', 't/a/b.1', 't/a.1'],
    ],
    [
      ['t/a', 't/a', 't/a.1'],
      ['t/a', 't/a.1', 't/a.1.1'],
    ],
    [
      ['t/a.1', 't/a', 't/a'],
      ['t/a.1', 't/a', 't/a.2'],
    ],
    [
      ['t/a', 't/a', 't/a.1/x'],
      ['t/a', 't/a.2', 't/a.1/x'],
    ],
  ])('makes %j %j', (paths, expected) => {
    expect(unique(...paths)).toEqual(expected);
  });

  it('keeps the cap of 255 bytes and the extension', () => {
    const long = `${'a'.repeat(251)}.mkv`;
    const [first, second] = unique(long, long);
    expect(first).toBe(long);
    expect(second).toMatch(/^a+\.1\.mkv$/);
    expect(byteLength(second ?? '')).toBeLessThanOrEqual(255);
  });

  it('lets all paths exist side by side, whatever they are', () => {
    const element = fc.constantFrom(
      'a',
      'A',
      'b',
      'a.1',
      'a.2',
      'a.1.1',
      '\u00e9',
      'e\u0301',
      'x.txt',
      'X.TXT',
      'x.1.txt',
    );
    const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 30 });
    fc.assert(
      fc.property(paths, (given) => {
        const result = uniqueOf(given).map((path) =>
          path.map((name) => name.toUpperCase().toLowerCase().normalize('NFC')).join('/'),
        );
        expect(new Set(result).size).toBe(given.length);
        const folders = new Set(
          result.flatMap((path) => path.split('/').map((_, i, all) => all.slice(0, i).join('/'))),
        );
        expect(result.filter((path) => folders.has(path))).toEqual([]);
        for (const [i, path] of uniqueOf(given).entries()) {
          expect(path.slice(0, -1)).toEqual(given[i]?.slice(0, -1));
        }
      }),
      { numRuns: 2_000 },
    );
  }, 60_000);

  it('deals with a hundred thousand equal names without comparing all with all', () => {
    const many = Array.from({ length: 100_000 }, () => ['t', 'same.bin']);
    expect(new Set(uniqueOf(many).map((path) => path.join('/'))).size).toBe(100_000);
    // Different names whose numbered forms are cut to the same beginning.
    const stem = 'a'.repeat(248);
    const cut = Array.from({ length: 50_000 }, (_, i) => ['t', `${stem}${Math.floor(i / 2) % 10_000}`]);
    expect(new Set(uniqueOf(cut).map((path) => path.join('/'))).size).toBe(50_000);
  }, 60_000);

  it('goes in steps whose number is that of the paths, however many are the same', () => {
    for (const paths of [[['t', 'a']], Array.from({ length: 500 }, () => ['t', 'a'])]) {
      expect([...uniquePaths(paths)]).toHaveLength(2 * paths.length);
    }
  });

  it('leaves alone what is ignored, and gives its name to others', () => {
    const paths = [
      ['t', 'a'],
      ['t', 'a'],
      ['t', 'a'],
    ];
    expect(uniqueOf(paths, [true, false, true])).toEqual(paths);
  });
});
