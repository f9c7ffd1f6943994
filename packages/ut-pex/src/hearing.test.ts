import {
  defineTorrentExtension,
  encode,
  endpoint,
  pluginApiVersion,
  type TorrentContext,
} from '@peerloom/core/plugin';
import { runSwarm, type Swarm, type SwarmPeer, type SwarmPeerOptions } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { far, PexScript } from './pex-script.fake.js';
import { utPex } from './ut-pex.js';

/** Gives the test an extension's view of the torrent. */
class Insider {
  context: TorrentContext | undefined;
  readonly extension = defineTorrentExtension(
    { name: 'insider', apiVersion: pluginApiVersion },
    (torrent) => {
      this.context = torrent;
      return {};
    },
  );

  get torrent(): TorrentContext {
    if (this.context === undefined) throw new Error('it has no torrent');
    return this.context;
  }
}

interface Scene {
  readonly swarm: Swarm;
  readonly hub: SwarmPeer;
  readonly insider: Insider;
}

function run(
  body: (scene: Scene) => Promise<void>,
  { isPrivate = false, ...hubOptions }: SwarmPeerOptions & { readonly isPrivate?: boolean } = {},
): Promise<void> {
  return runSwarm({ torrent: { isPrivate }, network: { latencyMs: 20 } }, async (swarm) => {
    const insider = new Insider();
    const extensions = [utPex(), insider.extension];
    const hub = await swarm.addLeech({ addresses: '192.0.2.1', extensions, ...hubOptions });
    await body({ swarm, hub, insider });
  });
}

function learnedBy(hub: SwarmPeer): string[] {
  return hub.torrent
    .knownPeers()
    .filter(({ source }) => source === 'pex')
    .map((peer) => peer.endpoint.address);
}

function counter(hub: SwarmPeer, name: string): number {
  return hub.session.stats().counters[`ut_pex.${name}`] ?? 0;
}

describe('hearing', () => {
  it('connects to whom it is told of, and keeps what is said of them', async () => {
    await run(async ({ swarm, hub }) => {
      const other = await swarm.addLeech({ addresses: '198.51.100.7' });
      const script = await PexScript.connect(swarm, hub, '203.0.113.1');
      const flags = { isReachable: true, supportsUtp: true };
      const events: unknown[] = [];
      hub.session.on('plugin', ({ event, data, endpoint: from }) =>
        events.push([event, data, from?.address]),
      );
      script.tell({ added: [{ endpoint: other.endpoint, flags }] });
      await swarm.advance(5_000);
      expect(hub.torrent.knownPeers()).toMatchObject([{ source: 'pex', flags, isConnected: true }]);
      expect(counter(hub, 'learned')).toBe(1);
      expect(events).toEqual([['learned', { count: 1 }, '203.0.113.1']]);
    });
  });

  it('takes local addresses from local peers only', async () => {
    await run(async ({ swarm, hub }) => {
      const stranger = await PexScript.connect(swarm, hub, '203.0.113.1');
      stranger.tellAdded(endpoint('10.0.0.9', 1), endpoint('127.0.0.1', 22), endpoint('fd00::1', 1));
      const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 0, 1, 1, 1);
      stranger.tellRaw(encode({ added6: mapped, 'added6.f': '\0' }));
      await swarm.advance(1_000);
      expect(learnedBy(hub)).toEqual([]);
      expect(counter(hub, 'refused')).toBe(4);
      const neighbour = await PexScript.connect(swarm, hub, '10.1.1.1');
      neighbour.tellRaw(encode({ added6: mapped, 'added6.f': '\0' }));
      await swarm.advance(1_000);
      expect(learnedBy(hub)).toEqual(['192.168.0.1']);
    });
  });

  it('takes 50 that are connected to one peer, and 50 from another', async () => {
    await run(async ({ swarm, hub }) => {
      const [one, two] = [
        await PexScript.connect(swarm, hub, '203.0.113.1'),
        await PexScript.connect(swarm, hub, '203.0.113.2'),
      ];
      one.tellAdded(...Array.from({ length: 80 }, (_, i) => far(i + 1)));
      two.tellAdded(...Array.from({ length: 80 }, (_, i) => far(i + 101)));
      await swarm.advance(1_000);
      expect(learnedBy(hub)).toHaveLength(100);
    });
  });

  it('forgives what comes at once after the connection stood still', async () => {
    await run(async ({ swarm, hub }) => {
      const script = await PexScript.connect(swarm, hub, '203.0.113.1');
      script.tellAdded(far(1));
      await swarm.advance(90_000);
      for (let i = 2; i < 7; i++) script.tellAdded(far(i));
      await swarm.advance(60_000);
      script.tellAdded(far(7));
      await swarm.advance(1_000);
      expect(script.fake.isClosed).toBe(false);
      expect(learnedBy(hub)).toHaveLength(7);
    });
  });

  it('disconnects who floods, and does not go back soon', async () => {
    await run(async ({ swarm, hub }) => {
      const script = await PexScript.connect(swarm, hub, '203.0.113.1', { p: 6881 });
      const alerts: unknown[] = [];
      hub.session.on('plugin', ({ plugin, event }) => alerts.push([plugin, event]));
      hub.session.on('peerDisconnected', ({ reason }) => alerts.push([reason.plugin, reason.origin]));
      for (let i = 0; i < 200; i++) script.tellAdded(far(i));
      await script.fake.expectClosed();
      await swarm.advance(1_000);
      expect(alerts).toEqual([
        ...Array.from({ length: 6 }, () => ['ut_pex', 'learned']),
        ['ut_pex', 'flood'],
        ['ut_pex', 'plugin'],
      ]);
      expect([counter(hub, 'floods'), learnedBy(hub).length]).toEqual([1, 6]);
    });
  });

  it('counts and reports malformed messages, and disconnects who goes on', async () => {
    await run(async ({ swarm, hub }) => {
      const script = await PexScript.connect(swarm, hub, '203.0.113.1');
      const problems: unknown[] = [];
      hub.session.on('plugin', ({ event, data }) => {
        if (event === 'malformed') problems.push(data.problem);
      });
      for (const payload of [encode({ added: 'abc' }), encode([]), new Uint8Array(0)])
        script.tellRaw(payload);
      script.tellAdded(far(1));
      await swarm.advance(1_000);
      expect([script.fake.isClosed, learnedBy(hub)]).toEqual([false, [far(1).address]]);
      expect(problems.slice(0, 2)).toEqual(["'added' has 3 bytes", 'not a dictionary']);
      script.tellRaw(encode({ dropped6: 1 }));
      await script.fake.expectClosed();
      expect([counter(hub, 'malformed'), problems.length]).toEqual([4, 4]);
    });
  });

  it('does not read what is larger than any message', async () => {
    await run(async ({ swarm, hub }) => {
      const script = await PexScript.connect(swarm, hub, '203.0.113.1');
      script.tellRaw(new Uint8Array(65 * 1024));
      await script.fake.expectClosed();
      expect(counter(hub, 'malformed')).toBe(0);
    });
  });
});

