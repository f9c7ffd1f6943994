import { runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { expect, it } from 'vitest';
import { torrentReader, torrentReaderKey } from './torrent-reader.js';

const pieceLength = 256 * 1024;
const pieceCount = 64;
/** Pieces that are asked for ahead of a reader, the one it reads included. */
const windowPieces = 17;

/** A leech that downloads a piece in a quarter of a second, and the pieces that it has got so far, in order. */
async function withLeech(
  test: (leech: SwarmPeer, got: readonly number[], swarm: Swarm) => Promise<void>,
): Promise<void> {
  const torrent = { fileLengths: [pieceLength + 5, pieceLength * (pieceCount - 1) - 5], pieceLength };
  await runSwarm({ torrent }, async (swarm) => {
    const seed = await swarm.addSeed({ host: { uploadBytesPerSecond: 4 * pieceLength } });
    const leech = await swarm.addLeech({ connectTo: [seed], extensions: [torrentReader()] });
    const got: number[] = [];
    leech.session.on('pieceFinished', ({ piece }) => got.push(piece));
    await test(leech, got, swarm);
  });
}

/** Reads a range while the clock runs. */
async function read(
  swarm: Swarm,
  leech: SwarmPeer,
  file: number,
  first: number,
  last: number,
): Promise<Buffer> {
  const reader = leech.torrent.plugin(torrentReaderKey);
  if (reader === undefined) throw new Error('no reader');
  const chunks: Uint8Array[] = [];
  let isOver = false;
  const reading = (async () => {
    const chunksRead = reader.read(file, { first, last }, new AbortController().signal);
    for await (const chunk of chunksRead) chunks.push(chunk);
  })().finally(() => {
    isOver = true;
  });
  while (!isOver) await swarm.advance(50);
  await reading;
  return Buffer.concat(chunks);
}

it('gives the bytes of a range of a file, from wherever in a piece to wherever in another', async () => {
  await withLeech(async (leech, _, swarm) => {
    for (const [file, first, last] of [
      [1, 1_000_000, 1_700_000],
      [0, 0, pieceLength + 4],
      [1, pieceLength - 10, pieceLength - 5],
      [1, pieceLength * (pieceCount - 1) - 6, pieceLength * (pieceCount - 1) - 6],
    ] as const) {
      const bytes = swarm.content.files[file]?.bytes ?? new Uint8Array(0);
      expect(await read(swarm, leech, file, first, last)).toEqual(Buffer.from(bytes.slice(first, last + 1)));
    }
  });
});

it('has what is read next downloaded first, in its order', async () => {
  await withLeech(async (leech, got, swarm) => {
    const from = 40 * pieceLength;
    await read(swarm, leech, 1, from, from + 2 * pieceLength);
    const ofRange = got.filter((piece) => piece >= 41 && piece <= 43);
    expect(ofRange).toEqual([41, 42, 43]);
    // Blocks of a few others had been asked for before.
    expect(got.indexOf(43)).toBeLessThan(windowPieces);
    expect(got.length).toBeLessThan(pieceCount / 2);
  });
});

it('has what one reader waits for downloaded before what another reads later', async () => {
  await withLeech(async (leech, got, swarm) => {
    const { signal } = new AbortController();
    const reader = leech.torrent.plugin(torrentReaderKey);
    const waiting = reader?.read(1, { first: 30 * pieceLength, last: 30 * pieceLength }, signal).next();
    await read(swarm, leech, 1, 20 * pieceLength, 32 * pieceLength);
    await waiting;
    expect(got).toContain(24);
    expect(got.indexOf(31)).toBeLessThan(got.indexOf(24));
  });
});

it('rejects with the reason of its signal, and no longer has anything downloaded first', async () => {
  await withLeech(async (leech, got, swarm) => {
    const gone = new AbortController();
    const reader = leech.torrent.plugin(torrentReaderKey);
    const waiting = reader?.read(1, { first: 50 * pieceLength, last: 60 * pieceLength }, gone.signal).next();
    const rejected = expect(waiting).rejects.toThrow('gone');
    gone.abort(new Error('gone'));
    await rejected;
    await read(swarm, leech, 1, 10 * pieceLength, 12 * pieceLength);
    expect(got.indexOf(13)).toBeLessThan(got.indexOf(53) === -1 ? pieceCount : got.indexOf(53));
    expect(got.indexOf(13)).toBeLessThan(windowPieces);
  });
});

it('throws for a file that is not there', async () => {
  await withLeech(async (leech) => {
    const reader = leech.torrent.plugin(torrentReaderKey);
    const reading = reader?.read(2, { first: 0, last: 0 }, new AbortController().signal).next();
    await expect(reading).rejects.toThrow(RangeError);
  });
});
