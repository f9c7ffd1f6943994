import { expect, test } from 'vitest';
import { clipLine, displayWidth, fitText } from './display-width.js';

test('wide characters take two columns, combining ones and styles none', () => {
  expect(['abc', 'é', 'e\u0301', '日本', '한글', '🎬', '\x1b[1mab\x1b[22m', '━─…'].map(displayWidth)).toEqual(
    [...[3, 1, 1, 4, 4, 2, 2, 3]],
  );
});

test('text is filled up or cut to exactly the width', () => {
  expect(fitText('abc', 5)).toBe('abc  ');
  expect(fitText('abcdef', 5)).toBe('abcd…');
  expect(fitText('日本語', 4)).toBe('日… ');
});

test('a line is cut with its styles ended', () => {
  expect(clipLine('\x1b[36mabc\x1b[39mdef', 9)).toBe('\x1b[36mabc\x1b[39mdef');
  expect(clipLine('\x1b[36mabc\x1b[39mdef', 4)).toBe('\x1b[36mabc\x1b[39m…\x1b[0m');
  expect(clipLine('a日本', 2)).toBe('a…\x1b[0m');
});
