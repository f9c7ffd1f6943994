import type { Endpoint } from '@peerloom/core';
import { describe, expect } from 'vitest';
import { type Arena, test } from './arena/arena.js';
import { copyPart } from './arena/part-copy.js';
import type { Payload } from './arena/payload.js';
import type { AddressFamily } from './engines/engine.js';
import { type EngineName, engineNames } from './engines/engine-name.js';
import { engineKinds } from './transfers/engines.js';

type MemberName = 'Peerloom' | EngineName;

/** One of a swarm, as far as the others care. */
interface Member {
  readonly name: MemberName;
  /** Where its data comes. */
  readonly folder: string;
  listening(family?: AddressFamily): Promise<Endpoint>;
  connect?(peer: Endpoint): Promise<void> | void;
  finished(): Promise<void>;
}

async function join(arena: Arena, payload: Payload, name: MemberName, folder: string): Promise<Member> {
  if (name !== 'Peerloom') {
    const engine = await engineKinds[name].start(arena, { payload, folder });
    return {
      name,
      folder,
      listening: (family) => engine.listening(family),
      ...(engine.connect !== undefined && { connect: (peer: Endpoint) => engine.connect?.(peer) }),
      finished: () => engine.finished(),
    };
  }
  const peerloom = arena.peerloom({ folder });
  await peerloom.add(payload.metainfo);
  const local = await peerloom.session.listen('127.0.0.1:0');
  return {
    name,
    folder,
    listening: async () => local,
    connect: (peer) => peerloom.connect(peer),
    finished: () => peerloom.finished(),
  };
}

/**
 * Has every two of them connected, the earlier one of which dials; but transmission, which keeps one connection with an
 * address, with the first two, over IPv4 and IPv6.
 */
async function connectAll(members: readonly Member[]): Promise<void> {
  const transmission = members.find(({ name }) => name === 'transmission');
  const others = members.filter((member) => member !== transmission);
  for (const [index, member] of others.entries()) {
    for (const other of others.slice(index + 1)) await member.connect?.(await other.listening());
  }
  if (transmission === undefined) return;
  await others[0]?.connect?.(await transmission.listening(4));
  await others[1]?.connect?.(await transmission.listening(6));
}

async function expectAllFinished(arena: Arena, payload: Payload, members: readonly Member[]): Promise<void> {
  await Promise.all(members.map((member) => member.finished()));
  for (const { name, folder } of members) {
    const mayLackEmptyFiles = name !== 'Peerloom' && !engineKinds[name].makesEmptyFiles;
    await arena.expectSame(payload, folder, { mayLackEmptyFiles });
  }
}

// In the order in which they dial: aria2 learns of peers from trackers only.
const names: readonly MemberName[] = [
  'Peerloom',
  'Peerloom',
  'libtorrent',
  'webtorrent',
  'aria2',
  'transmission',
];

describe('a swarm of all engines', () => {
  test.concurrent('in which each starts with another part gets whole', async ({ arena }) => {
    const payload = await arena.payload('large');
    const members = await Promise.all(
      names.map(async (name, index) => {
        const folder = arena.folder();
        await copyPart(payload, { index, count: names.length }, folder);
        return join(arena, payload, name, folder);
      }),
    );
    await connectAll(members);
    await expectAllFinished(arena, payload, members);
  });

  test.concurrent.for(['Peerloom', ...engineNames] as const)(
    'of which %s alone has everything at first gets whole',
    async (seedName, { arena }) => {
      const payload = await arena.payload('tree');
      const leechNames = names.filter((name, index) => index === 0 || name !== seedName);
      const leeches = await Promise.all(leechNames.map((name) => join(arena, payload, name, arena.folder())));
      const seed = await join(arena, payload, seedName, payload.folder);
      await connectAll(seed.connect === undefined ? [...leeches, seed] : [seed, ...leeches]);
      await expectAllFinished(arena, payload, leeches);
    },
  );
});

test('a leech gets one half from libtorrent, the other from Peerloom, and passes each on', async ({
  arena,
}) => {
  const payload = await arena.payload('large');
  const half = payload.totalBytes / 2;
  const ours = arena.peerloom();
  await copyPart(payload, { index: 0, count: 2 }, ours.folder);
  await ours.add(payload.metainfo);
  const theirs = arena.libtorrent();
  const theirFolder = arena.folder();
  await copyPart(payload, { index: 1, count: 2 }, theirFolder);
  await theirs.add(payload.torrentPath, theirFolder);

  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  leech.connect(await ours.session.listen('127.0.0.1:0'));
  leech.connect(await theirs.listening());
  await Promise.all([leech.finished(), ours.finished(), theirs.finished()]);

  for (const folder of [leech.folder, ours.folder, theirFolder]) await arena.expectSame(payload, folder);
  expect(ours.session.stats()).toMatchObject({ uploadedBytes: half, downloadedBytes: half });
  expect(leech.session.stats()).toMatchObject({ uploadedBytes: 2 * half, downloadedBytes: 2 * half });
  expect(await theirs.status()).toMatchObject({ uploadedBytes: half, downloadedBytes: half, failedBytes: 0 });
});

test('libtorrent downloads from Peerloom and passes on what it has to another Peerloom', async ({
  arena,
}) => {
  const payload = await arena.payload('large');
  const middle = arena.libtorrent();
  const folder = arena.folder();
  await middle.add(payload.torrentPath, folder);
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  const ready = leech.alert('peerReady');
  leech.connect(await middle.listening());
  await ready;

  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  const first = leech.alert('pieceFinished');
  seed.connect(await middle.listening());
  await first;
  await Promise.all([leech.finished(), middle.finished()]);

  await arena.expectSame(payload, folder);
  await arena.expectSame(payload, leech.folder);
  expect(seed.session.stats().uploadedBytes).toBe(payload.totalBytes);
  expect(leech.session.stats().downloadedBytes).toBe(payload.totalBytes);
});

test.concurrent('downloads from all engines at once, up to the end game', async ({ arena }) => {
  const payload = await arena.payload('large');
  const leech = arena.peerloom();
  await leech.add(payload.metainfo);
  const seeds = await Promise.all(
    engineNames.map((name) => engineKinds[name].start(arena, { payload, folder: payload.folder })),
  );
  for (const seed of seeds) leech.connect(await seed.listening());
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
});

test.concurrent('seeds to all engines at once', async ({ arena }) => {
  const payload = await arena.payload('large');
  const seed = arena.peerloom({ folder: payload.folder });
  await seed.add(payload.metainfo);
  await Promise.all(
    engineNames.map(async (name) => {
      const folder = arena.folder();
      const leech = await engineKinds[name].start(arena, { payload, folder });
      seed.connect(await leech.listening());
      await leech.finished();
      await arena.expectSame(payload, folder);
      expect(await leech.faults()).toEqual([]);
    }),
  );
});
