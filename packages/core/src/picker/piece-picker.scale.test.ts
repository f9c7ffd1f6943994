import { describe, expect, it } from 'vitest';
import { Bitfield } from '../common/bitfield.js';
import { PiecePicker } from './piece-picker.js';
import { FakeRandom } from './random.fake.js';

const pieceCount = 100_000;

/** Counts the looks at what peers have, which is what a search spends its time on. */
class Work {
  steps = 0;
}

class CountedBitfield extends Bitfield {
  readonly #work: Work;

  constructor(work: Work) {
    super(pieceCount);
    this.#work = work;
  }

  override has(piece: number): boolean {
    this.#work.steps++;
    return super.has(piece);
  }

  override forEach(visit: (piece: number) => void): void {
    this.#work.steps += pieceCount / 8;
    super.forEach(visit);
  }
}

interface Swarm {
  readonly work: Work;
  readonly random: FakeRandom;
  readonly picker: PiecePicker;
}

function createSwarm(blocksPerPiece = 1): Swarm {
  const random = new FakeRandom(1);
  return {
    work: new Work(),
    random,
    picker: new PiecePicker({ pieceCount, blocksIn: () => blocksPerPiece, random }),
  };
}

function createPeer({ work, picker }: Swarm, isHad: (piece: number) => boolean): CountedBitfield {
  const bits = new CountedBitfield(work);
  for (let piece = 0; piece < pieceCount; piece++) if (isHad(piece)) bits.add(piece);
  picker.addBitfield(bits);
  return bits;
}

/** One block at a time for peers in turn; each is received and its piece had. Returns what it cost. */
function download(swarm: Swarm, peers: readonly CountedBitfield[], decisions: number): number {
  const { work, random, picker } = swarm;
  work.steps = 0;
  random.draws = 0;
  for (let decision = 0; decision < decisions; decision++) {
    const peer = decision % peers.length;
    const has = peers[peer];
    if (has === undefined) continue;
    const given = picker.pick(peer, { has, count: 1, openableBlocks: 1_000 }, (piece, block) => {
      picker.receive(peer, piece, block);
      picker.seal(piece);
      picker.piecePassed(piece);
    });
    if (given !== 1) throw new Error(`nothing given at decision ${decision}`);
  }
  return work.steps + random.draws;
}

describe(`steps of work at ${pieceCount} pieces`, { timeout: 120_000 }, () => {
  it('are few a decision where peers have a fair share of everything', () => {
    const swarm = createSwarm();
    const peers = Array.from({ length: 30 }, () => createPeer(swarm, () => swarm.random.integer(2) === 0));
    expect(download(swarm, peers, 20_000)).toBeLessThan(20_000 * 12);
  });

  it('are one sweep a peer, not one a decision, where peers lack everything rare', () => {
    const swarm = createSwarm();
    swarm.picker.addSeed();
    const peers = Array.from({ length: 20 }, () => createPeer(swarm, (piece) => piece % 2 === 0));
    const steps = download(swarm, peers, 20_000);
    expect(steps).toBeLessThan(20 * 2 * (pieceCount / 2) + 20_000 * 8);
  });

  it('stay few while other peers announce rare pieces all the time', () => {
    const swarm = createSwarm();
    const common = createPeer(swarm, (piece) => piece >= pieceCount / 2);
    createPeer(swarm, (piece) => piece >= pieceCount / 2);
    const other = createPeer(swarm, () => false);
    download(swarm, [common], 1);
    let steps = 0;
    for (let piece = 0; piece < 10_000; piece++) {
      other.add(piece);
      swarm.picker.addHave(piece);
      steps += download(swarm, [common], 1);
    }
    expect(steps).toBeLessThan(10_000 * 12);
  });

  it('are one look through its own pieces for a peer that has few', () => {
    const swarm = createSwarm();
    const peer = createPeer(swarm, (piece) => piece % 2_500 === 0);
    expect(download(swarm, [peer], 40)).toBeLessThan(pieceCount / 8 + 64 + 40 * 200);
  });

  it('are no more for a peer that is asked again and again and has nothing', () => {
    const swarm = createSwarm();
    createPeer(swarm, () => true);
    const peer = createPeer(swarm, (piece) => piece < 1_000);
    for (let piece = 0; piece < 1_000; piece++) swarm.picker.setHave(piece);
    swarm.work.steps = 0;
    for (let round = 0; round < 1_000; round++) {
      expect(swarm.picker.pick(1, { has: peer, count: 1, openableBlocks: 10 }, () => {})).toBe(0);
    }
    expect(swarm.work.steps).toBeLessThan(pieceCount + 1_000);
  });

  it('do not come back when a peer chokes and unchokes us', () => {
    const swarm = createSwarm();
    swarm.picker.addSeed();
    const peer = createPeer(swarm, (piece) => piece < 200);
    download(swarm, [peer], 1);
    swarm.work.steps = 0;
    for (let round = 0; round < 100; round++) {
      swarm.picker.pick(0, { has: peer, count: 1, openableBlocks: 10 }, () => {});
      swarm.picker.releaseAll(0);
    }
    expect(swarm.work.steps).toBeLessThan(100 * 20);
  });

  it('are one a decision in sequential mode, behind pieces that the peer lacks too', () => {
    const swarm = createSwarm();
    swarm.picker.setSequential(true);
    const peer = createPeer(swarm, (piece) => piece >= pieceCount / 2);
    expect(download(swarm, [peer], 20_000)).toBeLessThan(pieceCount / 2 + 20_000 * 3);
  });

  it('are none for a seed that comes or goes', () => {
    const swarm = createSwarm();
    const seed = new CountedBitfield(swarm.work);
    seed.setAll();
    for (let round = 0; round < 1_000; round++) {
      swarm.picker.addSeed();
      swarm.picker.removeSeed();
    }
    swarm.picker.addSeed();
    expect(swarm.work.steps).toBe(0);
    expect(download(swarm, [seed], 20_000)).toBeLessThan(20_000 * 3);
  });
});
