import { StorageError } from '../common/errors.js';
import type { SlotIndex, SlotPool } from '../ports/slots.js';
import type { TorrentStorage } from '../ports/storage.js';
import { type CacheRead, ExtentIndex, type ReadDone, type ReadExtent } from './read-extent.js';
import { storageFailure } from './storage-failure.js';

/** Longest block that is served. */
const maxReadBytes = 128 * 1024;
/** Reads that may wait for memory; further ones fail with `STORAGE_BUSY`. */
const maxWaitingReads = 4096;

/** Options of a {@link ReadCache}. */
export interface ReadCacheOptions {
  /** Slots it may hold at one time: cached, being read, and being sent. */
  readonly maxSlots: number;
  /** Bytes read at once, aligned within the piece; a whole number of slots. */
  readonly readAheadBytes: number;
}

/** What a {@link ReadCache} has done and holds. */
export interface ReadCacheStats {
  /** Reads that started no disk read: their data was there or on its way. */
  readonly hits: number;
  readonly misses: number;
  readonly slotsHeld: number;
}

function releaseNothing(): void {
  // A read that failed holds nothing.
}

/**
 * Serves blocks to peers out of slots, reading ahead: peers ask for the blocks of a piece one after the
 * other, and many for the same ones. What is used is never evicted; of the rest, what was used longest
 * ago goes first.
 *
 * Reads that lack memory are served in order of arrival. Only the first of them collects slots, and only
 * reads that have all theirs use extents, so no two can wait for each other.
 */
export class ReadCache {
  readonly #slots: SlotPool;
  readonly #maxSlots: number;
  #extentBytes: number;
  readonly #index = new ExtentIndex();
  /** Loaded extents that nobody reads, in order of use. */
  readonly #idle = new Set<ReadExtent>();
  /** Slots of ours in no extent, collected for the first read that waits. */
  readonly #spare: SlotIndex[] = [];
  #slotsHeld = 0;
  #waiting: CacheRead[] = [];
  #cancelWhenFree: (() => void) | undefined;
  #serving = false;
  #hits = 0;
  #misses = 0;

  /** Throws `STORAGE_RANGE` where one read could need more slots than there are, and so wait for ever. */
  constructor(slots: SlotPool, { maxSlots, readAheadBytes }: ReadCacheOptions) {
    this.#slots = slots;
    this.#maxSlots = maxSlots;
    this.#extentBytes = this.#checked(readAheadBytes);
  }

  #checked(readAheadBytes: number): number {
    const spannedExtents = Math.ceil((maxReadBytes - 1) / readAheadBytes) + 1;
    const extentSlots = readAheadBytes / this.#slots.slotLength;
    const needed = spannedExtents * extentSlots;
    if (Number.isInteger(extentSlots) && needed <= Math.min(this.#maxSlots, this.#slots.capacity)) {
      return readAheadBytes;
    }
    const range = `${this.#maxSlots} slots for extents of ${readAheadBytes} bytes`;
    throw new StorageError('STORAGE_RANGE', `${range}: at least ${needed} are needed`, '');
  }

