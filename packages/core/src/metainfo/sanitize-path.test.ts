import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizePathElement, sanitizeTorrentName } from './sanitize-path.js';

const byteLength = (text: string): number => Buffer.byteLength(text);

/** Text rich in what the sanitiser has to deal with. */
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '.',
          '..',
          '/',
          '\\',
          ' ',
          '\0',
          '\u001b',
          '\n',
          '\u0085',
          '\u2028',
          '\u202e',
          '\u200b',
          '\u200d',
          '\ufeff',
        ],
        ...[
          '\ud800',
          '\udc00',
          '\u{e0041}',
          '\ud83d',
          '\ude00',
          'con',
          'NUL',
          'com1',
          'lpt³',
          'a',
          'é',
          '😀',
          ':',
          '?',
          '*',
          '~',
        ],
        'x'.repeat(120),
        '語'.repeat(80),
        '.tar',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

describe('sanitizePathElement', () => {
  it.each([
    'readme.txt',
    '.hidden',
    'a b',
    'a:b?',
    'x..y',
    '...',
    '문서 😀',
    'ﬁle',
    'a~1',
    '-rf',
    'console',
    'com10',
    'nulls.txt',
  ])('leaves %j as it is', (name) => {
    expect(sanitizePathElement(name, false)).toBe(name);
  });

  it.each([
    ['', ''],
    ['.', ''],
    ['..', ''],
    ['.\u200b.', ''],
    ['\u202e', ''],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['..\\..\\x', '.._.._x'],
    ['/', '_'],
    ['C:\\x', 'C:_x'],
    ['a\0b', 'a_b'],
    ['a\u001b[31mb\n', 'a_[31mb_'],
    ['a\u0085b\u2028c\u2029', 'a_b_c_'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['\ufeffa\u200bb\u200d\u2066c\u00ad', 'abc'],
    ['\u3164', ''],
    ['a\ud800b', 'a_b'],
    ['con', '_con'],
    ['CON.txt', '_CON.txt'],
    ['aux .c', '_aux .c'],
    ['nul.tar.gz', '_nul.tar.gz'],
    ['COM1', '_COM1'],
    ['lpt²', '_lpt²'],
    ['conin$', '_conin$'],
    ['c\u200bon', '_con'],
  ])('makes %j %j', (element, sanitized) => {
    expect(sanitizePathElement(element, false)).toBe(sanitized);
  });

  it.each([
    ['a:b?<c>"d|e*', 'a_b__c__d_e_'],
    ['trailing. . ', 'trailing'],
    ['...', ''],
    ['file::$DATA', 'file__$DATA'],
    ['con. ', '_con'],
  ])('on Windows makes %j %j', (element, sanitized) => {
    expect(sanitizePathElement(element, true)).toBe(sanitized);
  });

  it('keeps 255 bytes and of longer names a short extension', () => {
    expect(sanitizePathElement('a'.repeat(255), false)).toBe('a'.repeat(255));
    expect(sanitizePathElement('a'.repeat(256), false)).toBe('a'.repeat(255));
    expect(sanitizePathElement(`${'a'.repeat(300)}.mkv`, false)).toBe(`${'a'.repeat(251)}.mkv`);
    expect(sanitizePathElement(`${'語'.repeat(200)}.mkv`, false)).toBe(`${'語'.repeat(83)}.mkv`);
    expect(sanitizePathElement(`${'😀'.repeat(200)}`, false)).toBe('😀'.repeat(63));
    const longEnding = `${'a'.repeat(200)}.${'b'.repeat(100)}`;
    expect(sanitizePathElement(longEnding, false)).toBe(longEnding.slice(0, 255));
    expect(sanitizePathElement(`.${'a'.repeat(300)}`, false)).toBe(`.${'a'.repeat(254)}`);
  });

  it('gives only names that are safe, and the same again when applied twice', () => {
    fc.assert(
      fc.property(hostileText, fc.boolean(), (text, isWindows) => {
        const name = sanitizePathElement(text, isWindows);
        expect(['.', '..']).not.toContain(name);
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(byteLength(name)).toBeLessThanOrEqual(255);
        expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
        if (isWindows) expect(name).not.toMatch(/[<>:"|?*]|[. ]$/);
        expect(sanitizePathElement(name, isWindows)).toBe(name);
      }),
      { numRuns: 5_000 },
    );
  }, 60_000);

  it('takes megabytes of anything in linear time', () => {
    for (const text of ['. ', '. x', '\u200b', '😀', '/']) {
      expect(byteLength(sanitizePathElement(text.repeat(1_000_000), true))).toBeLessThanOrEqual(255);
    }
  }, 60_000);
});

describe('sanitizeTorrentName', () => {
  it.each(['.peerloom', '.PEERLOOM', '.peer\u200bloom', 'PEERLO~1', 'PE12AF~1'])(
    'does not let %j be the folder of the engine',
    (name) => {
      expect(sanitizeTorrentName(name, false)).toBe(`_${sanitizePathElement(name, false)}`);
    },
  );

  it.each(['peerloom', '.peerloom2', 'x.peerloom', 'peerlo~'])('leaves %j as it is', (name) => {
    expect(sanitizeTorrentName(name, false)).toBe(name);
  });
});
