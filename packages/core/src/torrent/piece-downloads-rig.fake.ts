import { Bitfield } from '../common/bitfield.js';
import { blockLength } from '../common/block.js';
import type { StorageError } from '../common/errors.js';
import { MemoryStorage } from '../disk/memory-storage.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { fakeScope } from '../dispatch/plugin-scope.fake.js';
import { fakePeerState } from '../peer/peer-state.fake.js';
import type { PeerState } from '../peer/peer-state.js';
import { PiecePicker } from '../picker/piece-picker.js';
import { FakeRandom } from '../picker/random.fake.js';
import type { PieceHold } from '../plugin/torrent-context.js';
import { stampBlock, stampedTorrent } from './content.fake.js';
import { ControlledStorage, type PendingCall } from './controlled-storage.fake.js';
import { PieceDownloads, type PieceDownloadsOwner } from './piece-downloads.js';
import { SpoilingSlotPool } from './spoiling-slot-pool.fake.js';

export const pieceLength = 4 * blockLength;
/** Two pieces of four blocks, and one of two of which the last is short. */
const torrent = stampedTorrent(pieceLength, 2 * pieceLength + blockLength + 100);
export const { content } = torrent;
const { info } = torrent;
export const { layout } = info;
export const peerCount = 4;

/** One step of a run. */
export type Command =
  | { readonly type: 'request' | 'begin' | 'leave'; readonly peer: number }
  | { readonly type: 'finish' | 'deliver'; readonly peer: number; readonly isGood: boolean }
  | { readonly type: 'settle'; readonly index: number; readonly fails: boolean }
  | { readonly type: 'abort' | 'exclusive'; readonly piece: number }
  | { readonly type: 'read'; readonly piece: number; readonly block: number }
  | { readonly type: 'relieve' | 'hold' | 'releaseHolds' | 'wait' | 'retry' };

interface Remote {
  readonly state: PeerState;
  readonly asked: [piece: number, block: number][];
  /** The block that it is sending, in a slot of its own. */
  incoming: { readonly piece: number; readonly block: number; readonly slot: number } | undefined;
}

/** A block whose write has failed, in the slot that it should keep. */
interface KeptBlock {
  readonly piece: number;
  readonly slot: number;
}

/** What a torrent is to its downloads, with peers that do as they are told. */
export class Rig implements PieceDownloadsOwner {
  readonly pool: SpoilingSlotPool;
  readonly storage: ControlledStorage;
  readonly clock = new ManualClock();
  readonly picker: PiecePicker;
  readonly downloads: PieceDownloads;
  readonly remotes: Remote[] = [];
  readonly scope = fakeScope('looker');
  readonly holds: PieceHold[] = [];
  readonly storageErrors: StorageError[] = [];
  readonly badPieces = new Set<number>();
  readonly wrongFailures: number[] = [];
  readonly wrongReads: string[] = [];
  /** Times that nothing was collected of each piece: tells writes of a piece that was given up since. */
  readonly #attempts = new Map<number, number>();
  readonly #attemptOf = new Map<PendingCall, number>();
  #kept: KeptBlock[] = [];
  /** Holds to take of the next piece that fails. */
  holdNext = 0;
  isClosed = false;
  #nextId = 1;

  constructor(storage: ControlledStorage, pool: SpoilingSlotPool, seed: number) {
    this.storage = storage;
    this.pool = pool;
    this.picker = new PiecePicker({
      pieceCount: layout.pieceCount,
      blocksIn: (piece) => layout.blockCount(piece),
      random: new FakeRandom(seed),
    });
    const { picker, clock } = this;
    this.downloads = new PieceDownloads({ owner: this, info, picker, storage, slots: pool, clock });
    for (let i = 0; i < peerCount; i++) this.remotes.push(this.#newRemote());
  }

  #newRemote(): Remote {
    this.picker.addSeed();
    return { state: fakePeerState(this.#nextId++), asked: [], incoming: undefined };
  }

  isSpilled(piece: number): boolean {
    return layout.blockCount(piece) > this.pool.capacity / 8;
  }

  /** Slots that somebody should own now. */
  expectedOwned(): number {
    let owned = this.remotes.filter(({ incoming }) => incoming !== undefined).length;
    for (const call of this.storage.pending) {
      if (call.name !== 'writePiece' || this.isClosed) owned += call.slots.length;
    }
    if (this.isClosed) return owned;
    owned += this.#kept.length;
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      if (this.isSpilled(piece) || this.picker.has(piece)) continue;
      for (let block = 0; block < layout.blockCount(piece); block++) {
        if (this.picker.blockState(piece, block) === 'received') owned++;
      }
    }
    return owned;
  }

  async run(command: Command): Promise<void> {
    switch (command.type) {
      case 'request':
        this.#request(this.#remote(command.peer));
        break;
      case 'begin':
        this.#begin(this.#remote(command.peer));
        break;
      case 'finish':
        this.#finish(this.#remote(command.peer), command.isGood);
        break;
      case 'deliver': {
        const remote = this.#remote(command.peer);
        if (remote.asked.length === 0) this.#request(remote);
        this.#begin(remote);
        this.#finish(remote, command.isGood);
        break;
      }
      case 'leave':
        this.#leave(command.peer);
        break;
      case 'settle':
        await this.settle(command.index, command.fails);
        break;
      case 'abort':
        this.downloads.abort(command.piece);
        break;
      case 'exclusive':
        this.picker.setExclusive(command.piece, 'any-single');
        break;
      case 'read':
        this.#read(command.piece, command.block);
        break;
      case 'relieve': {
        const smallest = this.downloads.smallestCollecting();
        if (smallest) this.downloads.abort(smallest.piece);
        break;
      }
      case 'hold':
        this.holdNext = 1;
        break;
      case 'releaseHolds':
        for (const hold of this.holds) hold.release();
        break;
      case 'wait':
        this.clock.advance(10_000);
        break;
      case 'retry':
        this.#kept = [];
        this.downloads.retry();
        break;
    }
    await turn();
    this.#observe();
  }

  #observe(): void {
    for (const call of this.storage.pending) {
      if (!this.#attemptOf.has(call)) this.#attemptOf.set(call, this.#attempts.get(call.piece) ?? 0);
    }
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      const blocks = Array.from({ length: layout.blockCount(piece) }, (_, block) => block);
      if (blocks.some((block) => this.picker.blockState(piece, block) === 'received')) continue;
      this.#attempts.set(piece, (this.#attempts.get(piece) ?? 0) + 1);
      this.#kept = this.#kept.filter((kept) => kept.piece !== piece);
    }
  }

