import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClosedNetwork } from '@peerloom/closed-network';
import { type Endpoint, formatEndpoint } from '@peerloom/core';
import { expect } from 'vitest';
import { type Arena, test } from './arena/arena.js';
import type { Peerloom } from './arena/peerloom.js';
import { withDeadline } from './engines/deadline.js';

const secret = '9f3c1e7a55d2b80446e9c7f1a3d5b2689f0e4c6a8b1d3f5e7092b4d6f8a1c3e5';
/** Until a stranger is gone, with time for a machine that is busy. */
const goneMs = 13_000;

/** A session of the closed network. */
function member(arena: Arena, folder?: string): Peerloom {
  return arena.peerloom({
    ...(folder !== undefined && { folder }),
    settings: { peerRetryDelayMs: 60_000 },
    extensions: [new ClosedNetwork({ secret })],
    // What strangers say breaks the rules of a strict hold.
    expects: ['peerError'],
  });
}

/** Resolves with how long the next stranger was connected, once it is gone again. */
function strangerGone({ session, describe }: Peerloom): Promise<number> {
  const begun = new Map<string, number>();
  session.on('peerConnected', ({ endpoint }) => begun.set(formatEndpoint(endpoint), performance.now()));
  const gone = new Promise<number>((resolve) => {
    const stop = session.on('peerDisconnected', ({ endpoint }) => {
      const sinceMs = begun.get(formatEndpoint(endpoint));
      if (sinceMs === undefined) return;
      stop();
      resolve(performance.now() - sinceMs);
    });
  });
  return withDeadline(gone, 'a stranger to be gone', () => describe());
}

test('libtorrent and aria2 get nothing of a closed swarm in which members share', async ({ arena }) => {
  const payload = await arena.payload('large');
  const seed = member(arena, payload.folder);
  await seed.add(payload.metainfo);
  const local: Endpoint = await seed.session.listen('127.0.0.1:0');

  const libtorrentFolder = arena.folder();
  const libtorrent = arena.libtorrent();
  await libtorrent.add(payload.torrentPath, libtorrentFolder);
  let gone = strangerGone(seed);
  await libtorrent.connect(local);
  expect(await gone, 'a libtorrent that dials').toBeLessThan(goneMs);
  gone = strangerGone(seed);
  seed.connect(await libtorrent.listening());
  expect(await gone, 'a libtorrent that is dialled').toBeLessThan(goneMs);

  const ariaFolder = arena.folder();
  gone = strangerGone(seed);
  const dialling = await arena.aria2(payload, ariaFolder, {
    'bt-tracker': await arena.tracker([local]).url(),
  });
  expect(await gone, 'an aria2 that dials').toBeLessThan(goneMs);
  gone = strangerGone(seed);
  seed.connect(await dialling.listening());
  expect(await gone, 'an aria2 that is dialled').toBeLessThan(goneMs);

  const leech = member(arena);
  await leech.add(payload.metainfo);
  leech.connect(local);
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
  expect(await libtorrent.status()).toMatchObject({ downloadedBytes: 0, uploadedBytes: 0 });
  expect((await libtorrent.peers()).filter(({ client }) => client.includes('Peerloom'))).toEqual([]);
  expect(seed.torrent.stats.uploadedBytes).toBe(payload.totalBytes);
  // aria2 makes an empty file at once.
  for (const folder of [libtorrentFolder, ariaFolder]) {
    expect((await stat(join(folder, payload.name)).catch(() => undefined))?.size ?? 0).toBe(0);
  }
});

test('libtorrent and aria2 that have everything are asked for nothing', async ({ arena }) => {
  const payload = await arena.payload('odd');
  const leech = member(arena);
  await leech.add(payload.metainfo);
  const libtorrent = arena.libtorrent();
  await libtorrent.add(payload.torrentPath, payload.folder);
  const aria2 = await arena.aria2(payload, payload.folder);
  for (const stranger of [libtorrent, aria2]) {
    const gone = strangerGone(leech);
    leech.connect(await stranger.listening());
    expect(await gone).toBeLessThan(goneMs);
  }
  expect(leech.torrent.stats).toMatchObject({ downloadedBytes: 0, piecesHave: 0 });
  expect(await readdir(leech.folder).catch(() => [])).not.toContain(payload.name);
  expect((await libtorrent.status()).uploadedBytes).toBe(0);
});
