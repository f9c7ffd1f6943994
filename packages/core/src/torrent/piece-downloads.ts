import { createHash } from 'node:crypto';
import type { ReadonlyBitfield } from '../common/bitfield.js';
import { blockLength } from '../common/block.js';
import { PluginError, StorageError } from '../common/errors.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import type { PeerState } from '../peer/peer-state.js';
import type { PiecePicker } from '../picker/piece-picker.js';
import type { BlockSource, PieceHold } from '../plugin/torrent-context.js';
import type { Clock } from '../ports/clock.js';
import type { SlotIndex, SlotPool } from '../ports/slots.js';
import type { TorrentStorage } from '../ports/storage.js';
import { asStorageError } from './as-storage-error.js';
import { BlockReader } from './block-reader.js';
import { PieceDownload } from './piece-download.js';
import { openPieceHold } from './piece-hold.js';
import { WorkCount } from './work-count.js';

/** A piece larger than this share of the pool is spilled. */
const spillShare = 8;

/** What collecting pieces asks of its torrent. */
export interface PieceDownloadsOwner {
  /** Another copy of a block is on its way from these peers and no longer needed. */
  cancelRequests(piece: number, block: number): void;
  piecePassed(piece: number, contributors: ReadonlySet<PeerState>): void;
  /** The blocks are readable until the call returns, or a hold taken in it ends. */
  pieceFailed(piece: number, contributors: ReadonlySet<PeerState>): void;
  /** A failed piece is open again. */
  pieceReopened(): void;
  storageFailed(error: StorageError): void;
  countRedundant(bytes: number): void;
  pluginFault(scope: PluginScope, hook: string, error: unknown): void;
}

/** Pieces on their way from peers to storage: commits blocks, seals and writes pieces, and what follows. */
export class PieceDownloads {
  readonly #owner: PieceDownloadsOwner;
  readonly #info: TorrentInfo;
  readonly #picker: PiecePicker;
  readonly #storage: TorrentStorage;
  readonly #slots: SlotPool;
  readonly #clock: Clock;
  readonly #open = new Map<number, PieceDownload>();
  /** Spilled blocks that are being written, by piece: those of a download that was given up too. */
  readonly #spilling = new Map<number, number>();
  /** The piece whose failure plugins are being told: the only one that may be held. */
  #failing: PieceDownload | undefined;
  readonly #reader: BlockReader;
  /** Writes that have not settled. */
  readonly #writes = new WorkCount();
  #changes = 0;
  #isClosed = false;

  constructor(options: {
    readonly owner: PieceDownloadsOwner;
    readonly info: TorrentInfo;
    readonly picker: PiecePicker;
    readonly storage: TorrentStorage;
    readonly slots: SlotPool;
    readonly clock: Clock;
  }) {
    this.#owner = options.owner;
    this.#info = options.info;
    this.#picker = options.picker;
    this.#storage = options.storage;
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#reader = new BlockReader(this.#info, this.#storage, this.#slots);
  }

  /** Counts what has been written. */
  get changes(): number {
    return this.#changes;
  }

  sources(piece: number): readonly BlockSource[] {
    return this.#open.get(piece)?.sources() ?? [];
  }

  /** Takes the slot with a block that a peer has sent. */
  commit(peer: PeerState, piece: number, block: number, slot: number): void {
    const result = this.#isClosed ? 'unwanted' : this.#picker.receive(peer.connectionId, piece, block);
    const length = this.#info.layout.blockSize(piece, block);
    if (result === 'first') {
      const download = this.#downloadOf(piece);
      download.setSource(block, peer);
      if (download.isSpilled) this.#spill(download, block, slot, length);
      else download.slots[block] = slot;
      // Runs plugins, which may abort the piece or close the torrent: the slot has its owner by now.
      this.#owner.cancelRequests(piece, block);
      this.#sealIfComplete(download);
      return;
    }
    if (result === 'duplicate') {
      const bytes = this.#slots.view(slot).subarray(0, length);
      const digest = createHash('sha1').update(bytes).digest();
      this.#open.get(piece)?.addDuplicate(block, peer, digest);
    }
    this.#slots.release(slot);
    this.#owner.countRedundant(length);
  }

