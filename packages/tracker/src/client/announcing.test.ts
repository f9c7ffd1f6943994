import { MemoryStorage, SeededRandom, Session } from '@peerloom/core';
import type { Alert } from '@peerloom/core/plugin';
import { endpoint } from '@peerloom/core/plugin';
import { runSwarm, type Swarm, type SwarmPeer, type SwarmPeerOptions } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { TrackerClient, trackerKey } from '../index.js';
import { bencoded, ScriptedHttpTracker, ScriptedUdpTracker } from './scripted-tracker.fake.js';
import type { TorrentTrackers } from './tracker-status.js';

const trackerAddress = '198.51.100.9';

type Alerts = readonly Readonly<Record<string, unknown>>[];

/** A session that announces, and what it posts. */
async function join(
  swarm: Swarm,
  trackers: readonly (readonly string[])[],
  options: SwarmPeerOptions = {},
): Promise<{ peer: SwarmPeer; alerts: Alerts; trackers: TorrentTrackers }> {
  const peer = await swarm.addPeer({
    extensions: [new TrackerClient()],
    isStarted: false,
    ...options,
  });
  const alerts: Readonly<Record<string, unknown>>[] = [];
  peer.session.on('plugin', ({ event, data }: Extract<Alert, { type: 'plugin' }>) => {
    alerts.push({ event, ...data });
  });
  peer.start();
  const face = peer.torrent.plugin(trackerKey);
  if (face === undefined) throw new TypeError('no tracker extension');
  if (trackers.length > 0) face.replaceTrackers(trackers);
  return { peer, alerts, trackers: face };
}

/** Stops a session; gives how long that took. */
async function stop({ clock }: Swarm, peer: SwarmPeer): Promise<number> {
  const startedMs = clock.now();
  let isOver = false;
  void peer.stop().then(() => {
    isOver = true;
  });
  await clock.runUntil(() => isOver, { timeoutMs: 20_000 });
  return clock.now() - startedMs;
}

const lengthOf = ({ content }: Swarm): string => String(content.metainfo.info.layout.totalLength);
const of = (alerts: Alerts, event: string): Alerts => alerts.filter((alert) => alert.event === event);

