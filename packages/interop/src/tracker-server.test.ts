import { formatEndpoint } from '@peerloom/core';
import type { AnnounceEvent, TrackerAnnounce, TrackerProtocol } from '@peerloom/tracker/server';
import { describe, expect } from 'vitest';
import { type Arena, test } from './arena/arena.js';
import type { Aria2Options } from './engines/aria2.js';
import { type AddressFamily, type Engine, loopback } from './engines/engine.js';
import { findFreePort } from './engines/free-port.js';

const protocols: readonly TrackerProtocol[] = ['http', 'udp'];
const families: readonly AddressFamily[] = [4, 6];
const ways = protocols.flatMap((protocol) => families.map((family) => ({ protocol, family })));

/** Matches announces of the engine at this port. */
async function by(engine: Engine, event?: AnnounceEvent): Promise<(announce: TrackerAnnounce) => boolean> {
  const { port } = await engine.listening();
  return ({ peer, event: said }) => peer.port === port && (event === undefined || said === event);
}

/** What aria2 needs to speak to UDP trackers: it does so through its DHT socket. */
async function udpTrackers(arena: Arena): Promise<Aria2Options> {
  return {
    'enable-dht': 'true',
    'dht-file-path': arena.file('dht.dat'),
    'dht-listen-port': String(await findFreePort()),
  };
}

describe.each(ways)('Peerloom is the tracker, over $protocol and IPv$family', ({ protocol, family }) => {
  test('libtorrents find each other, and tell of start, completion and end', async ({ arena }) => {
    const tracker = arena.trackerServer();
    const payload = await arena.payload('odd', { trackers: [[await tracker.url(protocol, family)]] });
    // On loopback it would ask for nothing but announces.
    const [seed, leech] = [arena.libtorrent({ ssrf_mitigation: false }), arena.libtorrent()];
    await seed.add(payload.torrentPath, payload.folder);
    const started = await tracker.announced(
      ({ event, leftBytes }) => event === 'started' && leftBytes === 0,
      'the start of the seed',
    );
    expect(started).toMatchObject({ protocol, peer: { address: loopback[family] }, failure: undefined });
    expect(formatEndpoint(started.peer)).toBe(formatEndpoint(await seed.listening(family)));

    const folder = arena.folder();
    await leech.add(payload.torrentPath, folder);
    await leech.finished();
    await arena.expectSame(payload, folder);
    const { port } = await leech.listening(family);
    const ofLeech = (event: AnnounceEvent) =>
      tracker.announced(
        ({ peer, event: said }) => peer.port === port && said === event,
        `${event} of the leech`,
      );
    expect(await ofLeech('started')).toMatchObject({ leftBytes: payload.totalBytes, peersTold: 1 });
    expect(await ofLeech('completed')).toMatchObject({
      leftBytes: 0,
      downloadedBytes: payload.totalBytes,
      counts: { complete: 2, incomplete: 0, downloaded: 1 },
    });

    expect(await seed.scrape()).toMatchObject({ complete: 2, incomplete: 0 });
    expect(tracker.server.stats().scrapes[protocol]).toBeGreaterThan(0);

    await leech.remove();
    expect(await ofLeech('stopped')).toMatchObject({ peersTold: 0, counts: { complete: 1, incomplete: 0 } });
    expect(tracker.server.stats()).toMatchObject({ peers: 1, seeds: 1 });
    expect(tracker.server.stats().refused.malformed).toBe(0);
  });
});

describe.each(protocols)('Peerloom is the tracker, over %s', (protocol) => {
  test('aria2 finds a seed, and tells of start, completion and end', async ({ arena }) => {
    const tracker = arena.trackerServer();
    const payload = await arena.payload('odd', { trackers: [[await tracker.url(protocol)]] });
    const seed = arena.libtorrent();
    await seed.add(payload.torrentPath, payload.folder);
    await tracker.announced(await by(seed, 'started'), 'the start of the seed');
    const folder = arena.folder();
    const aria2 = await arena.aria2(payload, folder, protocol === 'udp' ? await udpTrackers(arena) : {});
    await aria2.finished();
    await arena.expectSame(payload, folder);
    const started = await tracker.announced(await by(aria2, 'started'), 'the start of aria2');
    expect(started).toMatchObject({ protocol, leftBytes: payload.totalBytes, peersTold: 1 });
    const completed = await tracker.announced(await by(aria2, 'completed'), 'the completion of aria2');
    expect(completed.counts).toEqual({ complete: 2, incomplete: 0, downloaded: 1 });
    await aria2.leave();
    const stopped = await tracker.announced(await by(aria2, 'stopped'), 'the end of aria2');
    expect(stopped.counts).toMatchObject({ complete: 1, incomplete: 0 });
  });

  // It dials no loopback address, so others learn of it and dial it.
  test.concurrent('transmission is found by a leech, and by a seed', async ({ arena }) => {
    const tracker = arena.trackerServer();
    const payload = await arena.payload('odd', { trackers: [[await tracker.url(protocol)]] });
    const seed = await arena.transmission();
    await seed.add(payload.torrentPath, payload.folder);
    const started = await tracker.announced(await by(seed), 'an announce of the seed');
    expect(started).toMatchObject({ protocol, event: 'started', leftBytes: 0 });
    const libtorrent = arena.libtorrent();
    const folder = arena.folder();
    await libtorrent.add(payload.torrentPath, folder);
    await libtorrent.finished();
    await arena.expectSame(payload, folder);
    await seed.remove();
    await tracker.announced(await by(seed, 'stopped'), 'the end of the seed');

    const leech = await arena.transmission();
    const leechFolder = arena.folder();
    await leech.add(payload.torrentPath, leechFolder);
    const second = await tracker.announced(await by(leech), 'an announce of the leech');
    expect(second).toMatchObject({ protocol, event: 'started', peersTold: 1 });
    await expect
      .poll(() => leech.trackers(), { timeout: 30_000, interval: 200 })
      .toMatchObject([
        { lastAnnounceSucceeded: true, lastAnnounceResult: 'Success', lastAnnouncePeerCount: 1 },
      ]);
    const seedAgain = arena.libtorrent();
    await seedAgain.add(payload.torrentPath, payload.folder);
    await leech.finished();
    await arena.expectSame(payload, leechFolder);
    const completed = await tracker.announced(await by(leech, 'completed'), 'the completion of the leech');
    expect(completed.leftBytes).toBe(0);
  });
});
