import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTorrent, parseMetainfo } from '@peerloom/core';
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { type Arena, test } from './arena/arena.js';
import type { Peerloom } from './arena/peerloom.js';
import { makeTone } from './arena/tone.js';
import type { WatchedStream } from './arena/watched-stream.js';
import { withDeadline } from './engines/deadline.js';

const name = 'tone.wav';
const durationSeconds = 360;
/** Six times as fast as it is played; all of it takes a minute. */
const uploadLimitBytesPerSecond = 512 * 1024;
const jumpShare = 0.75;

/** A tone that a seed sends slowly to a leech, which serves it over HTTP. */
interface ToneSwarm {
  readonly seed: Peerloom;
  readonly leech: Peerloom;
  readonly stream: WatchedStream;
  readonly totalBytes: number;
  readonly sha1: string;
}

async function startSwarm(arena: Arena): Promise<ToneSwarm> {
  const folder = arena.folder();
  await mkdir(folder);
  const tone = makeTone(durationSeconds);
  await writeFile(join(folder, name), tone);
  const metainfo = parseMetainfo(await createTorrent(join(folder, name), { pieceLength: 64 * 1024 }));
  const seed = arena.peerloom({ folder, settings: { uploadLimitBytesPerSecond } });
  await seed.add(metainfo);
  const leech = arena.peerloom();
  await leech.add(metainfo);
  const stream = await arena.stream(leech.torrent);
  leech.connect(await seed.session.listen('127.0.0.1:0'));
  return { seed, leech, stream, totalBytes: tone.length, sha1: sha1Of(tone) };
}

function sha1Of(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Resolves once it plays, and is past a time in seconds. Rejects where it can't be played. */
function playsPast(media: Locator, seconds: number): Promise<void> {
  const playing = media.evaluate(
    (element, past) =>
      new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (element.error) reject(new Error(element.error.message));
          else if (!element.seeking && !element.paused && element.currentTime > past) resolve();
        };
        element.addEventListener('timeupdate', look);
        element.addEventListener('error', look);
        look();
      }),
    seconds,
  );
  return withDeadline(playing, `the browser to play past ${seconds} s`);
}

/** How much is missing of the first pieces, as a share of them. */
function missingShare({ torrent }: Peerloom, shareOfPieces = 1): number {
  const pieces = torrent.pieces();
  const count = Math.floor(torrent.stats.pieceCount * shareOfPieces);
  let missing = 0;
  for (let piece = 0; piece < count; piece++) if (!pieces?.has(piece)) missing++;
  return missing / count;
}

test('Chromium plays a file while it is downloaded, and jumps to what is not there yet', async ({
  arena,
}) => {
  const browser = await arena.browser();
  const { seed, leech, stream, totalBytes, sha1 } = await startSwarm(arena);
  const site = await arena.webPage(`<!doctype html><audio controls autoplay src="${stream.url}"></audio>`);
  const { page, complaints } = await browser.open(site.url);
  const audio = page.locator('audio');

  await playsPast(audio, 0.5);
  expect(missingShare(leech)).toBeGreaterThan(0.5);
  expect(await audio.evaluate(({ duration }) => duration)).toBe(durationSeconds);

  const jumpSeconds = durationSeconds * jumpShare;
  await audio.evaluate((element, seconds) => {
    element.currentTime = seconds;
  }, jumpSeconds);
  await playsPast(audio, jumpSeconds + 0.5);
  expect(missingShare(leech, jumpShare)).toBeGreaterThan(0.5);

  seed.session.applySettings({ uploadLimitBytesPerSecond: 0 });
  await leech.finished();
  expect(sha1Of(await readFile(join(leech.folder, name)))).toBe(sha1);
  const ended = audio.evaluate(
    (element) =>
      new Promise<void>((resolve) => {
        element.addEventListener('ended', resolve);
        element.currentTime = element.duration - 1;
      }),
  );
  await withDeadline(ended, 'the browser to play to the end');

  await page.close();
  await stream.idle();
  expect(new Set(stream.answers.map(({ status }) => status))).toEqual(new Set([206]));
  const firstBytes = stream.answers.map(({ firstByte = -1 }) => firstByte);
  expect(firstBytes).toContain(0);
  // Browsers ask for whole blocks of their own.
  const jumpByte = totalBytes * jumpShare;
  const nearJump = firstBytes.filter((first) => first <= jumpByte && first > jumpByte - totalBytes / 100);
  expect(nearJump).not.toEqual([]);
  expect(complaints).toEqual([]);
});

test('the URL of a file, opened in Chromium, plays while it is downloaded, and again once it is loaded anew', async ({
  arena,
}) => {
  const browser = await arena.browser();
  const { leech, stream } = await startSwarm(arena);
  const { page, complaints } = await browser.open(stream.url);
  const media = page.locator('video');
  await playsPast(media, 0.5);
  await page.reload({ waitUntil: 'domcontentloaded' });
  await playsPast(media, 0.5);
  expect(missingShare(leech)).toBeGreaterThan(0.5);
  await page.close();
  await stream.idle();
  expect(complaints).toEqual([]);
});