describe('staying out', () => {
  it('of a private torrent', async () => {
    await run(
      async ({ swarm, hub }) => {
        const script = await PexScript.connect(swarm, hub, '203.0.113.1');
        expect(script.isTaken).toBe(false);
      },
      { isPrivate: true },
    );
  });

  it('of a torrent that turns out to be private, and forgets whom it has learned of', async () => {
    await run(
      async ({ swarm, hub, insider }) => {
        const other = await swarm.addLeech({ addresses: '198.51.100.7' });
        const script = await PexScript.connect(swarm, hub, '203.0.113.1', { p: 7000 });
        script.tellAdded(other.endpoint, far(1));
        await swarm.advance(2_000);
        expect(hub.torrent.peers().map(({ source }) => source)).toEqual(['incoming', 'pex', 'pex']);
        expect(learnedBy(hub)).toHaveLength(2);
        expect(insider.torrent.setMetadata(swarm.content.metainfo.info.raw)).toBe(true);
        expect(learnedBy(hub)).toEqual([]);
        await swarm.advance(2_000);
        expect(script.isTaken).toBe(false);
        expect(hub.torrent.peers().map((peer) => peer.endpoint.address)).toEqual(['203.0.113.1']);
        const newcomer = await PexScript.connect(swarm, hub, '203.0.113.2', { p: 7000 });
        await swarm.advance(70_000);
        expect([newcomer.isTaken, newcomer.told, script.told]).toEqual([false, [], []]);
        expect(learnedBy(hub)).toEqual([]);
      },
      { isPrivate: true, isMagnet: true },
    );
  });

  it('of a torrent as long as another extension denies peer exchange', async () => {
    await run(async ({ swarm, hub, insider }) => {
      const script = await PexScript.connect(swarm, hub, '203.0.113.1');
      const allow = insider.torrent.policy.deny('pex');
      script.tellAdded(far(1));
      await swarm.advance(2_000);
      await PexScript.connect(swarm, hub, '203.0.113.2', { p: 7000 });
      await swarm.advance(70_000);
      expect([script.isTaken, script.told, learnedBy(hub)]).toEqual([false, [], []]);
      allow();
      await swarm.advance(5_000);
      expect(script.isTaken).toBe(true);
      expect(script.told).toMatchObject([{ added: ['203.0.113.2:7000'], dropped: [] }]);
      script.tellAdded(far(1));
      await swarm.advance(1_000);
      expect(learnedBy(hub)).toEqual([far(1).address]);
    });
  });
});