  /**
   * Changes how many bytes are read at once. What was read is forgotten, once nobody uses it any more. Throws
   * as the constructor does.
   */
  setReadAhead(readAheadBytes: number): void {
    if (readAheadBytes === this.#extentBytes) return;
    this.#extentBytes = this.#checked(readAheadBytes);
    for (const extent of this.#index.all()) {
      this.#index.remove(extent);
      if (this.#idle.delete(extent)) for (const slot of extent.slots) this.#giveBack(slot);
    }
    this.#serve();
  }

  get stats(): ReadCacheStats {
    return { hits: this.#hits, misses: this.#misses, slotsHeld: this.#slotsHeld };
  }

  /**
   * Reads `length` bytes (at most 128 KiB) from `begin` of a piece of `pieceSize` bytes. `done` is called
   * once, from inside this call where the data is at hand. It fails with what the storage rejects with,
   * with `STORAGE_RANGE`, with `STORAGE_BUSY` where too many reads wait for memory, and with
   * `STORAGE_DROPPED` where `drop` came first. `done` must not throw. `release` throws
   * `STORAGE_SLOT_FREE` the second time.
   */
  read(
    source: TorrentStorage,
    piece: number,
    begin: number,
    length: number,
    pieceSize: number,
    done: ReadDone,
  ): void {
    const read: CacheRead = {
      source,
      piece,
      begin,
      lengthBytes: length,
      pieceSize,
      done,
      extents: [],
      pending: 0,
      failed: false,
    };
    if (!(begin >= 0 && length > 0 && length <= maxReadBytes && begin + length <= pieceSize)) {
      const range = `${length} bytes at ${begin} of piece ${piece}`;
      this.#fail(read, new StorageError('STORAGE_RANGE', `${range} cannot be read`, ''));
    } else if (this.#waiting.length >= maxWaitingReads) {
      this.#fail(read, new StorageError('STORAGE_BUSY', `${maxWaitingReads} reads wait for memory`, ''));
    } else {
      this.#waiting.push(read);
      this.#serve();
    }
  }

  /**
   * Forgets a torrent, or a piece that failed a check. Reads of it that are not done fail with
   * `STORAGE_DROPPED`; data that is being sent stays until it is released.
   */
  drop(source: TorrentStorage, piece?: number): void {
    const isMeant = (read: CacheRead): boolean =>
      read.source === source && (piece === undefined || read.piece === piece);
    const reads = this.#waiting.filter(isMeant);
    this.#waiting = this.#waiting.filter((read) => !isMeant(read));
    for (const extent of this.#index.of(source, piece)) {
      this.#index.remove(extent);
      reads.push(...extent.waiting.splice(0));
      if (this.#idle.delete(extent)) for (const slot of extent.slots) this.#giveBack(slot);
    }
    if (reads.length > 0) {
      const error = new StorageError('STORAGE_DROPPED', 'the data was dropped before it was read', '');
      for (const read of reads) this.#fail(read, error);
    }
    this.#serve();
  }

  /** Serves reads in order as far as memory goes. What a callback asks for meanwhile waits its turn. */
  #serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    try {
      for (let read = this.#waiting[0]; read !== undefined; read = this.#waiting[0]) {
        if (!this.#admit(read)) break;
        this.#waiting.shift();
        if (read.pending === 0) this.#finish(read);
      }
    } finally {
      this.#serving = false;
    }
    if (this.#waiting.length > 0) {
      this.#cancelWhenFree ??= this.#slots.whenFree(() => {
        this.#cancelWhenFree = undefined;
        this.#serve();
      });
      return;
    }
    this.#cancelWhenFree?.();
    this.#cancelWhenFree = undefined;
    for (const slot of this.#spare.splice(0)) this.#giveBack(slot);
  }

  /** Gives the read its extents, starting to load what is not there; false where memory is short. */
  #admit(read: CacheRead): boolean {
    const first = Math.floor(read.begin / this.#extentBytes);
    const last = Math.floor((read.begin + read.lengthBytes - 1) / this.#extentBytes);
    let missingSlots = 0;
    const present: ReadExtent[] = [];
    for (let index = first; index <= last; index++) {
      const extent = this.#index.get(read.source, read.piece, index);
      if (extent === undefined) missingSlots += this.#slotCount(this.#extentLength(read, index));
      else present.push(extent);
    }
    // In use before others are evicted, so that these are not.
    for (const extent of present) this.#use(extent);
    if (!this.#collect(missingSlots)) {
      for (const extent of present) this.#unuse(extent);
      return false;
    }
    if (missingSlots > 0) this.#misses++;
    else this.#hits++;
    for (let index = first; index <= last; index++) {
      const extent = this.#index.get(read.source, read.piece, index) ?? this.#load(read, index);
      read.extents.push(extent);
      if (!extent.loading) continue;
      read.pending++;
      extent.waiting.push(read);
    }
    return true;
  }

  /** Brings the spare slots to `count`: free ones first, then those of what is idle. */
  #collect(count: number): boolean {
    while (this.#spare.length < count) {
      const slot = this.#slotsHeld < this.#maxSlots ? this.#slots.acquire() : -1;
      if (slot >= 0) {
        this.#slotsHeld++;
        this.#spare.push(slot);
        continue;
      }
      const [oldest] = this.#idle;
      if (oldest === undefined) return false;
      this.#idle.delete(oldest);
      this.#index.remove(oldest);
      this.#spare.push(...oldest.slots);
    }
    return true;
  }

  #load(read: CacheRead, index: number): ReadExtent {
    const lengthBytes = this.#extentLength(read, index);
    const extent: ReadExtent = {
      source: read.source,
      piece: read.piece,
      index,
      beginBytes: index * this.#extentBytes,
      lengthBytes,
      slots: this.#spare.splice(0, this.#slotCount(lengthBytes)),
      loading: true,
      readers: 1,
      waiting: [],
      indexed: false,
    };
    this.#index.add(extent);
    void this.#fill(extent);
    return extent;
  }

  async #fill(extent: ReadExtent): Promise<void> {
    let error: StorageError | undefined;
    try {
      await this.#readBlocks(extent);
    } catch (cause) {
      error = storageFailure(cause, 'read', '');
      this.#index.remove(extent);
    }
    extent.loading = false;
    if (extent.readers === 0) this.#rest(extent);
    for (const read of extent.waiting.splice(0)) {
      if (error !== undefined) this.#fail(read, error);
      else if (--read.pending === 0 && !read.failed) this.#finish(read);
    }
    this.#serve();
  }

