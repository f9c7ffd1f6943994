import { readFile } from 'node:fs/promises';
import { parseMetainfo } from '@peerloom/core';
import { expect } from 'vitest';
import { test } from './arena/arena.js';
import { cellsOf, describeCell } from './transfers/cells.js';
import { engineKinds } from './transfers/engines.js';
import { transfer } from './transfers/transfer.js';

const kind = engineKinds.libtorrent;

for (const cell of cellsOf(kind)) {
  test(describeCell(cell, kind), ({ arena }) => transfer(arena, kind, cell));
}

test('seeds in plain to a libtorrent that tries an encrypted handshake (MSE) first', async ({ arena }) => {
  const payload = await arena.payload('odd');
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  // 1 is `pe_enabled`, the default.
  const leech = arena.libtorrent({ out_enc_policy: 1, in_enc_policy: 1, min_reconnect_time: 1 });
  const folder = arena.folder();
  await leech.add(payload.torrentPath, folder);
  const blocked = seed.alert('peerBlocked');
  await leech.connect(await seed.session.listen('127.0.0.1:0'));
  expect((await blocked).code).toBe('WIRE_HANDSHAKE');
  await leech.finished();
  await arena.expectSame(payload, folder);
});

test('downloads a torrent of two versions (BEP 52), with pad files, by its first', async ({ arena }) => {
  const payload = await arena.payload('tree');
  const seed = arena.libtorrent();
  const torrentPath = arena.file('hybrid.torrent');
  await seed.create(payload.path, torrentPath, { pieceLength: 16_384, version: 'hybrid' });
  await seed.add(torrentPath, payload.folder);
  const leech = arena.peerloom();
  await leech.add(parseMetainfo(await readFile(torrentPath)));
  leech.connect(await seed.listening());
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
});

test('seeds a torrent of two versions (BEP 52) to libtorrent', async ({ arena }) => {
  const payload = await arena.payload('tree');
  const leech = arena.libtorrent();
  const torrentPath = arena.file('hybrid.torrent');
  await leech.create(payload.path, torrentPath, { pieceLength: 16_384, version: 'hybrid' });
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(parseMetainfo(await readFile(torrentPath)));
  const folder = arena.folder();
  await leech.add(torrentPath, folder);
  seed.connect(await leech.listening());
  await leech.finished();
  await arena.expectSame(payload, folder);
});
