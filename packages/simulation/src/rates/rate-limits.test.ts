import { defineTorrentExtension, type PeerContext, pluginApiVersion } from '@peerloom/core/plugin';
import type { Swarm, SwarmPeer } from '@peerloom/testing';
import { runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const KiB = 1024;
const windowMs = 10_000;
const torrent = { pieceLength: 64 * KiB, lengthBytes: 24 * 1024 * KiB };
/** Nobody leaves anybody out, and no choke round comes between. */
const settings = { uploadSlots: 100 };

const downloaded = (peers: readonly SwarmPeer[]): number =>
  peers.reduce((sum, peer) => sum + peer.torrent.stats.downloadedBytes, 0);
const uploaded = (peers: readonly SwarmPeer[]): number =>
  peers.reduce((sum, peer) => sum + peer.torrent.stats.uploadedBytes, 0);

/** What is counted in each of some windows of ten seconds, after one in which everything gets going. */
async function windows(swarm: Swarm, count: () => number): Promise<number[]> {
  await swarm.advance(windowMs);
  const counts: number[] = [];
  for (let window = 0; window < 3; window++) {
    const before = count();
    await swarm.advance(windowMs);
    counts.push(count() - before);
  }
  return counts;
}

function expectWithin(share: number, actual: number, expected: number, what: string): void {
  expect(actual, what).toBeGreaterThan(expected * (1 - share));
  expect(actual, what).toBeLessThan(expected * (1 + share));
}

describe('a rate limit, within a twentieth over ten seconds', { timeout: 60_000 }, () => {
  it.each([1, 2, 3])('of a session holds for what it downloads from many (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent, settings, network: { latencyMs: 20 } }, async (swarm) => {
      for (let i = 0; i < 6; i++) await swarm.addSeed();
      const limit = 200 * KiB;
      const leech = await swarm.addLeech({ settings: { downloadLimitBytesPerSecond: limit } });
      swarm.connectAll();
      for (const bytes of await windows(swarm, () => downloaded([leech]))) {
        expectWithin(0.05, bytes, limit * 10, 'downloaded');
      }
      await swarm.runUntilComplete({ peers: [leech] });
    });
  });

  it.each([1, 2, 3])('of a session holds with fifty connections, block by block (seed %i)', async (seed) => {
    const content = { pieceLength: 64 * KiB, lengthBytes: 6 * 1024 * KiB };
    await runSwarm({ seed, torrent: content, settings, network: { latencyMs: 20 } }, async (swarm) => {
      for (let i = 0; i < 50; i++) await swarm.addSeed();
      const limit = 128 * KiB;
      const leech = await swarm.addLeech({
        settings: { downloadLimitBytesPerSecond: limit, diskPoolBytes: 48 * 1024 * KiB },
      });
      swarm.connectAll();
      for (const bytes of await windows(swarm, () => downloaded([leech]))) {
        expectWithin(0.05, bytes, limit * 10, 'downloaded');
      }
    });
  });

  it.each([1, 2, 3])(
    'of a session holds for what it uploads to many, who get alike (seed %i)',
    async (seed) => {
      await runSwarm({ seed, torrent, settings, network: { latencyMs: 20 } }, async (swarm) => {
        const limit = 400 * KiB;
        const source = await swarm.addSeed({ settings: { ...settings, uploadLimitBytesPerSecond: limit } });
        const leeches: SwarmPeer[] = [];
        for (let i = 0; i < 5; i++) leeches.push(await swarm.addLeech({ connectTo: [source] }));
        for (const bytes of await windows(swarm, () => uploaded([source]))) {
          expectWithin(0.05, bytes, limit * 10, 'uploaded');
        }
        const shares = source.torrent.peers().map(({ uploadedBytes }) => uploadedBytes);
        const mean = shares.reduce((sum, bytes) => sum + bytes, 0) / shares.length;
        expect(shares).toHaveLength(leeches.length);
        for (const bytes of shares) expectWithin(0.1, bytes, mean, 'the share of one');
      });
    },
  );

  it('of a torrent may change while it runs, to none and back', async () => {
    await runSwarm({ seed: 4, torrent, settings }, async (swarm) => {
      await swarm.addSeed({ host: { uploadBytesPerSecond: 1_000 * KiB } });
      const leech = await swarm.addLeech({
        addTorrent: { rateLimits: { downloadBytesPerSecond: 50 * KiB } },
      });
      swarm.connectAll();
      for (const bytes of await windows(swarm, () => downloaded([leech]))) {
        expectWithin(0.05, bytes, 500 * KiB, 'at first');
      }
      leech.torrent.setRateLimits({ downloadBytesPerSecond: 150 * KiB });
      for (const bytes of await windows(swarm, () => downloaded([leech]))) {
        expectWithin(0.05, bytes, 1_500 * KiB, 'later');
      }
      leech.torrent.setRateLimits({ downloadBytesPerSecond: 0 });
      expect(leech.torrent.rateLimits).toEqual({ downloadBytesPerSecond: 0, uploadBytesPerSecond: 0 });
      await swarm.runUntilComplete({ peers: [leech], timeoutMs: 30_000 });
    });
  });

  it('lower than a block a tick lets blocks trickle, and nobody is taken for snubbed', async () => {
    await runSwarm({ seed: 5, torrent, settings }, async (swarm) => {
      const source = await swarm.addSeed({ settings: { ...settings, uploadLimitBytesPerSecond: 8 * KiB } });
      const leech = await swarm.addLeech({ settings: { downloadLimitBytesPerSecond: 6 * KiB } });
      const snubbed: unknown[] = [];
      leech.session.on('peerSnubbed', (alert) => snubbed.push(alert));
      swarm.connectAll();
      await swarm.advance(300_000);
      // Whole blocks are counted: one may be on its way at either end.
      expectWithin(0.05, downloaded([leech]), 1_800 * KiB, 'downloaded');
      expect(uploaded([source])).toBeLessThan(2_500 * KiB);
      expect(snubbed).toEqual([]);
    });
  });

  it('far too low for so many connections makes nobody late for what it does not let us read', async () => {
    const content = { pieceLength: 64 * KiB, lengthBytes: 64 * 1024 * KiB };
    await runSwarm({ seed: 8, torrent: content, network: { latencyMs: 20 } }, async (swarm) => {
      for (let i = 0; i < 24; i++) await swarm.addSeed();
      const limit = 5_000;
      const leech = await swarm.addLeech({ settings: { downloadLimitBytesPerSecond: limit } });
      const late: unknown[] = [];
      const left: string[] = [];
      leech.session.on('blockTimeout', (alert) => late.push(alert));
      leech.session.on('peerSnubbed', (alert) => late.push(alert));
      leech.session.on('peerDisconnected', ({ reason }) => left.push(reason.code));
      swarm.connectAll();
      await swarm.advance(600_000);
      expect(late).toEqual([]);
      expect(left).toEqual([]);
      expect(leech.torrent.peers()).toHaveLength(24);
      expect(leech.torrent.stats.redundantBytes).toBe(0);
      // Whole blocks are counted: of each connection one may be on its way.
      const allowedBytes = 600 * limit;
      expect(downloaded([leech])).toBeLessThan(1.05 * allowedBytes);
      expect(downloaded([leech])).toBeGreaterThan(0.95 * allowedBytes - 24 * 16 * KiB);
    });
  });

  it('leaves connections of different speed what each can use', async () => {
    await runSwarm({ seed: 6, torrent, settings }, async (swarm) => {
      const slow = await swarm.addSeed({ host: { uploadBytesPerSecond: 20 * KiB } });
      const fast = [await swarm.addSeed(), await swarm.addSeed()];
      await swarm.addLeech({ settings: { downloadLimitBytesPerSecond: 200 * KiB } });
      swarm.connectAll();
      await swarm.advance(windowMs);
      const before = [slow, ...fast].map((peer) => uploaded([peer]));
      await swarm.advance(3 * windowMs);
      const [fromSlow = 0, ...fromFast] = [slow, ...fast].map(
        (peer, i) => uploaded([peer]) - (before[i] ?? 0),
      );
      expectWithin(0.15, fromSlow, 600 * KiB, 'from the slow one');
      for (const bytes of fromFast) expectWithin(0.15, bytes, 2_700 * KiB, 'from a fast one');
    });
  });
});

