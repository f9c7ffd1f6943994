import { parseMagnet } from '@peerloom/core';
import { utMetadata } from '@peerloom/ut-metadata';
import { describe, expect } from 'vitest';
import { type Arena, test } from './arena/arena.js';
import type { Payload } from './arena/payload.js';
import type { Peerloom } from './arena/peerloom.js';
import type { Engine } from './engines/engine.js';
import { type EngineName, engineNames } from './engines/engine-name.js';
import { engineKinds } from './transfers/engines.js';

const linkOf = ({ metainfo }: Payload): string => `magnet:?xt=urn:btih:${metainfo.info.infoHash.hex}`;

/** Engines that begin with a magnet link, and get the rest from a session that seeds. */
const leeches: Readonly<
  Record<
    Exclude<EngineName, 'webtorrent'>,
    (arena: Arena, payload: Payload, folder: string, seed: Peerloom) => Promise<Engine>
  >
> = {
  libtorrent: async (arena, payload, folder, seed) => {
    const libtorrent = arena.libtorrent();
    await libtorrent.addMagnet(linkOf(payload), folder);
    await libtorrent.connect(await seed.session.listen('127.0.0.1:0'));
    return libtorrent;
  },
  transmission: async (arena, payload, folder, seed) => {
    const transmission = await arena.transmission();
    await transmission.add(linkOf(payload), folder);
    seed.connect(await transmission.listening());
    return transmission;
  },
  aria2: async (arena, payload, folder, seed) => {
    const tracker = arena.tracker([await seed.session.listen('127.0.0.1:0')]);
    // A tracker is the only way in which it learns of peers.
    return arena.aria2({ ...payload, torrentPath: linkOf(payload) }, folder, {
      'bt-tracker': await tracker.url(),
    });
  },
};

describe('a magnet link', () => {
  test.concurrent.for(engineNames)('becomes a torrent from %s', async (name, { arena }) => {
    const payload = await arena.payload('tree');
    const seed = await engineKinds[name].start(arena, { payload, folder: payload.folder });
    const leech = arena.peerloom({ extensions: [utMetadata()] });
    leech.addMagnet(parseMagnet(linkOf(payload)));
    leech.connect(await seed.listening());
    await leech.finished();
    await arena.expectSame(payload, leech.folder);
    expect(leech.torrent.info?.raw).toEqual(payload.metainfo.info.raw);
  });

  test.concurrent.for(['libtorrent', 'transmission', 'aria2'] as const)(
    'becomes a torrent in %s, from Peerloom',
    async (name, { arena }) => {
      const payload = await arena.payload('tree');
      const seed = arena.peerloom({ extensions: [utMetadata()], folder: payload.folder });
      await seed.add(payload.metainfo);
      const folder = arena.folder();
      const leech = await leeches[name](arena, payload, folder, seed);
      await leech.finished();
      await arena.expectSame(payload, folder, { mayLackEmptyFiles: !engineKinds[name].makesEmptyFiles });
      expect(await leech.faults()).toEqual([]);
    },
  );
});
