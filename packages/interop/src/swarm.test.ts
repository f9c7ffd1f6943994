import { expect } from 'vitest';
import { test } from './arena/arena.js';
import { copyHalf } from './arena/half-copy.js';

test('a leech gets one half from libtorrent, the other from Peerloom, and passes each on', async ({
  arena,
}) => {
  const payload = await arena.payload('large');
  const half = payload.totalBytes / 2;
  const ours = arena.peerloom();
  await copyHalf(payload, 'first', ours.folder);
  await ours.add(payload.metainfo);
  const theirs = arena.libtorrent();
  const theirFolder = arena.folder();
  await copyHalf(payload, 'second', theirFolder);
  await theirs.add(payload.torrentPath, theirFolder);

  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  leech.connect(await ours.session.listen('127.0.0.1:0'));
  leech.connect(await theirs.listening());
  await Promise.all([leech.finished(), ours.finished(), theirs.finished()]);

  for (const folder of [leech.folder, ours.folder, theirFolder]) await arena.expectSame(payload, folder);
  expect(ours.session.stats()).toMatchObject({ uploadedBytes: half, downloadedBytes: half });
  expect(leech.session.stats()).toMatchObject({ uploadedBytes: 2 * half, downloadedBytes: 2 * half });
  expect(await theirs.status()).toMatchObject({ uploadedBytes: half, downloadedBytes: half, failedBytes: 0 });
});

test('libtorrent downloads from Peerloom and passes on what it has to another Peerloom', async ({
  arena,
}) => {
  const payload = await arena.payload('large');
  const middle = arena.libtorrent();
  const folder = arena.folder();
  await middle.add(payload.torrentPath, folder);
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  const ready = leech.alert('peerReady');
  leech.connect(await middle.listening());
  await ready;

  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  const first = leech.alert('pieceFinished');
  seed.connect(await middle.listening());
  await first;
  await Promise.all([leech.finished(), middle.finished()]);

  await arena.expectSame(payload, folder);
  await arena.expectSame(payload, leech.folder);
  expect(seed.session.stats().uploadedBytes).toBe(payload.totalBytes);
  expect(leech.session.stats().downloadedBytes).toBe(payload.totalBytes);
});

test('downloads from all engines at once, up to the end game', async ({ arena }) => {
  const payload = await arena.payload('large');
  const [libtorrent, transmission, aria2] = [
    arena.libtorrent(),
    await arena.transmission(),
    await arena.aria2Seed(payload),
  ];
  await libtorrent.add(payload.torrentPath, payload.folder);
  await transmission.add(payload.torrentPath, payload.folder);
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  leech.connect(await transmission.listening());
  leech.connect(await aria2.listening());
  leech.connect(await libtorrent.listening());
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
});

test('seeds to all engines at once', async ({ arena }) => {
  const payload = await arena.payload('large');
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  const libtorrent = arena.libtorrent();
  const transmission = await arena.transmission();
  const folders = [arena.folder(), arena.folder(), arena.folder()] as const;
  const aria2 = await arena.aria2Leech(payload, folders[2]);
  await libtorrent.add(payload.torrentPath, folders[0]);
  await transmission.add(payload.torrentPath, folders[1]);
  seed.connect(await libtorrent.listening());
  seed.connect(await transmission.listening());
  seed.connect(await aria2.listening());
  await Promise.all([libtorrent.finished(), transmission.finished(), aria2.finished()]);
  for (const folder of folders) await arena.expectSame(payload, folder);
});

test('goes on with libtorrent where an aria2 that was killed has left off', async ({ arena }) => {
  const payload = await arena.payload('large');
  const first = await arena.aria2Seed(payload, { 'max-upload-limit': '8M' });
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  const begun = leech.alert('pieceFinished');
  leech.connect(await first.listening());
  await begun;
  const left = leech.alert('peerDisconnected');
  await first.stop();
  expect((await left).reason.origin).toMatch(/remote|network/);
  expect(leech.torrent.state).toBe('downloading');

  const second = arena.libtorrent();
  await second.add(payload.torrentPath, payload.folder);
  leech.connect(await second.listening());
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
});
