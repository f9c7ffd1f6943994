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

/** Pieces that a reader wants soon, both ends included; it waits for the first. */
interface ReadWindow {
  first: number;
  last: number;
}

/** Reads files of a torrent while they are downloaded: what is read next is asked for first. */
export class TorrentReader implements TorrentPlugin {
  readonly #torrent: TorrentContext;
  readonly #waiters = new Set<Waiter>();
  readonly #windows = new Set<ReadWindow>();

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
    const window: ReadWindow = { first: 0, last: -1 };
    const end = offset + range.last + 1;
    this.#windows.add(window);
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
      this.#windows.delete(window);
      if (!this.#torrent.isClosed) this.#setDeadlines(window.first, window.last);
    }
  }

  /** Pieces from `piece` on become urgent, those before it no longer are. */
  #moveWindow(window: ReadWindow, piece: number, lastPiece: number, { pieceLength }: TorrentLayout): void {
    const { first, last } = window;
    const aheadPieces = Math.max(minReadAheadPieces, Math.ceil(readAheadBytes / pieceLength));
    window.first = piece;
    window.last = Math.min(piece + aheadPieces, lastPiece);
    this.#setDeadlines(first, Math.min(last, piece - 1));
    this.#setDeadlines(piece, window.last);
  }

  /** Of each of these pieces, that of the reader that comes to it first. */
  #setDeadlines(firstPiece: number, lastPiece: number): void {
    for (let piece = firstPiece; piece <= lastPiece; piece++) {
      if (this.#torrent.have(piece)) continue;
      let ahead = Number.POSITIVE_INFINITY;
      for (const { first, last } of this.#windows) {
        if (first <= piece && piece <= last) ahead = Math.min(ahead, piece - first);
      }
      if (Number.isFinite(ahead)) this.#torrent.setPieceDeadline(piece, ahead * pieceSpacingMs);
      else this.#torrent.clearPieceDeadline(piece);
    }
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
