import { expect, test } from 'vitest';
import { displayWidth } from './display-width.js';
import { makeStyle } from './style.js';
import { SwarmView } from './swarm-view.js';

const MiB = 1024 * 1024;
const node = { pieces: undefined, totalBytes: 64 * MiB, downloadedBytes: 0, peerCount: 4, traffic: [] };
const progress = {
  elapsedMs: 1_700,
  nodes: [
    {
      ...node,
      name: 'seed',
      role: 'seed',
      haveBytes: 64 * MiB,
      uploadedBytes: 87 * MiB,
      downloadRate: 0,
      uploadRate: 66 * MiB,
    },
    {
      ...node,
      name: 'leech-1',
      role: 'leech',
      haveBytes: 48 * MiB,
      uploadedBytes: 1023 * MiB,
      downloadRate: 1023 * MiB,
      uploadRate: 999,
    },
  ],
} as const;

test('a line a session tells what it has, gets, gives and has given, within 79 columns', () => {
  const view = new SwarmView({ style: makeStyle(false), isUnicode: false }, () => progress);
  const lines = view.lines(79);
  expect(lines).toEqual([
    '         1.7s                     has        gets       gives     given',
    'seed     ####################    100%              66.0 MiB/s  87.0 MiB',
    'leech-1  ###############-----   75.0%  1023 MiB/s     999 B/s  1023 MiB',
  ]);
  for (const line of lines) expect(displayWidth(line)).toBeLessThan(80);
  expect(view.plainLine()).toBe('1.7s: leech-1 75.0%');
});

test('on a narrow terminal the bar is shorter, and what does not fit is left out from the right', () => {
  const view = new SwarmView({ style: makeStyle(false), isUnicode: false }, () => progress);
  expect(view.lines(49)).toEqual([
    '         1.7s                     has        gets',
    'seed     ####################    100%            ',
    'leech-1  ###############-----   75.0%  1023 MiB/s',
  ]);
  expect(view.lines(30)).toEqual([
    '         1.7s              has',
    'seed     #############    100%',
    'leech-1  #########----   75.0%',
  ]);
});

test('colours are for those who have them', () => {
  const view = new SwarmView({ style: makeStyle(true), isUnicode: true }, () => progress);
  expect(view.lines(79)[1]).toContain('\x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[39m');
});

test('before anything was reported there is nothing to show', () => {
  const view = new SwarmView({ style: makeStyle(false), isUnicode: false }, () => undefined);
  expect([view.lines(79), view.plainLine()]).toEqual([[], undefined]);
});

test('a session that knows no metadata has nothing, not all', () => {
  const [, leech] = progress.nodes;
  const nodes = [{ ...leech, haveBytes: 0, totalBytes: 0 }];
  const view = new SwarmView({ style: makeStyle(false), isUnicode: false }, () => ({ ...progress, nodes }));
  expect(view.lines(79)[1]).toContain(`${'-'.repeat(20)}    0.0%`);
  expect(view.plainLine()).toBe('1.7s: leech-1 0.0%');
});
