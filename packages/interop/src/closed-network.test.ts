import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClosedNetwork } from '@peerloom/closed-network';
import { type Endpoint, formatEndpoint } from '@peerloom/core';
import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import { expect } from 'vitest';
import { type Arena, test } from './arena/arena.js';
import type { Payload } from './arena/payload.js';
import { readPeerMessages } from './arena/peer-messages.js';
import type { Peerloom } from './arena/peerloom.js';
import type { RecordingRelay } from './arena/recording-relay.js';
import { withDeadline } from './engines/deadline.js';
import type { Libtorrent } from './engines/libtorrent.js';

const secret = '9f3c1e7a55d2b80446e9c7f1a3d5b2689f0e4c6a8b1d3f5e7092b4d6f8a1c3e5';
/** Until a stranger is gone, with time for a machine that is busy. */
const goneMs = 13_000;
/** Of a seed while strangers come: its members are not done before. */
const slowBytesPerSecond = 1024 * 1024;

/** A session that exchanges metadata and peers; of the closed network, or open to all. */
function member(
  arena: Arena,
  options: { readonly folder?: string; readonly isOpen?: boolean } = {},
): Peerloom {
  const { folder, isOpen = false } = options;
  return arena.peerloom({
    ...(folder !== undefined && { folder }),
    settings: { peerRetryDelayMs: 60_000, uploadLimitBytesPerSecond: slowBytesPerSecond },
    extensions: [utMetadata(), utPex(), ...(isOpen ? [] : [new ClosedNetwork({ secret })])],
    // What strangers say breaks the rules of a strict hold.
    expects: ['peerError'],
  });
}

/** Members that share, and are far from done. */
interface LiveSwarm {
  readonly payload: Payload;
  readonly seed: Peerloom;
  readonly leech: Peerloom;
  readonly listening: Endpoint;
}

async function liveSwarm(arena: Arena, isOpen = false): Promise<LiveSwarm> {
  const payload = await arena.payload('large');
  const seed = member(arena, { folder: payload.folder, isOpen });
  await seed.add(payload.metainfo);
  const listening = await seed.session.listen('127.0.0.1:0');
  const leech = member(arena, { isOpen });
  await leech.add(payload.metainfo);
  await leech.session.listen('127.0.0.1:0');
  const piece = leech.alert('pieceFinished');
  leech.connect(listening);
  await piece;
  return { payload, seed, leech, listening };
}

/** Resolves with how long the next stranger was connected, once it is gone again. */
function strangerGone({ session, describe }: Peerloom): Promise<number> {
  const begun = new Map<string, number>();
  session.on('peerConnected', ({ endpoint }) => begun.set(formatEndpoint(endpoint), performance.now()));
  const gone = new Promise<number>((resolve) => {
    const stop = session.on('peerDisconnected', ({ endpoint }) => {
      const sinceMs = begun.get(formatEndpoint(endpoint));
      if (sinceMs === undefined) return;
      stop();
      resolve(performance.now() - sinceMs);
    });
  });
  return withDeadline(gone, 'a stranger to be gone', () => describe());
}

/** An engine of others that wants what the swarm has. */
interface Stranger {
  readonly folder: string;
  readonly listening: Endpoint;
  /** libtorrent tells what it has got. */
  readonly libtorrent?: Libtorrent;
}

/** Makes a stranger that dials a peer, in the one way or the other in which it knows of the torrent. */
type StrangerMaker = (arena: Arena, payload: Payload, peer: Endpoint) => Promise<Stranger>;

const linkOf = ({ metainfo }: Payload): string => `magnet:?xt=urn:btih:${metainfo.info.infoHash.hex}`;

function libtorrentStranger(isMagnet: boolean): StrangerMaker {
  return async (arena, payload, peer) => {
    const folder = arena.folder();
    const libtorrent = arena.libtorrent();
    if (isMagnet) await libtorrent.addMagnet(linkOf(payload), folder, { pex: true });
    else await libtorrent.add(payload.torrentPath, folder, { pex: true });
    await libtorrent.connect(peer);
    return { folder, libtorrent, listening: await libtorrent.listening() };
  };
}

function aria2Stranger(isMagnet: boolean): StrangerMaker {
  return async (arena, payload, peer) => {
    const folder = arena.folder();
    const aria2 = await arena.aria2(isMagnet ? linkOf(payload) : payload, folder, {
      'bt-tracker': await arena.tracker([peer]).url(),
      'enable-peer-exchange': 'true',
    });
    return { folder, listening: await aria2.listening() };
  };
}

