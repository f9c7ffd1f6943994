import { runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const pieceLength = 32 * 1024;

/** Pieces that a peer finishes, in order. */
function finishedPieces(peer: SwarmPeer): number[] {
  const pieces: number[] = [];
  peer.session.on('pieceFinished', ({ piece }) => pieces.push(piece));
  return pieces;
}

/** A slow seed and a leech that is not connected to it yet. */
async function addPair(swarm: Swarm): Promise<{ seed: SwarmPeer; leech: SwarmPeer }> {
  const seed = await swarm.addSeed({ host: { uploadBytesPerSecond: 100_000 } });
  const leech = await swarm.addLeech();
  await swarm.advance(10);
  return { seed, leech };
}

const torrent = { pieceLength, fileLengths: [10 * pieceLength, 10 * pieceLength] };

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}

describe('what an application wants of a torrent', () => {
  it.each([1, 2, 3])(
    'is fetched in order in sequential mode, also set while it runs (seed %i)',
    async (seed) => {
      await runSwarm({ seed, torrent }, async (swarm) => {
        const { seed: source, leech } = await addPair(swarm);
        const pieces = finishedPieces(leech);
        expect(leech.torrent.isSequential).toBe(false);
        swarm.connect(leech, source);
        await swarm.clock.runUntil(() => pieces.length >= 5, { timeoutMs: 60_000 });
        expect(isAscending(pieces)).toBe(false);
        leech.torrent.setSequential(true);
        expect(leech.torrent.isSequential).toBe(true);
        await swarm.runUntilComplete();
        // What was requested before the switch may come in between.
        expect(isAscending(pieces.slice(-8))).toBe(true);
      });
    },
  );

  it('leaves out files and pieces of priority 0, and fetches those of higher priority first', async () => {
    await runSwarm({ seed: 4, torrent }, async (swarm) => {
      const { seed, leech } = await addPair(swarm);
      const pieces = finishedPieces(leech);
      leech.torrent.setFilePriority(0, 0);
      leech.torrent.setPiecePriority(3, 7);
      leech.torrent.setPiecePriority(19, 0);
      expect([0, 1].map((file) => leech.torrent.filePriority(file))).toEqual([0, 4]);
      expect([0, 3, 12, 19].map((piece) => leech.torrent.piecePriority(piece))).toEqual([0, 7, 4, 0]);
      swarm.connect(leech, seed);
      await swarm.clock.runUntil(() => leech.torrent.state === 'finished', { timeoutMs: 60_000 });
      expect(pieces[0]).toBe(3);
      expect([...pieces].sort((a, b) => a - b)).toEqual([3, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
      leech.torrent.setFilePriority(0, 4);
      expect(leech.torrent.state).toBe('downloading');
      await swarm.clock.runUntil(() => leech.torrent.stats.piecesHave === 19, { timeoutMs: 60_000 });
    });
  });

  it('may be set as soon as the torrent is added, before its data was looked at', async () => {
    await runSwarm({ seed: 5, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ isStarted: false, connectTo: [seed] });
      leech.start();
      leech.torrent.setFilePriority(1, 0);
      const pieces = finishedPieces(leech);
      await swarm.clock.runUntil(() => leech.torrent.state === 'finished', { timeoutMs: 60_000 });
      expect(pieces.every((piece) => piece < 10)).toBe(true);
    });
  });

  it('is refused, with a code, where it is not in the torrent or not known yet', async () => {
    await runSwarm({ seed: 6, torrent }, async (swarm) => {
      const leech = await swarm.addLeech();
      const range = expect.objectContaining({ code: 'SESSION_OUT_OF_RANGE' });
      expect(() => leech.torrent.setPiecePriority(20, 1)).toThrow(range);
      expect(() => leech.torrent.setPiecePriority(0, 8)).toThrow(range);
      expect(() => leech.torrent.setFilePriority(2, 1)).toThrow(range);
      expect(() => leech.torrent.setPieceDeadline(-1, 1)).toThrow(range);
      expect(() => leech.torrent.setPieceDeadline(0, Number.NaN)).toThrow(range);
      expect(() => leech.torrent.clearPieceDeadline(0.5)).toThrow(range);
      const magnet = await swarm.addLeech({ isMagnet: true });
      const unknown = expect.objectContaining({ code: 'SESSION_NO_METADATA' });
      expect(() => magnet.torrent.setFilePriority(0, 1)).toThrow(unknown);
      expect(() => magnet.torrent.setPieceDeadline(0, 1)).toThrow(unknown);
      magnet.torrent.setSequential(true);
      magnet.torrent.clearPieceDeadlines();
      expect(magnet.torrent.isSequential).toBe(true);
    });
  });
});

describe('deadlines', () => {
  it('bring pieces before all others, the earliest first, until they are cleared', async () => {
    await runSwarm({ seed: 7, torrent }, async (swarm) => {
      const { seed, leech } = await addPair(swarm);
      const pieces = finishedPieces(leech);
      for (const [piece, delayMs] of [
        [17, 3_000],
        [4, 2_000],
        [9, 1_000],
        [6, 500],
        [2, 400],
      ] as const) {
        leech.torrent.setPieceDeadline(piece, delayMs);
      }
      leech.torrent.clearPieceDeadline(6);
      swarm.connect(leech, seed);
      await swarm.clock.runUntil(() => pieces.length === 4, { timeoutMs: 60_000 });
      expect(pieces).toEqual([2, 9, 4, 17]);
    });
  });

  it.each([1, 2, 3])('that a stuck peer misses are met by another one (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent }, async (swarm) => {
      const stuck = await swarm.addSeed({ host: { uploadBytesPerSecond: 50_000 } });
      const quick = await swarm.addSeed({ host: { uploadBytesPerSecond: 30_000 } });
      const leech = await swarm.addLeech();
      await swarm.advance(10);
      swarm.connect(leech, stuck);
      await swarm.clock.runUntil(() => leech.torrent.stats.downloadedBytes > 0, { timeoutMs: 60_000 });
      const wanted = [0, 1, 2, 3].filter((piece) => leech.torrent.pieces()?.has(piece) === false);
      for (const piece of wanted) leech.torrent.setPieceDeadline(piece, 4_000);
      await swarm.advance(600);
      swarm.network.partition(stuck.host, [leech.host]);
      swarm.connect(leech, quick);
      const isMet = (): boolean => wanted.every((piece) => leech.torrent.pieces()?.has(piece) === true);
      // Far sooner than the requests to the stuck peer time out.
      await swarm.clock.runUntil(isMet, { timeoutMs: 9_000, what: 'the pieces with a deadline' });
    });
  });
});
