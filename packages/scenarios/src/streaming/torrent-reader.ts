import {
  blockLength,
  definePluginKey,
  defineTorrentExtension,
  pluginApiVersion,
  type TorrentContext,
  type TorrentLayout,
  type TorrentPlugin,
  type TorrentPluginFactory,
} from '@peerloom/core/plugin';
import { abortable } from '../swarm/abortable.js';
import type { ByteRange } from './byte-range.js';

/** How far ahead of the reader pieces are asked for before all others. */
const readAheadBytes = 4 * 1024 * 1024;
const minReadAheadPieces = 2;
/** Between the deadlines of pieces that are read one after the other. */
const pieceSpacingMs = 3_000;

/** A reader that waits for a piece. */
interface Waiter {
  readonly piece: number;
  readonly resolve: () => void;
}

/** Reads files of a torrent while they are downloaded: what is read next is asked for first. */
export class TorrentReader implements TorrentPlugin {
  readonly #torrent: TorrentContext;
  readonly #waiters = new Set<Waiter>();
  /** How many readers want a piece soon. */
  readonly #urgent = new Map<number, number>();

  constructor(torrent: TorrentContext) {
    this.#torrent = torrent;
  }

  onPiecePass(): void {
    this.#wake();
  }

  onFilesChecked(): void {
    this.#wake();
  }

  /**
   * The bytes of a range of a file, in order, in chunks of at most 16 KiB, each as soon as its piece is had. Until it
   * ends or is returned from, pieces ahead of it come before all others. Rejects with the signal's reason, and with
   * `StorageError`. Of a torrent that has stopped or was removed it waits for ever: end it by the signal.
   */
  async *read(file: number, range: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const { layout } = this.#torrent;
    const { offset } = layout?.files[file] ?? {};
    if (layout === undefined || offset === undefined) throw new RangeError(`there is no file ${file}`);
    const window = new Set<number>();
    const end = offset + range.last + 1;
    try {
      for (let position = offset + range.first; position < end; ) {
        const piece = Math.floor(position / layout.pieceLength);
        this.#moveWindow(window, piece, Math.floor((end - 1) / layout.pieceLength), layout);
        await this.#pieceHad(piece, signal);
        const pieceEnd = Math.min(end, (piece + 1) * layout.pieceLength);
        while (position < pieceEnd) {
          const begin = position - piece * layout.pieceLength;
          const block = Math.floor(begin / blockLength);
          const bytes = await this.#torrent.readBlock(piece, block);
          signal.throwIfAborted();
          const chunk = bytes.subarray(begin - block * blockLength).subarray(0, pieceEnd - position);
          position += chunk.length;
          yield chunk;
        }
      }
    } finally {
      for (const piece of window) this.#release(piece);
    }
  }

  /** Pieces from `piece` on become urgent, those before it no longer are. */
  #moveWindow(window: Set<number>, piece: number, lastPiece: number, { pieceLength }: TorrentLayout): void {
    for (const earlier of window) {
      if (earlier >= piece) continue;
      window.delete(earlier);
      this.#release(earlier);
    }
    const aheadPieces = Math.max(minReadAheadPieces, Math.ceil(readAheadBytes / pieceLength));
    for (let ahead = 0; ahead <= aheadPieces && piece + ahead <= lastPiece; ahead++) {
      const next = piece + ahead;
      if (!window.has(next)) {
        window.add(next);
        this.#urgent.set(next, (this.#urgent.get(next) ?? 0) + 1);
      }
      if (!this.#torrent.have(next)) this.#torrent.setPieceDeadline(next, ahead * pieceSpacingMs);
    }
  }

  #release(piece: number): void {
    const readers = (this.#urgent.get(piece) ?? 0) - 1;
    if (readers > 0) {
      this.#urgent.set(piece, readers);
      return;
    }
    this.#urgent.delete(piece);
    if (!this.#torrent.isClosed) this.#torrent.clearPieceDeadline(piece);
  }

  async #pieceHad(piece: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#torrent.have(piece)) return;
    let waiter: Waiter | undefined;
    const had = new Promise<void>((resolve) => {
      waiter = { piece, resolve };
      this.#waiters.add(waiter);
    });
    try {
      await abortable(had, signal);
    } finally {
      if (waiter) this.#waiters.delete(waiter);
    }
  }

  #wake(): void {
    for (const waiter of this.#waiters) if (this.#torrent.have(waiter.piece)) waiter.resolve();
  }
}

/** Finds the {@link TorrentReader} of a torrent. */
export const torrentReaderKey = definePluginKey<TorrentReader>('torrent-reader');

/** Reading while downloading, as an extension. */
export function torrentReader(): TorrentPluginFactory {
  const identity = { name: torrentReaderKey.name, apiVersion: pluginApiVersion };
  return defineTorrentExtension(identity, (torrent) => new TorrentReader(torrent));
}
