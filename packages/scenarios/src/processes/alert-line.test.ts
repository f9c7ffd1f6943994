import { expect, test } from 'vitest';
import { parseCommandLine } from './alert-line.js';

test.each([
  'null',
  '1',
  '"text"',
  '[]',
  '{}',
  '{"type":1}',
  'no JSON',
  '{"type":"peerReady","endpoint":"nowhere"}',
  '{"type":"torrentChecked","infoHash":"short"}',
])('%s is no alert, and no reason to throw', (line) => {
  expect(parseCommandLine(line)).toEqual({ type: 'other' });
});
