import { expect } from 'vitest';
import { test } from './arena/arena.js';
import type { PayloadName } from './arena/payload.js';

const names: readonly PayloadName[] = ['odd', 'tree', 'large'];
// Aria2 dials in encrypted form (MSE) first, and again in plain when that is turned down.
const dialledNames: readonly PayloadName[] = ['tree', 'large'];

test.for(names)('downloads %s from aria2, dialling it', async (name, { arena }) => {
  const payload = await arena.payload(name);
  const seed = await arena.aria2Seed(payload);
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  leech.connect(seed.listening);
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
  expect(leech.torrent.stats).toMatchObject({ downloadedBytes: payload.totalBytes, redundantBytes: 0 });
});

test.for(dialledNames)('downloads %s from aria2, dialled by it', async (name, { arena }) => {
  const payload = await arena.payload(name);
  const leech = arena.peerloom();
  const address = await leech.session.listen('127.0.0.1:0');
  await leech.add(payload.metainfo);
  await arena.aria2Seed(payload, { 'bt-tracker': await arena.tracker([address]).url() });
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
  expect(leech.dialled).toContain(false);
});

test.for(names)('seeds %s to aria2, dialling it', async (name, { arena }) => {
  const payload = await arena.payload(name);
  const folder = arena.folder();
  const leech = await arena.aria2Leech(payload, folder);
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  seed.connect(leech.listening);
  await leech.finished();
  await arena.expectSame(payload, folder);
});

test.for(dialledNames)('seeds %s to aria2, dialled by it', async (name, { arena }) => {
  const payload = await arena.payload(name);
  const seed = arena.peerloom({ folder: payload.folder });
  const address = await seed.session.listen('127.0.0.1:0');
  await seed.add(payload.metainfo);
  const folder = arena.folder();
  const leech = await arena.aria2Leech(payload, folder, {
    'bt-tracker': await arena.tracker([address]).url(),
  });
  await leech.finished();
  await arena.expectSame(payload, folder);
});
