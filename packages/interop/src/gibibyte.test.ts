import { rm } from 'node:fs/promises';
import { expect } from 'vitest';
import { test } from './arena/arena.js';

test('moves 1 GiB from libtorrent to Peerloom, and on to aria2', async ({ arena }) => {
  const payload = await arena.gibibyte();
  const first = arena.libtorrent();
  await first.add(payload.torrentPath, payload.folder);
  const middle = arena.peerloom({ folder: arena.largeFolder() });
  await middle.add(payload.metainfo);
  middle.connect(await first.listening());
  await middle.finished();
  await first.stop();
  await arena.expectSame(payload, middle.folder);
  expect(middle.torrent.stats).toMatchObject({
    downloadedBytes: 2 ** 30,
    redundantBytes: 0,
    hashFailures: 0,
  });

  // Two copies at once are enough.
  await rm(payload.folder, { recursive: true });
  const folder = arena.largeFolder();
  const last = await arena.aria2(payload, folder);
  middle.connect(await last.listening());
  await last.finished();
  await arena.expectSame({ ...payload, path: `${middle.folder}/${payload.name}` }, folder);
  expect(middle.torrent.stats.uploadedBytes).toBe(2 ** 30);
});
