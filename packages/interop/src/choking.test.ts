import { defineTorrentExtension, pluginApiVersion } from '@peerloom/core/plugin';
import { describe, expect } from 'vitest';
import { test } from './arena/arena.js';

const leechCount = 8;
const uploadSlots = 2;

describe('with fewer upload slots than leeches', () => {
  test('Peerloom serves libtorrents in turn until all have everything', async ({ arena }) => {
    const payload = await arena.payload('large');
    const unchokedAtOnce: number[] = [];
    const seed = arena.peerloom({
      folder: payload.folder,
      settings: { uploadSlots, unchokeIntervalMs: 1_000, optimisticIntervalMs: 1_000 },
      extensions: [
        defineTorrentExtension({ name: 'slot-counter', apiVersion: pluginApiVersion }, () => ({
          newConnection: () => ({
            // At the end of the round: others may be choked after this one is unchoked.
            sentUnchoke: () =>
              queueMicrotask(() => {
                unchokedAtOnce.push(seed.peers().filter(({ isChoked }) => !isChoked).length);
              }),
          }),
        })),
      ],
    });
    await seed.add(payload.metainfo);
    await Promise.all(
      Array.from({ length: leechCount }, async () => {
        const folder = arena.folder();
        const leech = arena.libtorrent();
        await leech.add(payload.torrentPath, folder);
        seed.connect(await leech.listening());
        await leech.finished();
        await arena.expectSame(payload, folder);
        expect(await leech.faults()).toEqual([]);
      }),
    );
    expect(unchokedAtOnce.length).toBeGreaterThanOrEqual(leechCount);
    expect(Math.max(...unchokedAtOnce)).toBe(uploadSlots);
    expect(seed.torrent.stats.uploadedBytes).toBe(leechCount * payload.totalBytes);
  });

  test('libtorrent serves Peerlooms, each of which waits for its turn', async ({ arena }) => {
    const payload = await arena.payload('large');
    const seed = arena.libtorrent({
      unchoke_slots_limit: 1,
      unchoke_interval: 1,
      optimistic_unchoke_interval: 2,
    });
    await seed.add(payload.torrentPath, payload.folder);
    const address = await seed.listening();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const leech = arena.peerloom();
        await leech.add(payload.metainfo);
        leech.connect(address);
        await leech.finished();
        await arena.expectSame(payload, leech.folder);
      }),
    );
  });
});
