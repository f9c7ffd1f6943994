import { endpoint } from '@peerloom/core/plugin';
import { runSwarm, type Swarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { TrackerClient, trackerKey } from '../../index.js';
import { ScriptedUdpTracker, usualAnswer } from '../scripted-tracker.fake.js';
import type { TorrentTrackers } from '../tracker-status.js';

const address = '198.51.100.9';

async function join(swarm: Swarm, url: string, addresses?: readonly string[]) {
  const peer = await swarm.addPeer({
    extensions: [new TrackerClient()],
    isStarted: false,
    ...(addresses !== undefined && { addresses }),
  });
  const failures: unknown[] = [];
  peer.session.on('plugin', ({ event, data }) => {
    if (event === 'failure') failures.push(data.code);
  });
  peer.start();
  const trackers: TorrentTrackers | undefined = peer.torrent.plugin(trackerKey);
  if (trackers === undefined) throw new TypeError('no tracker extension');
  trackers.replaceTrackers([[url]]);
  return { peer, failures, trackers };
}

describe('a UDP tracker', () => {
  it('gets a connect and an announce, which name the URL (BEP 15, 41), and gives peers', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedUdpTracker.listen(swarm.host(address), address, 6969);
      const seed = await swarm.addSeed({ addresses: '203.0.113.5' });
      tracker.answer = (request) => {
        const reply = usualAnswer(request);
        return reply.action === 'announce' ? { ...reply, peers: [seed.endpoint] } : reply;
      };
      const { peer } = await join(swarm, `udp://${address}:6969/announce?key=1`);
      await swarm.runUntilComplete({ peers: [peer] });
      expect(tracker.actions.slice(0, 2)).toEqual(['connect', 'started']);
      expect(tracker.requests[1]?.request).toMatchObject({
        connectionId: 7n,
        infoHash: swarm.content.infoHash.toBytes(),
        leftBytes: swarm.content.metainfo.info.layout.totalLength,
        port: 6881,
        numWant: 80,
        urlData: '/announce?key=1',
      });
    });
  });

  it('is asked again after 15 and 30 seconds, and is given up after 105 (BEP 15)', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedUdpTracker.listen(swarm.host(address), address, 80);
      tracker.answer = () => undefined;
      const { failures } = await join(swarm, `udp://${address}`);
      const counts: number[] = [];
      for (const seconds of [2, 13, 2, 28, 2, 56]) {
        await swarm.advance(seconds * 1000);
        counts.push(tracker.requests.length);
      }
      expect(counts).toEqual([1, 1, 2, 2, 3, 3]);
      expect(failures).toEqual([]);
      await swarm.advance(4000);
      expect(failures).toEqual(['TRACKER_TIMEOUT']);
    });
  });

  it('gives one connection id for a minute to all that ask it, and then another', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedUdpTracker.listen(swarm.host(address), address, 80);
      const { trackers } = await join(swarm, `udp://${address}`);
      await swarm.advance(3000);
      const scraped = trackers.scrape();
      await swarm.advance(1000);
      expect(await scraped).toEqual({ url: `udp://${address}`, seeders: 3, completed: 2, leechers: 1 });
      expect(tracker.actions).toEqual(['connect', 'started', 'scrape']);
      await swarm.advance(61_000);
      const again = trackers.scrape();
      await swarm.advance(1000);
      await again;
      expect(tracker.actions).toEqual(['connect', 'started', 'scrape', 'connect', 'scrape']);
    });
  });

  it('that has forgotten the connection is asked for another one', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedUdpTracker.listen(swarm.host(address), address, 80);
      const { trackers } = await join(swarm, `udp://${address}`);
      await swarm.advance(3000);
      tracker.answer = (request) => {
        const { transactionId } = request;
        if (request.action === 'connect') return { action: 'connect', transactionId, connectionId: 8n };
        if (request.connectionId !== 8n)
          return { action: 'error', transactionId, message: 'unknown connection' };
        return usualAnswer(request);
      };
      const scraped = trackers.scrape();
      await swarm.advance(1000);
      expect(await scraped).toMatchObject({ seeders: 3 });
    });
  });

  it('is not answered for by anybody else, nor by who guesses', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedUdpTracker.listen(swarm.host(address), address, 80);
      const other = await ScriptedUdpTracker.listen(swarm.host('198.51.100.66'), '198.51.100.66', 80);
      tracker.answer = (request, from) => {
        if (request.action !== 'connect') return undefined;
        const { transactionId } = request;
        other.send({ action: 'connect', transactionId, connectionId: 66n }, from);
        tracker.send(
          { action: 'connect', transactionId: (transactionId + 1) >>> 0, connectionId: 67n },
          from,
        );
        return undefined;
      };
      const { peer } = await join(swarm, `udp://${address}`);
      await swarm.advance(10_000);
      expect(tracker.actions).toEqual(['connect']);
      expect(peer.session.stats().counters['tracker.strays']).toBe(2);
      expect(peer.faults).toEqual([]);
    });
  });

  it('that answers something else, or refuses, has failed', async () => {
    for (const [reply, code] of [
      [{ action: 'error', message: 'not here' }, 'TRACKER_REFUSED'],
      [{ action: 'scrape', counts: [] }, 'TRACKER_REPLY'],
    ] as const) {
      await runSwarm({}, async (swarm) => {
        const tracker = await ScriptedUdpTracker.listen(swarm.host(address), address, 80);
        tracker.answer = (request) => {
          const { transactionId } = request;
          return request.action === 'connect' ? usualAnswer(request) : { ...reply, transactionId };
        };
        const { failures } = await join(swarm, `udp://${address}`);
        await swarm.advance(10_000);
        expect(failures).toEqual([code]);
      });
    }
  });

  it('with addresses of both families is told of both (BEP 7)', async () => {
    await runSwarm({}, async (swarm) => {
      const host = swarm.host([address, '2001:db8::9']);
      swarm.network.setName('tracker.example.org', ['2001:db8::9', address]);
      const v4 = await ScriptedUdpTracker.listen(host, address, 80);
      const v6 = await ScriptedUdpTracker.listen(host, '2001:db8::9', 80);
      const { peer } = await join(swarm, 'udp://tracker.example.org', ['203.0.113.7', '2001:db8::7']);
      await peer.session.listen(endpoint('2001:db8::7', 7000));
      await swarm.advance(5000);
      for (const [tracker, port] of [
        [v4, 6881],
        [v6, 7000],
      ] as const) {
        expect(tracker.actions).toEqual(['connect', 'started']);
        expect(tracker.requests[1]?.request).toMatchObject({ port });
      }
      const keys = [v4, v6].map(({ requests }) => requests[1]?.request);
      expect(keys[0]).toMatchObject({ key: keys[1] && 'key' in keys[1] ? keys[1].key : -1 });
    });
  });
});
