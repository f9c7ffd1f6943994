import { formatEndpoint } from '@peerloom/core';
import { describe, expect } from 'vitest';
import { test } from './arena/arena.js';
import { copyPart } from './arena/part-copy.js';
import { engineNames } from './engines/engine-name.js';
import { engineKinds } from './transfers/engines.js';

/** Slow enough that there is a middle to leave in, and quick enough to come to an end, in bytes a second. */
const slowRate = 8 * 1024 * 1024;

describe('a peer that leaves', () => {
  test('and listens again is dialled again, and the download goes on with it', async ({ arena }) => {
    const payload = await arena.payload('large');
    const first = arena.libtorrent({ upload_rate_limit: slowRate });
    await first.add(payload.torrentPath, payload.folder);
    const address = await first.listening();
    const leech = arena.peerloom();
    await leech.add(payload.metainfo);
    const begun = leech.alert('pieceFinished');
    leech.connect(address);
    await begun;
    const left = leech.alert('peerDisconnected');
    await first.stop();
    expect((await left).reason.origin).toMatch(/remote|network/);
    expect(leech.torrent.state).toBe('downloading');

    const again = arena.libtorrent({ listen_interfaces: formatEndpoint(address) });
    await again.add(payload.torrentPath, payload.folder);
    await leech.finished();
    await arena.expectSame(payload, leech.folder);
    // What was there of pieces at the end of the first connection is not fetched again.
    expect(leech.torrent.stats.redundantBytes).toBe(0);
  });

  test('and dials again is served where it left off', async ({ arena }) => {
    const payload = await arena.payload('large');
    const seed = arena.peerloom({ folder: payload.folder });
    const address = await seed.session.listen('127.0.0.1:0');
    await seed.add(payload.metainfo);
    const folder = arena.folder();
    const first = arena.libtorrent({ download_rate_limit: slowRate });
    await first.add(payload.torrentPath, folder);
    await first.connect(address);
    await first.hasAPiece();
    const left = seed.alert('peerDisconnected');
    await first.stop();
    await left;

    const again = arena.libtorrent();
    await again.add(payload.torrentPath, folder);
    await again.connect(address);
    await again.finished();
    await arena.expectSame(payload, folder);
  });

  test('for good is replaced by another', async ({ arena }) => {
    const payload = await arena.payload('large');
    const first = await arena.aria2(payload, payload.folder, { 'max-upload-limit': String(slowRate) });
    const leech = arena.peerloom();
    await leech.add(payload.metainfo);
    const begun = leech.alert('pieceFinished');
    leech.connect(await first.listening());
    await begun;
    const left = leech.alert('peerDisconnected');
    await first.stop();
    await left;

    const second = arena.webtorrent();
    await second.add(payload.torrentPath, payload.folder);
    leech.connect(await second.listening());
    await leech.finished();
    await arena.expectSame(payload, leech.folder);
  });
});

describe('a download that was begun', () => {
  test('by libtorrent, which was killed, is finished by Peerloom', async ({ arena }) => {
    const payload = await arena.payload('large');
    const seed = arena.libtorrent();
    await seed.add(payload.torrentPath, payload.folder);
    const folder = arena.folder();
    const begun = arena.libtorrent({ download_rate_limit: slowRate });
    await begun.add(payload.torrentPath, folder);
    await begun.connect(await seed.listening());
    await begun.hasAPiece();
    await begun.stop();

    const leech = arena.peerloom({ folder });
    await leech.add(payload.metainfo);
    const { piecesHave } = leech.torrent.stats;
    expect(piecesHave).toBeGreaterThan(0);
    expect(piecesHave).toBeLessThan(64);
    leech.connect(await seed.listening());
    await leech.finished();
    await arena.expectSame(payload, folder);
    const missingBytes = (64 - piecesHave) * payload.metainfo.info.layout.pieceLength;
    expect(leech.torrent.stats).toMatchObject({ downloadedBytes: missingBytes, hashFailures: 0 });
  });

  test.concurrent.for(engineNames)('in another way is finished by %s', async (name, { arena }) => {
    const payload = await arena.payload('large');
    const seed = arena.peerloom({ folder: payload.folder });
    await seed.add(payload.metainfo);
    const folder = arena.folder();
    const copiedBytes = await copyPart(payload, { index: 1, count: 2 }, folder);
    const leech = await engineKinds[name].start(arena, { payload, folder });
    seed.connect(await leech.listening());
    await leech.finished();
    await arena.expectSame(payload, folder);
    expect(seed.torrent.stats.uploadedBytes).toBe(payload.totalBytes - copiedBytes);
  });
});
