import { readFile } from 'node:fs/promises';
import { parseMetainfo } from '@peerloom/core';
import { expect } from 'vitest';
import { test } from './arena/arena.js';
import type { PayloadName } from './arena/payload.js';
import type { Peerloom } from './arena/peerloom.js';
import type { Libtorrent } from './engines/libtorrent.js';

/** Which side opens the connection. */
type Dialler = 'Peerloom' | 'libtorrent';

const names: readonly PayloadName[] = ['odd', 'tree', 'large', 'hugePieces'];
const diallers: readonly Dialler[] = ['Peerloom', 'libtorrent'];
const cases = names.flatMap((name) => diallers.map((dialler) => [name, dialler] as const));

async function connect(
  peerloom: Peerloom,
  libtorrent: Libtorrent,
  { dialler, host = '127.0.0.1' }: { readonly dialler: Dialler; readonly host?: string },
): Promise<void> {
  const connected = peerloom.alert('peerConnected');
  if (dialler === 'Peerloom') peerloom.connect(await libtorrent.listening());
  else await libtorrent.connect(await peerloom.session.listen(`${host}:0`));
  expect((await connected).isOutgoing).toBe(dialler === 'Peerloom');
}

test.for(cases)('downloads %s from libtorrent; %s dials', async ([name, dialler], { arena }) => {
  const payload = await arena.payload(name);
  const seed = arena.libtorrent();
  await seed.add(payload.torrentPath, payload.folder);
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  await connect(leech, seed, { dialler });
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
  expect(leech.torrent.stats).toMatchObject({ downloadedBytes: payload.totalBytes, redundantBytes: 0 });
});

test.for(cases)('seeds %s to libtorrent; %s dials', async ([name, dialler], { arena }) => {
  const payload = await arena.payload(name);
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  const leech = arena.libtorrent();
  const folder = arena.folder();
  await leech.add(payload.torrentPath, folder);
  await connect(seed, leech, { dialler });
  await leech.finished();
  await arena.expectSame(payload, folder);
  expect(await leech.status()).toMatchObject({ failedBytes: 0, redundantBytes: 0, error: null });
});

const overIpv6 = { listen_interfaces: '[::1]:0' };

test.for(diallers)('downloads from libtorrent over IPv6; %s dials', async (dialler, { arena }) => {
  const payload = await arena.payload('tree');
  const seed = arena.libtorrent(overIpv6);
  await seed.add(payload.torrentPath, payload.folder);
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  await connect(leech, seed, { dialler, host: '[::1]' });
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
});

test.for(diallers)('seeds to libtorrent over IPv6; %s dials', async (dialler, { arena }) => {
  const payload = await arena.payload('tree');
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  const leech = arena.libtorrent(overIpv6);
  const folder = arena.folder();
  await leech.add(payload.torrentPath, folder);
  await connect(seed, leech, { dialler, host: '[::1]' });
  await leech.finished();
  await arena.expectSame(payload, folder);
});

test('seeds in plain to a libtorrent that tries an encrypted handshake (MSE) first', async ({ arena }) => {
  const payload = await arena.payload('odd');
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  // 1 is `pe_enabled`, the default.
  const leech = arena.libtorrent({ out_enc_policy: 1, in_enc_policy: 1, min_reconnect_time: 1 });
  const folder = arena.folder();
  await leech.add(payload.torrentPath, folder);
  const blocked = seed.alert('peerBlocked');
  await connect(seed, leech, { dialler: 'libtorrent' });
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
  await connect(leech, seed, { dialler: 'Peerloom' });
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
  await connect(seed, leech, { dialler: 'Peerloom' });
  await leech.finished();
  await arena.expectSame(payload, folder);
});
