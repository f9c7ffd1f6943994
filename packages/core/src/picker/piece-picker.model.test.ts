import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitfield } from '../common/bitfield.js';
import { NaivePicker } from './naive-picker.fake.js';
import { replayPick } from './naive-replay.fake.js';
import type { PickOptions } from './pick-options.js';
import { PiecePicker } from './piece-picker.js';
import type { PiecePriority } from './priorities.js';
import { FakeRandom } from './random.fake.js';

const peerCount = 5;

interface Swarm {
  readonly pieceCount: number;
  readonly blocksPerPiece: number;
  /** Whether peers have runs of pieces, as those of a sequential download, in place of a random half. */
  readonly isClustered: boolean;
}

/** Drives the picker and the plain model through the same calls and compares what both answer. */
class Bench {
  readonly #swarm: Swarm;
  readonly #random: FakeRandom;
  readonly #picker: PiecePicker;
  readonly #model: NaivePicker;
  readonly #peers: (Bitfield | undefined)[] = new Array<Bitfield | undefined>(peerCount).fill(undefined);
  readonly #seeds = new Set<number>();
  #outstanding: (readonly [peer: number, piece: number, block: number])[] = [];

  constructor(swarm: Swarm, seed: number) {
    this.#swarm = swarm;
    this.#random = new FakeRandom(seed);
    const { pieceCount, blocksPerPiece } = swarm;
    const counts = Array.from({ length: pieceCount }, (_, piece) =>
      piece === pieceCount - 1 ? 1 + this.#random.integer(blocksPerPiece) : blocksPerPiece,
    );
    this.#model = new NaivePicker(counts);
    this.#picker = new PiecePicker({
      pieceCount,
      blocksIn: (piece) => counts[piece] ?? 0,
      random: new FakeRandom(seed + 1),
    });
  }

  step(kind: number): void {
    const peer = this.#random.integer(peerCount);
    const piece = this.#random.integer(this.#swarm.pieceCount);
    const block = this.#random.integer(this.#model.blockCounts[piece] ?? 1);
    if (kind < 3) this.#connect(peer);
    else if (kind < 4) this.#disconnect(peer);
    else if (kind < 8) this.#announce(peer, piece);
    else if (kind < 9) this.#withdraw(peer, piece);
    else if (kind < 25) this.#pick(peer);
    else if (kind < 45) this.#receiveOutstanding();
    else if (kind < 46) this.#receive(peer, piece, block);
    else if (kind < 49) this.#releaseOutstanding();
    else if (kind < 50) this.#releaseAll(peer);
    else if (kind < 51) this.#abort(piece);
    else if (kind < 52) this.#toggleHad(piece);
    else if (kind < 54) this.#setPriority(piece, this.#random.integer(8) as PiecePriority);
    else if (kind < 55) this.#setDeadline(piece);
    else if (kind < 56) this.#setExclusive(piece, peer);
    else if (kind < 57) this.#setSequential(this.#random.integer(3) === 0);
    else if (kind < 58) this.#mark(peer, piece, block);
    else this.#withPlugin(piece, block, this.#random.integer(2) === 0);
    this.#compare();
  }

  #connect(peer: number): void {
    if (this.#peers[peer] !== undefined) return;
    const { pieceCount, isClustered } = this.#swarm;
    if (this.#random.integer(6) === 0) {
      this.#peers[peer] = Bitfield.full(pieceCount);
      this.#seeds.add(peer);
      this.#picker.addSeed();
      this.#model.seeds++;
      return;
    }
    const bits = new Bitfield(pieceCount);
    const length = this.#random.integer(pieceCount);
    for (let piece = 0; piece < pieceCount; piece++) {
      if (isClustered ? piece < length : this.#random.integer(2) === 0) bits.add(piece);
    }
    this.#peers[peer] = bits;
    this.#picker.addBitfield(bits);
    bits.forEach((piece) => {
      this.#count(piece, 1);
    });
  }

  #disconnect(peer: number): void {
    const bits = this.#peers[peer];
    if (bits === undefined) return;
    this.#peers[peer] = undefined;
    if (this.#seeds.delete(peer)) {
      this.#picker.removeSeed();
      this.#model.seeds--;
    } else {
      this.#picker.removeBitfield(bits);
      bits.forEach((piece) => {
        this.#count(piece, -1);
      });
    }
    const begun = [...this.#picker.removePeer(peer)].sort((a, b) => a - b);
    expect(begun).toEqual(this.#model.removePeer(peer).sort((a, b) => a - b));
    for (const piece of begun) this.#abort(piece);
    this.#outstanding = this.#outstanding.filter(([other]) => other !== peer);
  }

  #announce(peer: number, piece: number): void {
    if (this.#peers[peer]?.add(piece) !== true) return;
    this.#picker.addHave(piece);
    this.#count(piece, 1);
  }

  #withdraw(peer: number, piece: number): void {
    const bits = this.#peers[peer];
    if (bits?.delete(piece) !== true) return;
    if (this.#seeds.delete(peer)) {
      this.#picker.removeSeed();
      this.#model.seeds--;
      this.#picker.addBitfield(bits);
      bits.forEach((other) => {
        this.#count(other, 1);
      });
    } else {
      this.#picker.removeHave(piece);
      this.#count(piece, -1);
    }
  }

  #count(piece: number, delta: number): void {
    this.#model.holders[piece] = (this.#model.holders[piece] ?? 0) + delta;
  }

  #pick(peer: number): void {
    const has = this.#peers[peer];
    if (has === undefined) return;
    const { pieceCount, blocksPerPiece } = this.#swarm;
    const list = (): number[] => Array.from({ length: 4 }, () => this.#random.integer(pieceCount));
    const refused = this.#random.integer(5);
    const options: PickOptions = {
      has,
      count: 1 + this.#random.integer(2 * blocksPerPiece + 2),
      openableBlocks:
        this.#random.integer(4) === 0 ? this.#random.integer(blocksPerPiece) : 3 * blocksPerPiece,
      ...(this.#random.integer(6) === 0 && { onlyPieces: list() }),
      ...(this.#random.integer(3) === 0 && { preferPieces: list() }),
      ...(this.#random.integer(3) === 0 && {
        canPick: (piece: number, block: number) => (piece * 3 + block + peer) % 5 !== refused,
      }),
    };
    const given: [number, number][] = [];
    const count = this.#picker.pick(peer, options, (piece, block) => {
      given.push([piece, block]);
      this.#outstanding.push([peer, piece, block]);
    });
    expect(count).toBe(given.length);
    replayPick(this.#model, peer, options, given);
  }

  #takeOutstanding(): readonly [number, number, number] | undefined {
    if (this.#outstanding.length === 0) return undefined;
    return this.#outstanding.splice(this.#random.integer(this.#outstanding.length), 1)[0];
  }

  #receiveOutstanding(): void {
    const request = this.#takeOutstanding();
    if (request !== undefined) this.#receive(...request);
  }

  #receive(peer: number, piece: number, block: number): void {
    expect(this.#picker.receive(peer, piece, block)).toBe(this.#model.receive(peer, piece, block));
    this.#outstanding = this.#outstanding.filter(([p, q, r]) => p !== peer || q !== piece || r !== block);
    if (!this.#picker.isOpen(piece) || !this.#picker.isComplete(piece)) return;
    this.#picker.seal(piece);
    const opened = this.#model.open.get(piece);
    if (opened !== undefined) opened.phase = 'sealed';
    this.#compare();
    const verdict = this.#random.integer(4);
    if (verdict === 0) {
      this.#picker.pieceFailed(piece);
      this.#model.restart(piece);
    } else if (verdict === 1) {
      this.#abort(piece);
    } else {
      this.#picker.piecePassed(piece);
      this.#model.setHave(piece);
    }
  }

  #releaseOutstanding(): void {
    const request = this.#takeOutstanding();
    if (request === undefined) return;
    this.#picker.release(...request);
    this.#picker.release(...request);
    this.#model.release(...request);
  }

  #releaseAll(peer: number): void {
    this.#picker.releaseAll(peer);
    this.#model.releaseAll(peer);
    this.#outstanding = this.#outstanding.filter(([other]) => other !== peer);
  }

  #abort(piece: number): void {
    this.#picker.pieceAborted(piece);
    this.#model.restart(piece);
  }

  #toggleHad(piece: number): void {
    if (this.#picker.has(piece)) {
      this.#picker.setMissing(piece);
      this.#model.setMissing(piece);
    } else {
      this.#picker.setHave(piece);
      this.#model.setHave(piece);
    }
  }

  #setPriority(piece: number, priority: PiecePriority): void {
    this.#picker.setPriority(piece, priority);
    this.#model.priorities[piece] = priority;
  }

  #setDeadline(piece: number): void {
    const order = this.#random.integer(3) === 0 ? undefined : this.#random.integer(4);
    const lateOrder = this.#random.integer(5) - 1;
    this.#picker.setDeadline(piece, order);
    this.#picker.setLateOrder(lateOrder);
    this.#model.lateOrder = lateOrder;
    if (order === undefined) this.#model.deadlines.delete(piece);
    else if (!this.#model.have.has(piece)) this.#model.deadlines.set(piece, order);
  }

  #setExclusive(piece: number, peer: number): void {
    const choice = this.#random.integer(3);
    const single = choice === 0 ? undefined : choice === 1 ? 'any-single' : peer;
    this.#picker.setExclusive(piece, single);
    this.#model.setExclusive(piece, single);
  }

  #setSequential(on: boolean): void {
    this.#picker.setSequential(on);
    this.#model.isSequential = on;
  }

  #mark(peer: number, piece: number, block: number): void {
    const marked = this.#picker.mark(peer, piece, block);
    expect(marked).toBe(this.#model.mark(peer, piece, block));
    if (marked) this.#outstanding.push([peer, piece, block]);
  }

  #withPlugin(piece: number, block: number, on: boolean): void {
    this.#picker.withPlugin(piece, block, on);
    this.#model.withPlugin(piece, block, on);
  }

  #compare(): void {
    const picker = this.#picker;
    const model = this.#model;
    expectSame(
      {
        missingWanted: picker.missingWanted,
        isEndGame: picker.isEndGame,
        openMissingBlocks: picker.openMissingBlocks,
        stalledMissingBlocks: picker.stalledMissingBlocks,
        have: picker.have.count,
        open: [...picker.openPieces()].sort((a, b) => a - b),
        deadlines: picker.deadlinePieces(),
      },
      {
        missingWanted: model.pieces.filter((piece) => model.isNeeded(piece)).length,
        isEndGame: model.isEndGame,
        openMissingBlocks: model.openMissingBlocks,
        stalledMissingBlocks: model.stalledMissingBlocks,
        have: model.have.size,
        open: model.collecting.map(({ piece }) => piece).sort((a, b) => a - b),
        deadlines: [...model.deadlines].sort(([a, x], [b, y]) => x - y || a - b).map(([piece]) => piece),
      },
    );
    // Looking at everything every time would take most of the run at the larger size.
    const looked = model.pieces.length < 20 ? model.pieces : [this.#random.integer(model.pieces.length)];
    for (const piece of looked) this.#comparePiece(piece);
  }

  #comparePiece(piece: number): void {
    const picker = this.#picker;
    const model = this.#model;
    const blocks = Array.from({ length: model.blockCounts[piece] ?? 0 }, (_, block) => block);
    expectSame(
      [
        picker.has(piece),
        picker.isWanted(piece),
        picker.priority(piece),
        picker.availability(piece),
        picker.isOpen(piece),
        blocks.map((block) => [picker.blockState(piece, block), picker.requesters(piece, block)]),
      ],
      [
        model.have.has(piece),
        model.isNeeded(piece),
        model.priority(piece),
        model.availability(piece),
        model.open.get(piece)?.phase === 'collecting',
        blocks.map((block) => [model.blockState(piece, block), model.requesters(piece, block)]),
      ],
    );
  }
}

