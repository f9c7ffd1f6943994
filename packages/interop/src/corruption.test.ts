import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoryStorage, Session } from '@peerloom/core';
import { SmartBan } from '@peerloom/smart-ban';
import { expect } from 'vitest';
import { type Arena, test } from './arena/arena.js';
import { copyPart } from './arena/part-copy.js';
import type { Payload } from './arena/payload.js';
import type { Engine } from './engines/engine.js';

/** Of the payload's first pieces that a liar has wrong. */
const damagedPieces = 4;

async function damage({ name, metainfo }: Payload, folder: string): Promise<void> {
  await using file = await open(join(folder, name), 'r+');
  await file.write(Buffer.alloc(damagedPieces * metainfo.info.layout.pieceLength), 0);
}

/** Engines that serve what is in `folder`, a part of which is wrong, and do not know it. */
const liars: Readonly<Record<string, (arena: Arena, payload: Payload, folder: string) => Promise<Engine>>> = {
  libtorrent: async (arena, payload, folder) => {
    const libtorrent = arena.libtorrent();
    await libtorrent.add(payload.torrentPath, folder);
    await damage(payload, folder);
    return libtorrent;
  },
  aria2: async (arena, payload, folder) => {
    await damage(payload, folder);
    return arena.aria2(payload, folder, { 'check-integrity': 'false', 'bt-seed-unverified': 'true' });
  },
  webtorrent: async (arena, payload, folder) => {
    await damage(payload, folder);
    const webtorrent = arena.webtorrent();
    await webtorrent.add(payload.torrentPath, folder, { assumeComplete: true });
    return webtorrent;
  },
};

test.concurrent.for(Object.keys(liars))(
  'refuses the wrong data that %s serves, and gets the right from an honest peer',
  async (name, { arena }) => {
    const payload = await arena.payload('large');
    const folder = arena.folder();
    await copyPart(payload, { index: 0, count: 1 }, folder);
    const liar = await liars[name]?.(arena, payload, folder);
    if (liar === undefined) throw new TypeError(`no liar ${name}`);
    const honest = arena.libtorrent();
    await honest.add(payload.torrentPath, payload.folder);

    const leech = arena.peerloom({ expects: ['hashFailed'] });
    await leech.add(payload.metainfo);
    const failed = leech.alert('hashFailed');
    leech.connect(await liar.listening());
    expect((await failed).piece).toBeLessThan(damagedPieces);
    leech.connect(await honest.listening());
    await leech.finished();
    await arena.expectSame(payload, leech.folder);
    // Once for each piece, and once more where the liar had a part in it only.
    expect(leech.torrent.stats.hashFailures).toBeLessThanOrEqual(2 * damagedPieces);
  },
);

test('smart ban keeps out the libtorrent that serves wrong data, and nobody else', async ({ arena }) => {
  const payload = await arena.payload('large');
  const folder = arena.folder();
  await copyPart(payload, { index: 0, count: 1 }, folder);
  const liar = arena.libtorrent();
  await liar.add(payload.torrentPath, folder);
  await damage(payload, folder);
  const honest = arena.libtorrent();
  await honest.add(payload.torrentPath, payload.folder);
  const wrong = await liar.listening();
  const right = await honest.listening();

  const leech = arena.peerloom({ expects: ['hashFailed', 'peerBanned'], extensions: [new SmartBan()] });
  await leech.add(payload.metainfo);
  const failed = leech.alert('hashFailed');
  const banned = leech.alert('plugin');
  leech.connect(wrong);
  await failed;
  leech.connect(right);
  await leech.finished();
  const { plugin, event, endpoint, data } = await banned;
  await arena.expectSame(payload, leech.folder);

  expect({ plugin, event, endpoint }).toEqual({ plugin: 'smart-ban', event: 'banned', endpoint: wrong });
  expect(data.piece).toBeLessThan(damagedPieces);
  // The honest one is at the same address.
  const target = { endpoint: wrong, portOnly: true };
  const bans = leech.session.bans();
  expect(bans).toMatchObject([{ target, plugin: 'smart-ban', reason: data.reason }]);
  const restarted = new Session({ storage: new MemoryStorage(), state: leech.session.saveState() });
  expect(restarted.bans()).toEqual(bans);
  await restarted.stop();
});
