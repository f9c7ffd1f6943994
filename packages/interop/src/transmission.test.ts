import { networkInterfaces } from 'node:os';
import { expect } from 'vitest';
import { test } from './arena/arena.js';
import type { PayloadName } from './arena/payload.js';

const names: readonly PayloadName[] = ['odd', 'tree', 'large', 'hugePieces'];

/** An address of this machine that is not loopback, if it has one. */
function findOutwardAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

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

// Transmission dials no loopback address, whoever names it.
test.concurrent('seeds tree to transmission, dialled by it', async ({ arena, skip }) => {
  const address = findOutwardAddress();
  if (address === undefined) return skip('this machine has no address but loopback');
  const payload = await arena.payload('tree');
  const seed = arena.peerloom({ folder: payload.folder });
  const listening = await seed.session.listen(`${address}:0`);
  await seed.add(payload.metainfo);
  const leech = await arena.transmission({ 'bind-address-ipv4': address });
  const folder = arena.folder();
  await leech.addWithTracker(payload.torrentPath, folder, await arena.tracker([listening]).url());
  await leech.finished();
  await arena.expectSame(payload, folder, { mayLackEmptyFiles: true });
});

test.concurrent('downloads tree from transmission, dialled by it', async ({ arena, skip }) => {
  const address = findOutwardAddress();
  if (address === undefined) return skip('this machine has no address but loopback');
  const payload = await arena.payload('tree');
  const leech = arena.peerloom();
  const listening = await leech.session.listen(`${address}:0`);
  await leech.add(payload.metainfo);
  const seed = await arena.transmission({ 'bind-address-ipv4': address });
  await seed.addWithTracker(payload.torrentPath, payload.folder, await arena.tracker([listening]).url());
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
});