describe('a torrent with an HTTP tracker', () => {
  it('is announced with what BEP 3, 7 and 23 ask for', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(trackerAddress), trackerAddress, 6969);
      const { peer } = await join(swarm, [[`http://${trackerAddress}:6969/announce?passkey=1%262`]]);
      await swarm.advance(3000);
      expect(tracker.requests).toHaveLength(1);
      const [request] = tracker.requests;
      expect(request?.path).toBe('/announce');
      expect(request?.from.address).toBe(peer.endpoint.address);
      expect(request?.headers).toContain(`Host: ${trackerAddress}:6969\r\n`);
      expect(Object.fromEntries(request?.query ?? [])).toMatchObject({
        passkey: '1&2',
        port: '6881',
        uploaded: '0',
        downloaded: '0',
        left: lengthOf(swarm),
        compact: '1',
        event: 'started',
        key: expect.stringMatching(/^[0-9A-F]{8}$/),
      });
      const hash = /info_hash=([^&]*)&/.exec(request?.headers ?? '')?.[1] ?? '';
      expect(Buffer.from(unescape(hash), 'latin1').toString('hex')).toBe(swarm.content.infoHash.hex);
    });
  });

  it('is announced at the interval, with the tracker id, as completed when it is, and as stopped', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(trackerAddress), trackerAddress);
      tracker.answer = () =>
        bencoded({ interval: 600, peers: '', 'tracker id': 'a b', complete: 4, incomplete: 5 });
      const seed = await swarm.addSeed();
      const { peer, alerts, trackers } = await join(swarm, [[`http://${trackerAddress}/announce`]]);
      await swarm.advance(5_000);
      expect(tracker.events).toEqual(['started']);
      expect(trackers.trackers()).toMatchObject([{ state: 'working', seeders: 4, leechers: 5, tier: 0 }]);
      peer.torrent.addPeer(seed.endpoint);
      await swarm.runUntilComplete();
      await swarm.advance(3_000);
      expect(tracker.events).toEqual(['started', 'completed']);
      await swarm.advance(640_000);
      expect(tracker.events).toEqual(['started', 'completed', '']);
      const last = tracker.requests.at(-1)?.query;
      expect(last?.get('trackerid')).toBe('a b');
      expect(last?.get('left')).toBe('0');
      expect(last?.get('downloaded')).toBe(lengthOf(swarm));
      peer.torrent.pause();
      await swarm.advance(3_000);
      peer.torrent.resume();
      await swarm.advance(3_000);
      await stop(swarm, peer);
      expect(tracker.events).toEqual(['started', 'completed', '', 'stopped', 'started', 'stopped']);
      expect(tracker.requests.at(-1)?.query.get('numwant')).toBe('0');
      expect(of(alerts, 'reply')[0]).toMatchObject({
        seeders: 4,
        leechers: 5,
        intervalMs: 600_000,
        peers: 0,
      });
    });
  });

  it('is told of as stopped when it is removed, and not as completed when its data was there', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(trackerAddress), trackerAddress);
      const { peer } = await join(swarm, [[`http://${trackerAddress}/announce`]], { have: 'all' });
      await swarm.advance(100_000);
      expect(tracker.events).toEqual(['started']);
      expect(tracker.requests[0]?.query.get('left')).toBe('0');
      void peer.session.removeTorrent(peer.torrent.infoHash);
      await swarm.advance(3_000);
      expect(tracker.events).toEqual(['started', 'stopped']);
    });
  });

  it('brings peers together, in every form that peers are told of', async () => {
    await runSwarm({}, async (swarm) => {
      const seed = await swarm.addSeed({ addresses: ['203.0.113.5', '2001:db8::5'] });
      const { address, port } = seed.endpoint;
      const compact = Buffer.from([...address.split('.').map(Number), port >> 8, port & 255]);
      const forms = [
        { peers: compact },
        {
          peers: [
            { ip: address, port, 'peer id': 'x'.repeat(20) },
            { ip: 'a.name.example', port: 1 },
          ],
        },
      ];
      for (const [index, form] of forms.entries()) {
        const host = `198.51.100.${20 + index}`;
        const tracker = await ScriptedHttpTracker.listen(swarm.host(host), host);
        tracker.answer = () => bencoded({ interval: 600, ...form });
        const { peer } = await join(swarm, [[`http://${host}/announce`]], { isMagnet: false });
        await swarm.runUntilComplete({ peers: [peer] });
        expect(peer.torrent.knownPeers().map(({ source }) => source)).toEqual(['tracker']);
      }
    });
  });

  it('does not dial local addresses because a tracker elsewhere says so, nor port 0', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(trackerAddress), trackerAddress);
      const peers = Buffer.from('7f0000011ae1c0a800011ae1a9fea9fe0050cb0071050000', 'hex');
      tracker.answer = () => bencoded({ interval: 600, peers });
      const { peer, alerts } = await join(swarm, [[`http://${trackerAddress}/announce`]]);
      await swarm.advance(3_000);
      expect(of(alerts, 'reply')).toMatchObject([{ peers: 4, newPeers: 0 }]);
      expect(peer.torrent.knownPeers()).toEqual([]);
      expect(peer.session.stats().counters['tracker.refused']).toBe(4);
    });
  });

  it('asks again early while it lacks peers, but not before the minimal interval', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(trackerAddress), trackerAddress);
      tracker.answer = () => bencoded({ interval: 3600, 'min interval': 300, peers: '' });
      const { trackers } = await join(swarm, [[`http://${trackerAddress}/announce`]]);
      await swarm.advance(200_000);
      trackers.announceNow();
      await swarm.advance(99_000);
      expect(tracker.requests).toHaveLength(1);
      await swarm.advance(6_000);
      expect(tracker.requests).toHaveLength(2);
      await swarm.advance(1_200_000);
      expect(tracker.requests).toHaveLength(3);
    });
  });

  it('waits for the session to listen, and announces port 1 where it never does, as trackers refuse 0', async () => {
    await runSwarm({}, async (swarm) => {
      const host = swarm.host('203.0.113.77');
      const tracker = await ScriptedHttpTracker.listen(swarm.host(trackerAddress), trackerAddress);
      const session = new Session({
        storage: new MemoryStorage(),
        clock: swarm.clock,
        network: host,
        random: new SeededRandom('a'),
        extensions: [new TrackerClient()],
      });
      const torrent = session.addTorrent({ torrent: swarm.content.metainfo });
      torrent.plugin(trackerKey)?.replaceTrackers([[`http://${trackerAddress}/announce`]]);
      await swarm.advance(2_500);
      expect(tracker.requests).toEqual([]);
      await swarm.advance(3_000);
      expect(tracker.requests[0]?.query.get('port')).toBe('1');
      await session.listen(endpoint('203.0.113.77', 4000));
      await swarm.advance(125_000);
      expect(tracker.requests[1]?.query.get('port')).toBe('4000');
      const stopped = session.stop();
      await swarm.advance(10_000);
      await stopped;
    });
  });
});

