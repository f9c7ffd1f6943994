import { describe, expect } from 'vitest';
import { test } from './arena/arena.js';

// Of the payload with many files: the largest one.
const wantedFile = 3;

describe('a peer that has all that it wants, and not everything (BEP 21)', () => {
  test('is seen as such when it is libtorrent, and gives what it has', async ({ arena }) => {
    const payload = await arena.payload('tree');
    const { files } = payload.metainfo.info.layout;
    const seed = arena.peerloom({ folder: payload.folder });
    await seed.add(payload.metainfo);
    const partial = arena.libtorrent();
    await partial.add(payload.torrentPath, arena.folder());
    await partial.prioritizeFiles(files.map((_, file) => (file === wantedFile ? 4 : 0)));
    seed.connect(await partial.listening());
    await partial.finished();
    await seed.stop();

    const leech = arena.peerloom();
    await leech.add(payload.metainfo);
    for (const [file] of files.entries()) leech.torrent.setFilePriority(file, file === wantedFile ? 4 : 0);
    leech.connect(await partial.listening());
    await leech.finished();
    expect(leech.torrent.state).toBe('finished');
    expect(leech.connections.map(({ isUploadOnly, isSeed }) => ({ isUploadOnly, isSeed }))).toEqual([
      { isUploadOnly: true, isSeed: false },
    ]);
  });

  test('says so to libtorrent when it is Peerloom, which downloads what it has from it', async ({
    arena,
  }) => {
    const payload = await arena.payload('tree');
    const { files } = payload.metainfo.info.layout;
    const seed = arena.libtorrent();
    await seed.add(payload.torrentPath, payload.folder);
    const partial = arena.peerloom();
    await partial.add(payload.metainfo);
    for (const [file] of files.entries()) partial.torrent.setFilePriority(file, file === wantedFile ? 4 : 0);
    partial.connect(await seed.listening());
    await partial.finished();
    await seed.stop();

    // Slowly, so that it is seen before it ends.
    const leech = arena.libtorrent({ download_rate_limit: 512 * 1024 });
    await leech.add(payload.torrentPath, arena.folder());
    await leech.prioritizeFiles(files.map((_, file) => (file === wantedFile ? 4 : 0)));
    await leech.watchPeers();
    partial.connect(await leech.listening());
    await leech.uploadOnlyBegun();
    await leech.finished();
    expect(await leech.faults()).toEqual([]);
  });
});
