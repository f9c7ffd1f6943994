import { runSwarm } from '@peerloom/testing';
import { expect, it } from 'vitest';
import { giveOnce } from './give-once-extension.js';

const torrent = { lengthBytes: 2 * 1024 * 1024, pieceLength: 64 * 1024 };

it('has a seed send its data once to a whole swarm, and everybody gets all of it', async () => {
  await runSwarm({ torrent }, async (swarm) => {
    const seed = await swarm.addSeed({ extensions: [giveOnce()] });
    for (let count = 0; count < 4; count++) await swarm.addLeech();
    swarm.connectAll();
    await swarm.runUntilComplete();
    expect(seed.torrent.stats.uploadedBytes).toBe(torrent.lengthBytes);
    expect(seed.session.stats().counters['give-once.refusedRequests']).toBeGreaterThan(0);
  });
});

it('gives what somebody was given who leaves before he has everything to another at once', async () => {
  await runSwarm({ torrent }, async (swarm) => {
    const seed = await swarm.addSeed({ extensions: [giveOnce()], host: { uploadBytesPerSecond: 1_000_000 } });
    const first = await swarm.addLeech({ connectTo: [seed] });
    await swarm.advance(1_500);
    expect(first.torrent.stats.piecesHave).toBeGreaterThan(0);
    expect(first.torrent.stats.piecesHave).toBeLessThan(first.torrent.stats.pieceCount);
    await first.session.stop();
    const second = await swarm.addLeech({ connectTo: [seed] });
    await swarm.runUntilComplete({ peers: [second], timeoutMs: 20_000 });
  });
});

it('gives what somebody keeps to himself to another, after a while', async () => {
  await runSwarm({ torrent }, async (swarm) => {
    const seed = await swarm.addSeed({ extensions: [giveOnce()] });
    const hoarder = await swarm.addLeech({ connectTo: [seed] });
    await swarm.runUntilComplete({ peers: [hoarder] });
    const second = await swarm.addLeech({ connectTo: [seed] });
    await swarm.advance(20_000);
    expect(second.torrent.stats.piecesHave).toBe(0);
    await swarm.runUntilComplete({ peers: [second] });
  });
});