describe('an extension', () => {
  it('limits one connection, and is told what is wrong with a limit', async () => {
    const errors: unknown[] = [];
    await runSwarm({ seed: 7, torrent, settings }, async (swarm) => {
      const source = await swarm.addSeed({
        extensions: [
          defineTorrentExtension({ name: 'slow-lane', apiVersion: pluginApiVersion }, () => ({
            newConnection: (peer) => {
              try {
                peer.setRateLimits({ uploadBytesPerSecond: -1 });
              } catch (error) {
                errors.push(error);
              }
              if (peer.endpoint.address === '10.9.0.2')
                peer.setRateLimits({ uploadBytesPerSecond: 20 * KiB });
              return {};
            },
          })),
        ],
      });
      const limited = await swarm.addLeech({ addresses: '10.9.0.2', connectTo: [source] });
      const free = await swarm.addLeech({ addresses: '10.9.0.3', connectTo: [source] });
      await swarm.advance(20_000);
      expectWithin(0.1, downloaded([limited]), 400 * KiB, 'the limited one');
      expect(downloaded([free])).toBeGreaterThan(1_000 * KiB);
    });
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({ code: 'PLUGIN_MESSAGE_INVALID' });
  });

  it('leaves the limits of the application and of others alone, and takes its own with it', async () => {
    const limiter = (name: string, bytesPerSecond: number) =>
      defineTorrentExtension({ name, apiVersion: pluginApiVersion }, (torrent) => {
        torrent.setRateLimits({ uploadBytesPerSecond: bytesPerSecond });
        return {};
      });
    await runSwarm({ seed: 8, torrent, settings }, async (swarm) => {
      const source = await swarm.addSeed();
      await swarm.addLeech({ connectTo: [source] });
      const seen: number[] = [];
      const limits = (): void => {
        seen.push(source.torrent.rateLimits.uploadBytesPerSecond);
      };
      source.torrent.setRateLimits({ uploadBytesPerSecond: 100 * KiB });
      const strict = source.torrent.addExtension(limiter('strict', 40 * KiB));
      const loose = source.torrent.addExtension(limiter('loose', 60 * KiB));
      limits();
      source.torrent.setRateLimits({ uploadBytesPerSecond: 20 * KiB });
      limits();
      source.torrent.setRateLimits({ uploadBytesPerSecond: 0 });
      limits();
      await strict.remove();
      limits();
      await loose.remove();
      limits();
      expect(seen).toEqual([40 * KiB, 20 * KiB, 40 * KiB, 60 * KiB, 0]);
    });
  });

  it('holds a connection to the least that extensions set, as long as they are there', async () => {
    await runSwarm({ seed: 9, torrent, settings }, async (swarm) => {
      const seen: number[] = [];
      const contexts: PeerContext[] = [];
      const limiter = (name: string, bytesPerSecond: number) =>
        defineTorrentExtension({ name, apiVersion: pluginApiVersion }, () => ({
          newConnection: (peer) => {
            contexts.push(peer);
            peer.setRateLimits({ uploadBytesPerSecond: bytesPerSecond });
            return {};
          },
        }));
      const source = await swarm.addSeed();
      await swarm.addLeech({ connectTo: [source] });
      const look = (): void => {
        seen.push(contexts[0]?.rateLimits.uploadBytesPerSecond ?? -1);
      };
      await swarm.advance(1000);
      const reader = source.torrent.addExtension(limiter('reader', 0));
      const strict = source.torrent.addExtension(limiter('strict', 20 * KiB));
      source.torrent.addExtension(limiter('loose', 50 * KiB));
      look();
      await strict.remove();
      look();
      await reader.remove();
      expect(seen).toEqual([20 * KiB, 50 * KiB]);
    });
  });
});
