import { pluginApiVersion, type SessionPlugin } from '@peerloom/core/plugin';
import { runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const torrent = { pieceLength: 32 * 1024, lengthBytes: 4 * 32 * 1024 } as const;
const thenable = Object.fromEntries([['then', () => {}]]);
const trap = new Proxy(
  {},
  {
    get() {
      throw new Error('trap');
    },
  },
);

/** What a careless author may return where TypeScript does not look. */
function careless(hooks: Record<string, unknown>): SessionPlugin {
  return { name: 'careless', apiVersion: pluginApiVersion, required: true, ...hooks };
}

const newConnection = (value: unknown) => ({ newTorrent: () => ({ newConnection: () => value }) });
const peerHook = (name: string) => newConnection({ [name]: async () => false });

describe('an extension that is required', () => {
  it.each<[string, Record<string, unknown>]>([
    ['newConnection returns a number', newConnection(7)],
    ['newConnection returns false', newConnection(false)],
    ['newConnection returns a promise', newConnection(Promise.resolve({}))],
    ['newConnection returns another kind of promise', newConnection(thenable)],
    ['the peer plugin throws when it is looked at', newConnection(trap)],
    ['newTorrent returns a number', { newTorrent: () => 5 }],
    ['onHandshake is asynchronous', peerHook('onHandshake')],
    ['onExtensionHandshake is asynchronous', peerHook('onExtensionHandshake')],
    ['onAddPeer is asynchronous', { newTorrent: () => ({ onAddPeer: async () => false }) }],
  ])('lets nothing through where %s', async (_title, hooks) => {
    await runSwarm({ seed: 1, torrent, allowsFaults: true }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ isStarted: false, extensions: [careless(hooks)] });
      const faults: string[] = [];
      leech.session.on('pluginFault', ({ plugin }) => {
        faults.push(plugin);
      });
      try {
        leech.start();
      } catch (error) {
        expect(error).toMatchObject({ code: 'PLUGIN_REQUIRED_FAILED' });
      }
      for (const handle of leech.session.torrents()) handle.addPeer(seed.endpoint);
      await swarm.advance(120_000);
      expect(leech.session.stats().downloadedBytes).toBe(0);
      expect(seed.session.stats().uploadedBytes).toBe(0);
      expect(faults).toContain('careless');
    });
  });

  it('unchokes nobody where canUnchoke is asynchronous', async () => {
    await runSwarm({ seed: 1, torrent, allowsFaults: true }, async (swarm) => {
      const seed = await swarm.addSeed({ extensions: [careless(peerHook('canUnchoke'))] });
      const leech = await swarm.addLeech({ connectTo: [seed] });
      await swarm.advance(60_000);
      expect(leech.session.stats().downloadedBytes).toBe(0);
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['tick', peerHook('tick')],
    ['onConnected', peerHook('onConnected')],
  ])('goes on where %s is asynchronous: its answer means nothing', async (_title, hooks) => {
    await runSwarm({ seed: 1, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], extensions: [careless(hooks)] });
      await swarm.runUntilComplete({ peers: [leech] });
    });
  });
});

describe('an extension whose peer plugin throws when it is looked at', () => {
  it('costs its connections and nothing else', async () => {
    await runSwarm({ seed: 1, torrent, allowsFaults: true }, async (swarm) => {
      const seed = await swarm.addSeed();
      const { required: _, ...optional } = careless(newConnection(trap));
      const victim = await swarm.addLeech({ connectTo: [seed], extensions: [optional] });
      const other = await swarm.addLeech({ connectTo: [seed] });
      await swarm.runUntilComplete({ peers: [other] });
      expect(victim.torrent.peers()).toEqual([]);
      expect(victim.faults.map(({ type }) => type)).toContain('pluginFault');
      expect(victim.faults.map(({ type }) => type)).not.toContain('sessionError');
    });
  });
});
