import { type PeerPlugin, pluginApiVersion, type SessionPlugin } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { FaultyStorage } from '../storage/faulty-storage.js';
import { createSwarm, runSwarm, type Swarm } from './swarm.js';

/** An extension with these hooks on every connection. */
function extension(hooks: PeerPlugin, name = 'example'): SessionPlugin {
  return { name, apiVersion: pluginApiVersion, newTorrent: () => ({ newConnection: () => hooks }) };
}

/** One seed and two leeches, all connected. */
async function addThree(swarm: Swarm): Promise<void> {
  await swarm.addSeed();
  await swarm.addLeech();
  await swarm.addLeech();
  swarm.connectAll();
}

describe('Swarm', () => {
  it('moves the data from a seed to leeches, and stops without leaving a timer', async () => {
    await runSwarm({ seed: 1 }, async (swarm) => {
      await addThree(swarm);
      await swarm.runUntilComplete();
      for (const peer of swarm.peers) {
        expect(peer.torrent.state).toBe('seeding');
        const found = peer.storage.get('content') ?? new Uint8Array(0);
        expect(Buffer.compare(found, swarm.content.data)).toBe(0);
      }
      await swarm.stop();
      // Connections that were ended take a while to be gone, as those of a system do.
      await swarm.advance(30_000);
      expect(swarm.clock.pendingTimers).toBe(0);
    });
  });

  it('gives the same run for the same seed, and another for another', async () => {
    const trace = async (seed: number): Promise<string> => {
      const swarm = createSwarm({ seed, network: { jitterMs: 30, maxChunkBytes: 5000 } });
      await addThree(swarm);
      const order: string[] = [];
      for (const peer of swarm.peers) {
        peer.session.on('pieceFinished', ({ piece }) => {
          order.push(`${swarm.clock.now()} ${peer.name} ${piece}`);
        });
      }
      await swarm.runUntilComplete();
      await swarm.stop();
      return [swarm.content.infoHash.hex, swarm.clock.eventCount, ...order].join('\n');
    };
    const first = await trace(5);
    expect(await trace(5)).toBe(first);
    expect(await trace(6)).not.toBe(first);
  });

  it('says who has what, and how to repeat it, where a run does not complete', async () => {
    const swarm = createSwarm({ seed: 77 });
    await swarm.addPeer({ name: 'half', have: [0, 1, 2] });
    await swarm.addLeech({ name: 'rest' });
    swarm.connectAll();
    await expect(swarm.runUntilComplete({ timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'TESTING_SWARM',
      message: [
        'not all peers are complete at 60000 ms',
        '  half: downloading, 3 of 16 pieces, 1 peers',
        '  rest: downloading, 3 of 16 pieces, 1 peers',
        'swarm of seed 77; repeat with createSwarm({ seed: 77 }) or PEERLOOM_SEED=77',
      ].join('\n'),
    });
  });

  it('fails where an extension fails, with its name and hook', async () => {
    const broken = extension({
      onUnchoke: () => {
        throw new Error('oops');
      },
    });
    const swarm = createSwarm({ seed: 1 });
    await swarm.addSeed();
    await swarm.addLeech({ name: 'victim', extensions: [broken], connectTo: swarm.peers });
    await expect(swarm.runUntilComplete()).rejects.toThrow(
      "victim: extension 'example' failed in onUnchoke: Error: oops",
    );
  });

  it('goes on after a fault where that is part of the test', async () => {
    let isBroken = true;
    const broken = extension({
      onUnchoke: () => {
        if (isBroken) throw new Error('oops');
      },
    });
    await runSwarm({ allowsFaults: true }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ extensions: [broken], connectTo: [seed] });
      await swarm.clock.runUntil(() => leech.faults.length > 0, { timeoutMs: 60_000 });
      isBroken = false;
      await swarm.runUntilComplete();
    });
  });

  it('wraps what a test throws with how to repeat it', async () => {
    const oops = new Error('expected 1 to be 2');
    await expect(
      runSwarm({ seed: 'abc' }, async (swarm) => {
        await swarm.addSeed();
        throw oops;
      }),
    ).rejects.toMatchObject({
      code: 'TESTING_SWARM',
      cause: oops,
      message: expect.stringContaining('expected 1 to be 2\n  seed-1: '),
    });
  });

  it('makes fresh extensions for every session', async () => {
    const names: string[] = [];
    await runSwarm(
      {
        extensions: (name) => {
          names.push(name);
          return [extension({})];
        },
      },
      async (swarm) => {
        await addThree(swarm);
        await swarm.runUntilComplete();
      },
    );
    expect(names).toEqual(['seed-1', 'leech-2', 'leech-3']);
  });

  it('has a magnet peer learn its metadata from whoever gives it', async () => {
    await runSwarm({}, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({
        isMagnet: true,
        connectTo: [seed],
        extensions: [
          {
            ...extension({}),
            newTorrent: (torrent) => ({
              tick: () => torrent.setMetadata(swarm.content.metainfo.info.raw),
            }),
          },
        ],
      });
      await swarm.runUntilComplete();
      expect(leech.torrent.name).toBe('content');
    });
  });

  it('connects at random to as many as are asked for', async () => {
    await runSwarm({ seed: 3 }, async (swarm) => {
      await swarm.addSeed();
      for (let i = 0; i < 9; i++) await swarm.addLeech();
      swarm.connectRandomly(3);
      for (const peer of swarm.peers) {
        const dialled = peer.torrent.knownPeers().filter(({ source }) => source === 'manual');
        expect(dialled).toHaveLength(3);
      }
      await swarm.runUntilComplete();
    });
  });

  it('lets a crashed peer come back on its host with its data', async () => {
    await runSwarm({ network: { latencyMs: 50 } }, async (swarm) => {
      const seed = await swarm.addSeed({ host: { uploadBytesPerSecond: 50_000 } });
      const first = await swarm.addLeech({ connectTo: [seed] });
      await swarm.clock.runUntil(() => first.torrent.stats.piecesHave >= 4, { timeoutMs: 60_000 });
      first.crash();
      const events = first.torrent.stats;
      await swarm.advance(30_000);
      expect(first.torrent.stats).toEqual(events);
      expect(seed.torrent.peers()).toHaveLength(0);
      const second = await swarm.addLeech({
        addresses: first.host.addresses,
        storage: first.storage,
        connectTo: [seed],
      });
      await second.torrent.checked();
      expect(second.torrent.stats.piecesHave).toBeGreaterThanOrEqual(4);
      await swarm.runUntilComplete({ peers: [second] });
    });
  });

  it('takes scripted peers and faulty storages', async () => {
    await runSwarm({}, async (swarm) => {
      let storage: FaultyStorage | undefined;
      const leech = await swarm.addLeech({
        wrapStorage: (inner) => {
          storage = new FaultyStorage(inner, swarm.clock);
          return storage;
        },
      });
      const fake = swarm.addFakePeer(leech);
      await fake.greet();
      fake.serve(swarm.content);
      await swarm.runUntilComplete();
      expect(storage?.count('write')).toBe(swarm.content.pieceCount);
      expect(leech.hasRightData()).toBe(true);
    });
  });

  it('notices wrong data', async () => {
    const swarm = createSwarm();
    const seed = await swarm.addSeed();
    seed.storage.put(swarm.content.files[0]?.path ?? '', new Uint8Array(swarm.content.data.length));
    await expect(swarm.runUntilComplete()).rejects.toThrow('wrong data: seed-1');
  });
});
