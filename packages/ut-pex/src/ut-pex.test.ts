import { defineTorrentExtension, endpoint, formatEndpoint, pluginApiVersion } from '@peerloom/core/plugin';
import { runSwarm, type Swarm, type SwarmOptions, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { PexScript } from './pex-script.fake.js';
import { utPex } from './ut-pex.js';

const options: SwarmOptions = { network: { latencyMs: 20 }, extensions: () => [utPex()] };
const identity = { apiVersion: pluginApiVersion };

/** Runs with one peer that listens on IPv4 and IPv6 and has nothing. */
function runHub(
  body: (swarm: Swarm, hub: SwarmPeer) => Promise<void>,
  more: Parameters<Swarm['addLeech']>[0] = {},
): Promise<void> {
  return runSwarm(options, async (swarm) => {
    const hub = await swarm.addLeech({
      addresses: ['192.0.2.1', '2001:db8::1'],
      // Scripts send no keep-alives.
      settings: { maxConnectionsPerTorrent: 300, maxConnections: 300, inactivityTimeoutMs: 3_600_000 },
      ...more,
    });
    await hub.session.listen(endpoint('2001:db8::1', 6881));
    await body(swarm, hub);
  });
}

describe('telling', () => {
  it('finds a swarm of 60, where each knows one address, within a minute', async () => {
    await runSwarm(options, async (swarm) => {
      const first = await swarm.addLeech();
      while (swarm.peers.length < 60) {
        await swarm.addLeech({ connectTo: [first] });
        // Of those that come at once the first one would turn some away.
        await swarm.advance(100);
      }
      await swarm.advance(15_000);
      const all = swarm.peers.map((peer) => formatEndpoint(peer.endpoint));
      const newcomer = await swarm.addLeech({ connectTo: [first] });
      await swarm.advance(15_000);
      for (const { torrent, endpoint: own } of swarm.peers) {
        const known = torrent.knownPeers().map((peer) => formatEndpoint(peer.endpoint));
        expect(known).toEqual(expect.arrayContaining(all.filter((text) => text !== formatEndpoint(own))));
        expect(torrent.peers().filter(({ isReady }) => isReady).length).toBeGreaterThanOrEqual(59);
      }
      expect(newcomer.torrent.knownPeers()).toHaveLength(60);
    });
  });

  it('tells 100 at first, the others a minute later, and nobody is said to be gone who was not', async () => {
    await runHub(async (swarm, hub) => {
      const others: PexScript[] = [];
      for (let i = 0; i < 130; i++) {
        others.push(
          await PexScript.connect(swarm, hub, `198.51.${100 + (i >> 7)}.${(i & 127) + 1}`, { p: 7000 }),
        );
      }
      const observer = await PexScript.connect(swarm, hub, '203.0.113.1');
      await swarm.advance(130_000);
      expect(observer.told.map(({ added, dropped }) => [added.length, dropped.length])).toEqual([
        [100, 0],
        [30, 0],
      ]);
      const told = observer.told.flatMap(({ added }) => added);
      expect(new Set(told).size).toBe(130);
      for (const other of others.slice(0, 60)) other.fake.end();
      await swarm.advance(130_000);
      const [, , ...later] = observer.told;
      expect(later.map(({ added, dropped }) => [added.length, dropped.length])).toEqual([
        [0, 50],
        [0, 10],
      ]);
      const gone = later.flatMap(({ dropped }) => dropped);
      expect(gone.every((text) => told.includes(text))).toBe(true);
      expect(new Set(gone).size).toBe(60);
      const times = observer.told.map(({ atMs }) => atMs);
      for (const [i, atMs] of times.slice(1).entries())
        expect(atMs - (times[i] ?? 0)).toBeGreaterThanOrEqual(60_000);
    });
  });

  it('tells each peer what has changed for that peer, and nothing where nothing has', async () => {
    await runHub(async (swarm, hub) => {
      const early = await PexScript.connect(swarm, hub, '198.51.100.1', { p: 7001 });
      await swarm.advance(30_000);
      expect(early.told).toEqual([]);
      const late = await PexScript.connect(swarm, hub, '198.51.100.2', { p: 7002 });
      await swarm.advance(10_000);
      // Who has not been told anything yet need not wait for a minute.
      expect(early.told).toMatchObject([{ added: ['198.51.100.2:7002'], dropped: [] }]);
      expect(late.told).toMatchObject([{ added: ['198.51.100.1:7001'], dropped: [] }]);
      early.fake.end();
      await swarm.advance(200_000);
      expect(late.told.slice(1)).toMatchObject([{ added: [], dropped: ['198.51.100.1:7001'] }]);
      expect(early.told).toHaveLength(1);
    });
  });

  it('tells of IPv4 and IPv6 peers by the ports on which they listen, with what is known of them', async () => {
    await runHub(async (swarm, hub) => {
      const reached = await swarm.addLeech({ addresses: '198.51.100.9' });
      swarm.connect(hub, reached);
      await PexScript.connect(swarm, hub, '198.51.100.1', { p: 7001, e: 1 });
      const seed = await PexScript.connect(swarm, hub, '2001:db8::2', { p: 7002 }, { ut_holepunch: 4 });
      seed.fake.send({ type: 'haveAll' });
      await PexScript.connect(swarm, hub, '198.51.100.3');
      const observer = await PexScript.connect(swarm, hub, '2001:db8::9', { p: 7009 });
      await swarm.advance(5_000);
      expect(Object.fromEntries(observer.flags)).toEqual({
        '198.51.100.9:6881': { isReachable: true },
        '198.51.100.1:7001': { prefersEncryption: true },
        '[2001:db8::2]:7002': { isSeed: true, supportsHolepunch: true },
      });
    });
  });

  it('keeps addresses of a local network on it', async () => {
    await runHub(async (swarm, hub) => {
      await PexScript.connect(swarm, hub, '192.168.7.1', { p: 7001 });
      const local = await PexScript.connect(swarm, hub, '10.7.0.2', { p: 7002 });
      const far = await PexScript.connect(swarm, hub, '198.51.100.1', { p: 7003 });
      await swarm.advance(5_000);
      expect(local.told.flatMap(({ added }) => added).sort()).toEqual([
        '192.168.7.1:7001',
        '198.51.100.1:7003',
      ]);
      expect(far.told).toEqual([]);
    });
  });

  it('tells those who have proved who they are of each other, and others of others', async () => {
    const passports = defineTorrentExtension({ ...identity, name: 'passports' }, () => ({
      newConnection: (peer) => {
        if (peer.endpoint.address.startsWith('203.0.113.')) peer.setPrincipal(peer.endpoint.address);
        return {};
      },
    }));
    await runHub(
      async (swarm, hub) => {
        const members = [
          await PexScript.connect(swarm, hub, '203.0.113.1', { p: 7001 }),
          await PexScript.connect(swarm, hub, '203.0.113.2', { p: 7002 }),
        ];
        const strangers = [
          await PexScript.connect(swarm, hub, '198.51.100.1', { p: 7003 }),
          await PexScript.connect(swarm, hub, '198.51.100.2', { p: 7004 }),
        ];
        await swarm.advance(5_000);
        const told = [...members, ...strangers].map((script) => script.told.flatMap(({ added }) => added));
        expect(told).toEqual([
          ['203.0.113.2:7002'],
          ['203.0.113.1:7001'],
          ['198.51.100.2:7004'],
          ['198.51.100.1:7003'],
        ]);
      },
      { extensions: [passports] },
    );
  });

  it('tells nobody who does not take the message', async () => {
    await runHub(async (swarm, hub) => {
      await PexScript.connect(swarm, hub, '198.51.100.1', { p: 7001 });
      const deaf = await PexScript.connect(swarm, hub, '198.51.100.2', {}, { ut_pex: 0 });
      await swarm.advance(70_000);
      expect(deaf.told).toEqual([]);
      deaf.fake.sendExtensionHandshake({ ut_pex: 7 });
      await swarm.advance(5_000);
      expect(deaf.told).toHaveLength(1);
    });
  });
});
