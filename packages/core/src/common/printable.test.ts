import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from './printable.js';

describe('printable', () => {
  it('leaves plain text of any script alone', () => {
    expect(printable('Ünïcode файл 文件 😀 a/b')).toBe('Ünïcode файл 文件 😀 a/b');
  });

  it('writes terminal escapes, line ends, bidi controls and lone surrogates as code points', () => {
    expect(printable('a\u001b[31m')).toBe('a\\u{1b}[31m');
    expect(printable('a\r\nb\u2028c')).toBe('a\\u{d}\\u{a}b\\u{2028}c');
    expect(printable('\u202egpj.exe\u200b')).toBe('\\u{202e}gpj.exe\\u{200b}');
    expect(printable('\ud800')).toBe('\\u{d800}');
  });

  it('cuts long text, also in the middle of a character', () => {
    expect(printable('x'.repeat(80))).toBe('x'.repeat(80));
    expect(printable('x'.repeat(81))).toBe(`${'x'.repeat(80)}…`);
    expect(printable('😀', 1)).toBe('\\u{d83d}…');
  });

  it('never lets a control or format character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