/** As `toEqual`, which alone would take most of the run. */
function expectSame(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

function agreesWithModel(swarm: Swarm, numRuns: number, steps: number): void {
  const script = fc.array(fc.nat({ max: 59 }), { minLength: steps / 2, maxLength: steps, size: 'max' });
  fc.assert(
    fc.property(fc.nat(), script, (seed, kinds) => {
      const bench = new Bench(swarm, seed);
      for (const kind of kinds) bench.step(kind);
    }),
    { numRuns },
  );
}

describe('every answer is one that the plain rules allow', { timeout: 120_000 }, () => {
  it('with few pieces of several blocks, end game included', () => {
    agreesWithModel({ pieceCount: 5, blocksPerPiece: 3, isClustered: false }, 150, 150);
  });

  it('with one-block pieces', () => {
    agreesWithModel({ pieceCount: 12, blocksPerPiece: 1, isClustered: false }, 80, 150);
  });

  it('with many pieces of which peers lack the rarest, where searches remember what they passed', () => {
    agreesWithModel({ pieceCount: 400, blocksPerPiece: 1, isClustered: true }, 25, 400);
  });

  it('with many pieces spread over peers', () => {
    agreesWithModel({ pieceCount: 200, blocksPerPiece: 2, isClustered: false }, 20, 300);
  });
});