  #remote(index: number): Remote {
    return this.remotes[index] as Remote;
  }

  #request({ state, asked }: Remote): void {
    const has = Bitfield.full(layout.pieceCount);
    this.picker.pick(state.connectionId, { has, count: 3, openableBlocks: 1_000 }, (piece, block) => {
      asked.push([piece, block]);
    });
  }

  #begin(remote: Remote): void {
    if (remote.incoming !== undefined) return;
    const next = remote.asked.shift();
    if (next === undefined) return;
    const slot = this.pool.acquire();
    if (slot < 0) remote.asked.unshift(next);
    else remote.incoming = { piece: next[0], block: next[1], slot };
  }

  #finish(remote: Remote, isGood: boolean): void {
    if (remote.incoming === undefined) return;
    const { piece, block, slot } = remote.incoming;
    stampBlock(this.pool.view(slot).subarray(0, layout.blockSize(piece, block)), piece, block, isGood);
    if (!isGood) this.badPieces.add(piece);
    remote.incoming = undefined;
    this.downloads.commit(remote.state, piece, block, slot);
  }

  #leave(index: number): void {
    const remote = this.#remote(index);
    if (remote.incoming) this.pool.release(remote.incoming.slot);
    for (const piece of this.picker.removePeer(remote.state.connectionId)) this.downloads.abort(piece);
    this.picker.removeSeed();
    this.remotes[index] = this.#newRemote();
  }

  #read(piece: number, block: number): void {
    if (block >= layout.blockCount(piece)) return;
    const reading = this.picker.has(piece)
      ? this.downloads.readStored(piece, block)
      : this.downloads.read(piece, block);
    reading?.then(
      (bytes) => {
        const isOurs = bytes[0] === piece + 1 && bytes[1] === block + 1;
        // What of a spilled piece is not written yet reads as zeros, or ends short.
        if (!isOurs && !this.isSpilled(piece))
          this.wrongReads.push(`${piece}:${block}: ${bytes.slice(0, 3)}`);
      },
      () => {},
    );
  }

  async settle(index: number, fails: boolean): Promise<void> {
    const { pending } = this.storage;
    const call = pending[index % Math.max(1, pending.length)];
    if (call === undefined) return;
    const { name, piece, slots } = call;
    const isCurrent = this.#attemptOf.get(call) === (this.#attempts.get(piece) ?? 0);
    if (fails && name === 'writeBlock' && isCurrent) {
      for (const slot of slots) this.#kept.push({ piece, slot });
    }
    await call.settle(fails);
  }

  /** Lets everything end: reads and writes, holds, connections, and what is left of open pieces. */
  async finish(): Promise<void> {
    this.remotes.forEach((_, index) => {
      this.#leave(index);
    });
    for (;;) {
      await turn();
      this.clock.advance(10_000);
      if (this.storage.pending.length === 0) break;
      await this.settle(0, false);
    }
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      if (!this.picker.has(piece)) this.downloads.abort(piece);
    }
  }

  close(): void {
    this.isClosed = true;
    this.downloads.close();
  }

  cancelRequests(piece: number, block: number): void {
    for (const key of this.picker.requesters(piece, block)) {
      // Every other peer is one with the fast extension, which answers what it was asked for all the same.
      if (key % 2 === 0) continue;
      this.picker.release(key, piece, block);
      const remote = this.remotes.find(({ state }) => state.connectionId === key);
      const index = remote?.asked.findIndex((asked) => asked[0] === piece && asked[1] === block) ?? -1;
      if (index >= 0) remote?.asked.splice(index, 1);
    }
  }

  piecePassed(): void {}

  pieceFailed(piece: number): void {
    if (!this.badPieces.has(piece) && !this.isSpilled(piece)) this.wrongFailures.push(piece);
    for (; this.holdNext > 0; this.holdNext--) this.holds.push(this.downloads.hold(piece, this.scope));
  }

  pieceReopened(): void {}

  storageFailed(error: StorageError): void {
    this.storageErrors.push(error);
  }

  countRedundant(): void {}

  pluginFault(): void {}
}

/** Until promises that are settled have told everybody. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 24; i++) await undefined;
}

/** A rig whose pool has `capacity` slots; `memory` is what it writes to. */
export async function makeRig(capacity: number, seed: number): Promise<{ rig: Rig; memory: MemoryStorage }> {
  const memory = new MemoryStorage();
  const pool = new SpoilingSlotPool(capacity * blockLength);
  const storage = new ControlledStorage(await memory.open(layout, pool), pool);
  return { rig: new Rig(storage, pool, seed), memory };
}
