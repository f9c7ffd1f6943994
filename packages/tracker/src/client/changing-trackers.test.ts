import { type Alert, endpoint } from '@peerloom/core/plugin';
import { runSwarm, type Swarm, type SwarmPeer, type SwarmPeerOptions } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { TrackerClient, trackerKey } from '../index.js';
import { bencoded, ScriptedHttpTracker } from './scripted-tracker.fake.js';
import type { TorrentTrackers } from './tracker-status.js';

const addresses = ['198.51.100.1', '198.51.100.2'] as const;
const urls = addresses.map((address) => `http://${address}/announce`);
const [firstUrl = '', otherUrl = ''] = urls;

/** Two trackers. */
async function listen(swarm: Swarm): Promise<readonly [ScriptedHttpTracker, ScriptedHttpTracker]> {
  const [one, other] = addresses;
  return [
    await ScriptedHttpTracker.listen(swarm.host(one), one),
    await ScriptedHttpTracker.listen(swarm.host(other), other),
  ];
}

/** A session that announces, and what it posts. */
async function join(
  swarm: Swarm,
  options: SwarmPeerOptions = {},
): Promise<{ peer: SwarmPeer; alerts: Readonly<Record<string, unknown>>[]; trackers: TorrentTrackers }> {
  const peer = await swarm.addPeer({ extensions: [new TrackerClient()], isStarted: false, ...options });
  const alerts: Readonly<Record<string, unknown>>[] = [];
  peer.session.on('plugin', ({ event, data }: Extract<Alert, { type: 'plugin' }>) => {
    alerts.push({ event, ...data });
  });
  peer.start();
  const trackers = peer.torrent.plugin(trackerKey);
  if (trackers === undefined) throw new TypeError('no tracker extension');
  return { peer, alerts, trackers };
}

describe('trackers that are replaced while they are asked', () => {
  it('are not waited for', async () => {
    await runSwarm({}, async (swarm) => {
      const [one, other] = await listen(swarm);
      one.answer = () => undefined;
      const { trackers } = await join(swarm);
      trackers.replaceTrackers([[firstUrl]]);
      await swarm.advance(3_000);
      trackers.replaceTrackers([[otherUrl]]);
      await swarm.advance(2_000);
      expect([one.events, other.events]).toEqual([['started', 'stopped'], ['started']]);
    });
  });

  it('are not gone on to', async () => {
    await runSwarm({}, async (swarm) => {
      const [one, other] = await listen(swarm);
      one.answer = () => undefined;
      const { trackers } = await join(swarm);
      trackers.replaceTrackers([[firstUrl], [otherUrl]]);
      await swarm.advance(3_000);
      trackers.replaceTrackers([[firstUrl]]);
      await swarm.advance(60_000);
      expect(other.events).toEqual([]);
    });
  });
});

describe('a session that begins to listen elsewhere while a tracker is asked', () => {
  it('tells the tracker as soon as that may be', async () => {
    await runSwarm({ network: { latencyMs: 1_000 } }, async (swarm) => {
      const [one] = await listen(swarm);
      const { peer, alerts, trackers } = await join(swarm, { have: 'all' });
      trackers.replaceTrackers([[firstUrl]]);
      await swarm.clock.runUntil(() => alerts.length > 0, { timeoutMs: 5_000 });
      expect(one.events).toEqual([]);
      await peer.session.listen(endpoint(peer.endpoint.address, 7_000));
      await swarm.advance(130_000);
      expect(one.events).toEqual(['started', '']);
    });
  });
});

describe('a private torrent', () => {
  it('leaves the peers of a tracker that has failed when another one is used (BEP 27)', async () => {
    await runSwarm({ torrent: { isPrivate: true } }, async (swarm) => {
      const [one, other] = await listen(swarm);
      const stranger = await swarm.addPeer({ addresses: ['203.0.113.5'] });
      const { address, port } = stranger.endpoint;
      const peers = Buffer.from([...address.split('.').map(Number), port >> 8, port & 255]);
      one.answer = () => bencoded({ interval: 60, peers });
      const { peer, trackers } = await join(swarm);
      trackers.replaceTrackers([[firstUrl], [otherUrl]]);
      await swarm.advance(10_000);
      expect(peer.torrent.knownPeers()).toMatchObject([{ isConnected: true }]);
      one.answer = () => bencoded({ 'failure reason': 'gone' });
      await swarm.advance(70_000);
      expect(other.events).toEqual(['started']);
      expect(peer.torrent.knownPeers()).toMatchObject([{ isConnected: false }]);
    });
  });
});

describe('a tracker that has never answered', () => {
  it('is not waited for when the session stops, unless it is just being asked', async () => {
    for (const [afterMs, events] of [
      [10_000, ['started', 'stopped']],
      [40_000, ['started']],
    ] as const) {
      await runSwarm({}, async (swarm) => {
        const [one] = await listen(swarm);
        one.answer = () => undefined;
        const { peer, trackers } = await join(swarm);
        trackers.replaceTrackers([[firstUrl]]);
        await swarm.advance(afterMs);
        void peer.stop();
        await swarm.advance(5_000);
        expect(one.events).toEqual(events);
      });
    }
  });
});

describe('a tracker that cannot be asked', () => {
  const trackers = [['ws://tracker.example/announce'], [firstUrl], ['wss://tracker.example/']];

  it('is told of as failed once, and others are asked', async () => {
    await runSwarm({ torrent: { trackers } }, async (swarm) => {
      const [one] = await listen(swarm);
      const { peer, alerts, trackers: face } = await join(swarm);
      await swarm.advance(5_000);
      peer.torrent.pause();
      await swarm.advance(5_000);
      peer.torrent.resume();
      face.announceNow();
      await swarm.advance(5_000);
      expect(alerts.filter(({ event }) => event === 'failure')).toMatchObject([
        {
          url: 'ws://tracker.example/announce',
          code: 'TRACKER_UNSUPPORTED',
          message: expect.stringContaining('UDP'),
          retryInMs: Number.POSITIVE_INFINITY,
        },
        { url: 'wss://tracker.example/', code: 'TRACKER_UNSUPPORTED' },
      ]);
      expect(face.trackers().map(({ state }) => state)).toEqual(['unsupported', 'working', 'unsupported']);
      expect(one.events).toEqual(['started', 'stopped', 'started']);
    });
  });

  it('does not keep one from being added', async () => {
    await runSwarm({ torrent: { trackers } }, async (swarm) => {
      const { trackers: face } = await join(swarm);
      face.addTracker(otherUrl);
      expect(face.trackers().map(({ url }) => url)).toEqual([...trackers.flat(), otherUrl]);
      expect(() => face.addTracker('wss://other.example/announce')).toThrow(
        expect.objectContaining({ code: 'TRACKER_URL' }),
      );
    });
  });
});
