import type { StorageLayout, TorrentStorage } from '../ports/storage.js';
import { runBounded } from './bounded-run.js';
import { pieceSize } from './extent-map.js';

/** Data that is being hashed at one time: enough for every thread, and for tiny pieces to travel together. */
const bytesUnderWay = 16 * 1024 * 1024;
const minPiecesUnderWay = 8;
const maxPiecesUnderWay = 512;

/** Options of {@link hashPieces}. */
export interface HashPiecesOptions {
  readonly storage: TorrentStorage;
  readonly layout: StorageLayout;
  /** Pieces to check, in this order. */
  readonly pieces: readonly number[];
  /** The 20 bytes a piece should hash to. */
  readonly expectedHash: (piece: number) => Uint8Array;
  /** Called for each piece, in order of completion. */
  readonly onPiece: (piece: number, result: 'ok' | 'hashFailed' | 'missing') => void;
  /** Called after each piece with the bytes checked so far, of all that are to be. */
  readonly onProgress?: ((checkedBytes: number, totalBytes: number) => void) | undefined;
  /** Ends the check; pieces under way are still reported. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks pieces on the medium, several at a time, so that all threads of the storage have work. Settles
 * when nothing is under way any more; rejects with the first `StorageError`, or with `STORAGE_ABORTED`.
 */
export async function hashPieces({
  storage,
  layout,
  pieces,
  expectedHash,
  onPiece,
  onProgress,
  signal,
}: HashPiecesOptions): Promise<void> {
  const wanted = Math.floor(bytesUnderWay / layout.pieceLength);
  const concurrency = Math.max(minPiecesUnderWay, Math.min(maxPiecesUnderWay, wanted));
  let totalBytes = 0;
  for (const piece of pieces) totalBytes += pieceSize(layout, piece);
  let checkedBytes = 0;
  await runBounded(pieces.length, concurrency, signal, async (index) => {
    const piece = pieces[index] ?? 0;
    const result = await storage.hashPiece(piece, expectedHash(piece));
    checkedBytes += pieceSize(layout, piece);
    onPiece(piece, result);
    onProgress?.(checkedBytes, totalBytes);
  });
}