  #downloadOf(piece: number): PieceDownload {
    const known = this.#open.get(piece);
    if (known) return known;
    const { layout } = this.#info;
    const blockCount = layout.blockCount(piece);
    const isSpilled = blockCount > this.#slots.capacity / spillShare;
    const download = new PieceDownload(piece, blockCount, isSpilled);
    this.#open.set(piece, download);
    return download;
  }

  #spill(download: PieceDownload, block: number, slot: number, length: number): void {
    const { piece } = download;
    this.#countSpilling(piece, 1);
    this.#writes.begun();
    this.#storage.writeBlock(piece, block * blockLength, slot, length).then(
      () => {
        download.setStored(block);
        this.#changes++;
        this.#spilled(piece, slot);
        this.#writes.ended();
      },
      (error: unknown) => {
        this.#spillFailed(download, block, slot, error);
        this.#writes.ended();
      },
    );
  }

  /** The block keeps its slot, and its piece from being hashed, until it is written again or given up. */
  #spillFailed(download: PieceDownload, block: number, slot: number, error: unknown): void {
    if (this.#isClosed || download.phase !== 'collecting') {
      this.#spilled(download.piece, slot);
      return;
    }
    download.unwritten.set(block, slot);
    this.#owner.storageFailed(asStorageError(error, 'writing'));
  }

  #countSpilling(piece: number, by: number): void {
    const count = (this.#spilling.get(piece) ?? 0) + by;
    if (count > 0) this.#spilling.set(piece, count);
    else this.#spilling.delete(piece);
  }

  #spilled(piece: number, slot: number): void {
    this.#countSpilling(piece, -1);
    this.#slots.release(slot);
    const download = this.#open.get(piece);
    if (download) this.#sealIfComplete(download);
  }

  #sealIfComplete(download: PieceDownload): void {
    const { piece } = download;
    if (this.#isClosed || download.phase !== 'collecting' || !this.#picker.isComplete(piece)) return;
    // A write that lands after the hash was taken would go unnoticed.
    if (this.#spilling.has(piece)) return;
    this.#picker.seal(piece);
    this.#write(download);
  }

  #write(download: PieceDownload): void {
    const { piece } = download;
    download.phase = 'writing';
    const expected = this.#info.pieceHash(piece);
    const verdict = download.isSpilled
      ? this.#storage.hashPiece(piece, expected)
      : this.#storage.writePiece(piece, download.slots, expected);
    this.#writes.begun();
    verdict.then(
      (result) => {
        this.#written(download, result);
        this.#writes.ended();
      },
      (error: unknown) => {
        this.#writeFailed(download, error);
        this.#writes.ended();
      },
    );
  }

  #written(download: PieceDownload, result: 'ok' | 'hashFailed' | 'missing'): void {
    if (result === 'ok') this.#passed(download);
    else if (result === 'missing') this.#vanished(download);
    else this.#failed(download);
  }

  /** What was spilled is not there any more: nobody who sent it is to blame. */
  #vanished(download: PieceDownload): void {
    const wasEnded = download.phase === 'ended';
    this.#giveUp(download);
    if (this.#isClosed || wasEnded) return;
    const message = `blocks of piece ${download.piece} that were written are not there any more`;
    this.#owner.storageFailed(new StorageError('STORAGE_SHORT', message, ''));
  }

  #passed(download: PieceDownload): void {
    if (download.phase === 'ended') return;
    this.#freeSlots(download);
    this.#changes++;
    // A check of the medium may have found it meanwhile.
    const isNew = !this.#picker.has(download.piece);
    if (isNew) this.#picker.piecePassed(download.piece);
    if (isNew && !this.#isClosed) this.#owner.piecePassed(download.piece, download.contributors());
    this.#end(download);
  }

  #failed(download: PieceDownload): void {
    if (this.#isClosed || download.phase === 'ended') {
      this.#freeSlots(download);
      return;
    }
    download.phase = 'failed';
    download.holds++;
    this.#failing = download;
    this.#owner.pieceFailed(download.piece, download.contributors());
    this.#failing = undefined;
    this.#releaseHold(download);
  }

  /** The piece keeps its blocks until it is written again or given up. */
  #writeFailed(download: PieceDownload, error: unknown): void {
    if (this.#isClosed || download.phase === 'ended') {
      this.#giveUp(download);
      return;
    }
    download.phase = 'unwritten';
    this.#owner.storageFailed(asStorageError(error, 'writing'));
  }

  /** The pieces of which something waits to be written again. */
  unwrittenPieces(): readonly number[] {
    return [...this.#open.values()].filter(({ isUnwritten }) => isUnwritten).map(({ piece }) => piece);
  }

  /** The pieces of which blocks are on the medium, unverified. */
  spilledPieces(): readonly number[] {
    return [...this.#open.values()].filter(({ isSpilled }) => isSpilled).map(({ piece }) => piece);
  }

  /** Writes again what could not be written. */
  retry(): void {
    if (this.#isClosed) return;
    for (const download of [...this.#open.values()]) {
      if (download.phase === 'unwritten') this.#write(download);
      const blocks = [...download.unwritten];
      download.unwritten.clear();
      for (const [block, slot] of blocks) {
        this.#countSpilling(download.piece, -1);
        this.#spill(download, block, slot, this.#info.layout.blockSize(download.piece, block));
      }
    }
  }

  /** Keeps a failed piece's blocks; see `TorrentContext.holdPiece`. */
  hold(piece: number, scope: PluginScope): PieceHold {
    const download = this.#failing;
    if (download?.phase !== 'failed' || download.piece !== piece) {
      throw new PluginError('PLUGIN_PIECE_HOLD', 'holdPiece is legal in onPieceFailed, for its piece');
    }
    return openPieceHold(download, scope, this.#clock, () => this.#releaseHold(download));
  }

  #releaseHold(download: PieceDownload): void {
    download.holds--;
    if (download.holds > 0 || download.phase !== 'failed') return;
    this.#freeSlots(download);
    this.#end(download);
    if (this.#isClosed) return;
    this.#picker.pieceFailed(download.piece);
    this.#owner.pieceReopened();
  }

  /** A copy of a block that is in memory or spilled; `undefined` where it is neither. */
  read(piece: number, block: number): Promise<Uint8Array> | undefined {
    const download = this.#open.get(piece);
    const isHere = download?.sourceOf(block) !== undefined || download?.stored?.has(block) === true;
    if (download === undefined || !isHere) return undefined;
    const length = this.#info.layout.blockSize(piece, block);
    const slot = download.slotOf(block);
    if (slot >= 0) return Promise.resolve(this.#slots.view(slot).slice(0, length));
    return download.isSpilled ? this.readStored(piece, block) : undefined;
  }

  /** A copy of a block from storage. Waits for a slot where none is free. */
  readStored(piece: number, block: number): Promise<Uint8Array> {
    return this.#reader.read(piece, block);
  }

  /** Gives up what was collected of a piece; one that is being written or looked at is left alone. */
  abort(piece: number): void {
    const download = this.#open.get(piece);
    if (download?.phase === 'collecting' || download?.phase === 'unwritten') this.#giveUp(download);
    else if (download === undefined) this.#picker.pieceAborted(piece);
  }

  /** The piece being collected, or waiting to be written, that holds the fewest slots, where one holds any. */
  smallestCollecting(): { readonly piece: number; readonly held: number } | undefined {
    let smallest: { readonly piece: number; readonly held: number } | undefined;
    for (const { piece, phase, heldSlots: held } of this.#open.values()) {
      if (phase !== 'collecting' && phase !== 'unwritten') continue;
      if (held > 0 && (smallest === undefined || held < smallest.held)) smallest = { piece, held };
    }
    return smallest;
  }

  #giveUp(download: PieceDownload): void {
    this.#freeSlots(download);
    const wasOpen = download.phase !== 'ended';
    this.#end(download);
    if (wasOpen) this.#picker.pieceAborted(download.piece);
  }

  #end(download: PieceDownload): void {
    download.phase = 'ended';
    if (this.#open.get(download.piece) === download) this.#open.delete(download.piece);
  }

  #freeSlots(download: PieceDownload): void {
    for (const [block, slot] of download.slots.entries()) {
      if (slot < 0) continue;
      download.slots[block] = -1;
      this.#slots.release(slot);
    }
    for (const slot of download.unwritten.values()) {
      this.#countSpilling(download.piece, -1);
      this.#slots.release(slot);
    }
    download.unwritten.clear();
  }

  /** Goes on with a piece of which these blocks are in storage, unverified, from an earlier session. */
  restore(piece: number, blocks: ReadonlyBitfield): void {
    if (this.#isClosed || this.#open.has(piece)) return;
    const download = new PieceDownload(piece, this.#info.layout.blockCount(piece), true);
    blocks.forEach((block) => {
      if (this.#picker.restore(piece, block)) download.setStored(block);
    });
    if (download.stored?.isEmpty === false) this.#open.set(piece, download);
  }

  /** The blocks that are in storage, unverified, of pieces that are not had. */
  storedBlocks(): Map<number, ReadonlyBitfield> {
    const blocks = new Map<number, ReadonlyBitfield>();
    for (const { piece, stored } of this.#open.values()) {
      if (stored && !stored.isEmpty) blocks.set(piece, stored.clone());
    }
    return blocks;
  }

  /**
   * The torrent is closing: no more blocks are taken. Waits for what is being written, then writes the blocks
   * of pieces that are not complete to their place. What can't be written is given up.
   */
  async spillAll(): Promise<void> {
    this.#isClosed = true;
    await this.#writes.idle();
    for (const download of this.#open.values()) {
      if (download.phase !== 'collecting' && download.phase !== 'unwritten') continue;
      for (let block = 0; block < download.slots.length; block++) {
        const slot = download.slotOf(block);
        if (slot >= 0) this.#spillLast(download, block, slot);
      }
    }
    await this.#writes.idle();
  }

  #spillLast(download: PieceDownload, block: number, slot: SlotIndex): void {
    const length = this.#info.layout.blockSize(download.piece, block);
    this.#writes.begun();
    this.#storage.writeBlock(download.piece, block * blockLength, slot, length).then(
      () => {
        download.setStored(block);
        this.#writes.ended();
      },
      () => this.#writes.ended(),
    );
  }

  /** Pieces that are complete and with the storage. */
  get writingCount(): number {
    let count = 0;
    for (const { phase } of this.#open.values()) if (phase === 'writing') count++;
    return count;
  }

  /** The torrent is closing: what is not being written is given up. */
  close(): void {
    this.#isClosed = true;
    this.#reader.close();
    for (const download of [...this.#open.values()]) {
      if (download.phase === 'writing') continue;
      this.#freeSlots(download);
      this.#end(download);
    }
  }
}
