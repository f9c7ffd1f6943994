import { expect, test } from 'vitest';
import { displayWidth } from './display-width.js';
import { makeStyle } from './style.js';
import { type TorrentProgress, type TransferProgress, TransferView } from './transfer-view.js';

const MiB = 1024 * 1024;
const plain = { style: makeStyle(false), isUnicode: false, rows: 24 };

const half: TorrentProgress = {
  ...{
    name: 'debian.iso',
    state: 'downloading',
    isQueued: false,
    isFailed: false,
    haveBytes: 50 * MiB,
    totalBytes: 100 * MiB,
    checkedBytes: 0,
  },
};

function progress(fields: Partial<TransferProgress> = {}): TransferProgress {
  return {
    torrents: [half],
    ...{ downloadRate: 2 * MiB, uploadRate: 0, uploadedBytes: 0, peerCount: 3, trouble: undefined },
    ...{ seedCount: 0, piecesHave: 50, pieceCount: 100, banCount: 0, downloadLimit: 0, uploadLimit: 0 },
    ...fields,
  };
}

function lines(width: number, fields?: Partial<TransferProgress>, output = plain): readonly string[] {
  return new TransferView(output, () => progress(fields)).lines(width);
}

test('a download has its name, a bar, its share, rates, peers and the time left', () => {
  expect(lines(79)).toEqual([
    'debian.iso                        #############-------------   50.0% of 100 MiB',
    'down 2.0 MiB/s   up 0 B/s   3 peers   25s left   50/100 pieces',
  ]);
});

test.for([
  [
    120,
    'down 2.0 MiB/s   up 0 B/s   3 peers (2 seeds)   25s left   1 banned   50/100 pieces   limit 2.0 MiB/s down, 1.0 MiB/s up',
  ],
  [85, 'down 2.0 MiB/s   up 0 B/s   3 peers (2 seeds)   25s left   1 banned   50/100 pieces'],
  [60, 'down 2.0 MiB/s   up 0 B/s   3 peers (2 seeds)   25s left'],
  [12, 'down 2.0 Mi…'],
] as const)('in %d columns, whole parts are shown, what matters most first', ([width, status]) => {
  const fields = { downloadLimit: 2 * MiB, uploadLimit: MiB, seedCount: 2, banCount: 1 };
  expect(lines(width, fields)[1]).toBe(status);
});

test.for([39, 59, 79, 120])('lines for %d columns fit, whatever the name', (width) => {
  const torrents = [
    { ...half, name: '日本語の名前'.repeat(20) },
    { ...half, name: '\x1b[31m\u202e' },
  ];
  for (const line of lines(width, { torrents })) {
    expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(line).not.toMatch(/\p{Cc}|\p{Cf}/u);
  }
});

test('while it checks, what is checked is shown', () => {
  const checking: TorrentProgress = { ...half, state: 'checkingFiles', haveBytes: 0, checkedBytes: 25 * MiB };
  expect(lines(79, { torrents: [checking] })[0]).toMatch(/ ######-+ +25\.0 MiB checked$/);
});

test('one that waits, and one that was given up, say so, and what is missing of that is left out', () => {
  const torrents = [
    { ...half, isQueued: true },
    { ...half, isFailed: true },
  ];
  const [queued, failed, status] = lines(79, { torrents });
  expect(queued).toMatch(/ 50\.0%, queued$/);
  expect(failed).toMatch(/ failed$/);
  expect(status).toMatch(/ 25s left {3}50\/100 pieces$/);
});

test('a seed shows what it has sent', () => {
  const seeding: TorrentProgress = { ...half, state: 'seeding', haveBytes: half.totalBytes };
  const seed = progress({ torrents: [seeding], uploadRate: MiB, uploadedBytes: 7 * MiB, peerCount: 1 });
  const view = new TransferView(plain, () => seed);
  expect(view.lines(79)[1]).toBe('up 1.0 MiB/s   7.0 MiB sent   1 peer');
  expect(view.plainLine()).toBe('debian.iso: seeding, 1.0 MiB/s up, 7.0 MiB sent, 1 peer');
});

test('without a peer, the last trouble is told', () => {
  const trouble = '192.0.2.1:1: refused';
  expect(lines(79, { peerCount: 0, downloadRate: 0, trouble })[1]).toBe(
    `down 0 B/s   up 0 B/s   0 peers   ${trouble}`,
  );
  expect(new TransferView(plain, () => progress({ peerCount: 0, trouble })).plainLine()).toContain(
    `(${trouble})`,
  );
});

test('more torrents than rows are counted', () => {
  const shown = lines(79, { torrents: Array.from({ length: 30 }, () => half) }, { ...plain, rows: 10 });
  expect(shown).toHaveLength(8);
  expect(shown.at(-2)).toBe('  and 24 more');
});

test('elsewhere it is one line', () => {
  expect(new TransferView(plain, () => progress()).plainLine()).toBe(
    'debian.iso: 50.0% of 100 MiB, 50/100 pieces, 2.0 MiB/s down, 0 B/s up, 3 peers, 25s left',
  );
});