const strangers: readonly (readonly [string, StrangerMaker])[] = [
  ['libtorrent that has the torrent', libtorrentStranger(false)],
  ['libtorrent that has the magnet link', libtorrentStranger(true)],
  ['aria2 that has the torrent', aria2Stranger(false)],
  ['aria2 that has the magnet link', aria2Stranger(true)],
];

/** Messages that tell something, by libtorrent's names. */
const telling = ['bitfield', 'have_all', 'have', 'unchoke', 'piece', 'metadata', 'pex', 'allowed_fast'];

async function toldTo(libtorrent: Libtorrent): Promise<readonly string[]> {
  const counts = await libtorrent.receivedMessages();
  return telling.filter((name) => (counts[name] ?? 0) > 0);
}

/** Checks that one side of each connection has said no more than a stranger may hear. */
function expectSaidNothing(relay: RecordingRelay, side: 'fromDialler' | 'fromTarget'): void {
  const connections = relay.connections();
  expect(connections.some((connection) => connection[side].length > 0)).toBe(true);
  for (const connection of connections) {
    const messages = readPeerMessages(connection[side]);
    expect(messages.map(({ name }) => name)).toEqual(messages.length === 0 ? [] : ['extendedHandshake']);
    for (const { payload } of messages) expect(payload.toString('latin1')).toMatch(/^d1:md7:pl_authi\d+eee$/);
  }
}

test.for(strangers)('%s gets nothing of a closed swarm that is live', async ([, makeStranger], { arena }) => {
  const { payload, seed, leech, listening } = await liveSwarm(arena);

  const toSeed = await arena.relay(listening);
  let gone = strangerGone(seed);
  const { folder, libtorrent, listening: strange } = await makeStranger(arena, payload, toSeed.endpoint);
  expect(await gone, 'where it dials').toBeLessThan(goneMs);
  const toStranger = await arena.relay(strange);
  gone = strangerGone(seed);
  seed.connect(toStranger.endpoint);
  expect(await gone, 'where it is dialled').toBeLessThan(goneMs);

  expect(leech.torrent.state, 'all of that came while members were at it').toBe('downloading');
  seed.session.applySettings({ uploadLimitBytesPerSecond: 0 });
  await leech.finished();
  await arena.expectSame(payload, leech.folder);

  expectSaidNothing(toSeed, 'fromTarget');
  expectSaidNothing(toStranger, 'fromDialler');
  expect(seed.torrent.stats.uploadedBytes).toBe(payload.totalBytes);
  // aria2 makes an empty file at once.
  expect((await stat(join(folder, payload.name)).catch(() => undefined))?.size ?? 0).toBe(0);
  if (libtorrent === undefined) return;
  expect(await toldTo(libtorrent)).toEqual([]);
  expect(await libtorrent.status()).toMatchObject({ downloadedBytes: 0, uploadedBytes: 0, pieceCount: 0 });
  expect(await libtorrent.peers()).toEqual([]);
});

test.for(strangers)('%s gets all that from an open swarm', async ([name, makeStranger], { arena }) => {
  const { payload, listening } = await liveSwarm(arena, true);
  const toSeed = await arena.relay(listening);
  const { libtorrent } = await makeStranger(arena, payload, toSeed.endpoint);
  const said = (): readonly string[] =>
    toSeed.connections().flatMap(({ fromTarget }) => readPeerMessages(fromTarget).map(({ name }) => name));
  await expect
    .poll(said, { timeout: 30_000 })
    .toEqual(expect.arrayContaining(['haveAll', 'extended', 'piece']));
  if (libtorrent === undefined) return;
  const isMagnet = name.includes('magnet');
  await expect
    .poll(() => toldTo(libtorrent), { timeout: 30_000 })
    .toEqual(
      expect.arrayContaining(['bitfield', 'unchoke', 'piece', 'pex', ...(isMagnet ? ['metadata'] : [])]),
    );
});

test('libtorrent and aria2 that have everything are asked for nothing', async ({ arena }) => {
  const payload = await arena.payload('odd');
  const leech = member(arena);
  await leech.add(payload.metainfo);
  const libtorrent = arena.libtorrent();
  await libtorrent.add(payload.torrentPath, payload.folder);
  const aria2 = await arena.aria2(payload, payload.folder);
  for (const stranger of [libtorrent, aria2]) {
    const gone = strangerGone(leech);
    leech.connect(await stranger.listening());
    expect(await gone).toBeLessThan(goneMs);
  }
  expect(leech.torrent.stats).toMatchObject({ downloadedBytes: 0, piecesHave: 0 });
  expect(await readdir(leech.folder).catch(() => [])).not.toContain(payload.name);
  expect((await libtorrent.status()).uploadedBytes).toBe(0);
});