  /** Asynchronous itself, so that a storage that throws fails no sooner than one that rejects. */
  async #readBlocks({ source, piece, beginBytes, lengthBytes, slots }: ReadExtent): Promise<void> {
    await source.readBlocks(piece, beginBytes, lengthBytes, slots);
  }

  #finish(read: CacheRead): void {
    const chunks: Uint8Array[] = [];
    for (const extent of read.extents) this.#appendViews(chunks, read, extent);
    let released = false;
    read.done(undefined, chunks, () => {
      if (released) throw new StorageError('STORAGE_SLOT_FREE', 'a read is released twice', '');
      released = true;
      for (const extent of read.extents) this.#unuse(extent);
      this.#serve();
    });
  }

  #fail(read: CacheRead, error: StorageError): void {
    if (read.failed) return;
    read.failed = true;
    for (const extent of read.extents) this.#unuse(extent);
    read.done(error, [], releaseNothing);
  }

  #use(extent: ReadExtent): void {
    extent.readers++;
    this.#idle.delete(extent);
  }

  #unuse(extent: ReadExtent): void {
    if (--extent.readers === 0 && !extent.loading) this.#rest(extent);
  }

  /** Keeps an extent that nobody reads for later, or frees it where it must not be found again. */
  #rest(extent: ReadExtent): void {
    if (extent.indexed) this.#idle.add(extent);
    else for (const slot of extent.slots) this.#giveBack(slot);
  }

  #giveBack(slot: SlotIndex): void {
    this.#slotsHeld--;
    this.#slots.release(slot);
  }

  /** Appends the views of what the read wants of the extent. */
  #appendViews(chunks: Uint8Array[], read: CacheRead, extent: ReadExtent): void {
    const slotLength = this.#slots.slotLength;
    const start = extent.beginBytes;
    const end = Math.min(read.begin + read.lengthBytes - start, extent.lengthBytes);
    for (let from = Math.max(0, read.begin - start); from < end; ) {
      const offset = from % slotLength;
      const count = Math.min(end - from, slotLength - offset);
      const view = this.#slots.view(extent.slots[(from - offset) / slotLength] ?? -1);
      chunks.push(count === slotLength ? view : view.subarray(offset, offset + count));
      from += count;
    }
  }

  #extentLength(read: CacheRead, index: number): number {
    return Math.min(this.#extentBytes, read.pieceSize - index * this.#extentBytes);
  }

  #slotCount(lengthBytes: number): number {
    return Math.ceil(lengthBytes / this.#slots.slotLength);
  }
}