describe('several trackers', () => {
  it('are tried tier by tier; one that works is the first of its tier from then on (BEP 12)', async () => {
    await runSwarm({ seed: 3 }, async (swarm) => {
      const addresses = ['198.51.100.1', '198.51.100.2', '198.51.100.3'];
      const [a, b, c] = await Promise.all(
        addresses.map((address) => ScriptedHttpTracker.listen(swarm.host(address), address)),
      );
      const failing = () => bencoded({ 'failure reason': 'not today' });
      if (a === undefined || b === undefined || c === undefined) throw new TypeError();
      a.answer = failing;
      b.answer = failing;
      const url = (index: number) => `http://${addresses[index]}/announce`;
      const { trackers, alerts } = await join(swarm, [[url(0), url(1)], [url(2)]]);
      await swarm.advance(5_000);
      expect([a, b, c].map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
      expect(of(alerts, 'failure')).toMatchObject([
        { code: 'TRACKER_REFUSED', message: 'not today', failureCount: 1, retryInMs: expect.any(Number) },
        { code: 'TRACKER_REFUSED' },
      ]);
      b.answer = () => bencoded({ interval: 600, peers: '' });
      trackers.announceNow();
      await swarm.advance(130_000);
      expect(trackers.trackers().map((status) => [status.url, status.state])).toEqual([
        [url(1), 'working'],
        [url(0), expect.any(String)],
        [url(2), 'working'],
      ]);
      const before = c.requests.length;
      await swarm.advance(700_000);
      expect(c.requests).toHaveLength(before);
    });
  });

  it('do not wait long for one that is silent, in a private torrent until it has failed', async () => {
    for (const isPrivate of [false, true]) {
      await runSwarm({ torrent: { isPrivate } }, async (swarm) => {
        const silent = await ScriptedHttpTracker.listen(swarm.host('198.51.100.1'), '198.51.100.1');
        silent.answer = () => undefined;
        const working = await ScriptedHttpTracker.listen(swarm.host('198.51.100.2'), '198.51.100.2');
        await join(swarm, [['http://198.51.100.1/announce'], ['http://198.51.100.2/announce']]);
        await swarm.advance(20_000);
        expect(working.requests).toHaveLength(isPrivate ? 0 : 1);
        await swarm.advance(15_000);
        expect(working.requests).toHaveLength(1);
      });
    }
  });
});

describe('stopping', () => {
  it('takes three and a half seconds at most with a tracker that has fallen silent', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(trackerAddress), trackerAddress);
      const { peer, alerts } = await join(swarm, [[`http://${trackerAddress}/announce`]]);
      await swarm.advance(3_000);
      tracker.answer = () => undefined;
      expect(await stop(swarm, peer)).toBeLessThanOrEqual(3_600);
      expect(tracker.events).toEqual(['started', 'stopped']);
      expect(of(alerts, 'failure')).toMatchObject([{ code: 'TRACKER_TIMEOUT' }]);
    });
  });

  it('tells trackers that are replaced', async () => {
    await runSwarm({}, async (swarm) => {
      const one = await ScriptedHttpTracker.listen(swarm.host('198.51.100.1'), '198.51.100.1');
      const other = await ScriptedUdpTracker.listen(swarm.host('198.51.100.2'), '198.51.100.2', 80);
      const { trackers } = await join(swarm, [['http://198.51.100.1/announce']]);
      await swarm.advance(3_000);
      trackers.addTracker('udp://198.51.100.2');
      expect(trackers.trackers().map(({ tier, url }) => [tier, url])).toEqual([
        [0, 'http://198.51.100.1/announce'],
        [1, 'udp://198.51.100.2'],
      ]);
      trackers.replaceTrackers([['udp://198.51.100.2']]);
      await swarm.advance(3_000);
      expect(one.events).toEqual(['started', 'stopped']);
      expect(other.actions).toEqual(['connect', 'started']);
      expect(() => trackers.addTracker('ftp://198.51.100.2')).toThrow(
        expect.objectContaining({ code: 'TRACKER_URL' }),
      );
      expect(trackers.trackers()).toHaveLength(1);
    });
  });
});
