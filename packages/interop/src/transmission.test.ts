import { expect } from 'vitest';
import { test } from './arena/arena.js';
import type { PayloadName } from './arena/payload.js';

const names: readonly PayloadName[] = ['odd', 'tree', 'large', 'hugePieces'];

// Peerloom dials in all of these: transmission dials no loopback address, whoever names it.
//
// Transmission looks at whom to be interested in, and whom to unchoke, every ten seconds only: side by side the
// tests wait together.
test.concurrent.for(names)('downloads %s from transmission, dialling it', async (name, { arena }) => {
  const payload = await arena.payload(name);
  const seed = await arena.transmission();
  await seed.add(payload.torrentPath, payload.folder);
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  leech.connect(seed.listening);
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
  expect(leech.torrent.stats).toMatchObject({ downloadedBytes: payload.totalBytes, redundantBytes: 0 });
});

test.concurrent.for(names)('seeds %s to transmission, dialling it', async (name, { arena }) => {
  const payload = await arena.payload(name);
  const leech = await arena.transmission();
  const folder = arena.folder();
  await leech.add(payload.torrentPath, folder);
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  seed.connect(leech.listening);
  await leech.finished();
  await arena.expectSame(payload, folder, { mayLackEmptyFiles: true });
  expect(await leech.status()).toMatchObject({ percentDone: 1, corruptEver: 0, errorString: '' });
});
