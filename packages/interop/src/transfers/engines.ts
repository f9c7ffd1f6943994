import type { Endpoint } from '@peerloom/core';
import type { Arena } from '../arena/arena.js';
import type { Payload } from '../arena/payload.js';
import type { Engine } from '../engines/engine.js';
import type { EngineName } from '../engines/engine-name.js';

/** How an engine takes part in a transfer. */
export interface Part {
  readonly payload: Payload;
  /** Where its data is, as far as it has it, and comes. */
  readonly folder: string;
  /** Whom it dials; without, it is dialled. */
  readonly dials?: Endpoint;
  /** Whether it offers the fast extension (BEP 6); by default it does. */
  readonly fast?: boolean;
}

/** An engine, as far as transfers with it go. */
export interface EngineKind {
  readonly name: EngineName;
  /** Starts it with the torrent of the payload. */
  readonly start: (arena: Arena, part: Part) => Promise<Engine>;
  /** Whether it can be made to dial Peerloom: transmission dials no loopback address, whoever names it. */
  readonly dials: boolean;
  /** Whether it can be told not to offer the fast extension. */
  readonly goesWithoutFast: boolean;
  /** Whether it makes files of no bytes. */
  readonly makesEmptyFiles: boolean;
}

/** Every engine that Peerloom is tested with. */
export const engineKinds: Readonly<Record<EngineName, EngineKind>> = {
  libtorrent: {
    name: 'libtorrent',
    dials: true,
    goesWithoutFast: false,
    makesEmptyFiles: true,
    start: async (arena, { payload, folder, dials }) => {
      const libtorrent = arena.libtorrent();
      await libtorrent.add(payload.torrentPath, folder);
      if (dials !== undefined) await libtorrent.connect(dials);
      return libtorrent;
    },
  },
  transmission: {
    name: 'transmission',
    dials: false,
    goesWithoutFast: false,
    makesEmptyFiles: false,
    start: async (arena, { payload, folder }) => {
      const transmission = await arena.transmission();
      await transmission.add(payload.torrentPath, folder);
      return transmission;
    },
  },
  aria2: {
    name: 'aria2',
    dials: true,
    goesWithoutFast: false,
    makesEmptyFiles: true,
    start: async (arena, { payload, folder, dials }) => {
      // A tracker is the only way in which it learns of peers.
      const options = dials === undefined ? {} : { 'bt-tracker': await arena.tracker([dials]).url() };
      return arena.aria2(payload, folder, options);
    },
  },
  webtorrent: {
    name: 'webtorrent',
    dials: true,
    goesWithoutFast: true,
    makesEmptyFiles: true,
    start: async (arena, { payload, folder, dials, fast }) => {
      const webtorrent = arena.webtorrent(fast === undefined ? {} : { fast });
      await webtorrent.add(payload.torrentPath, folder);
      if (dials !== undefined) await webtorrent.connect(dials);
      return webtorrent;
    },
  },
};
