import type { Bitfield } from '../common/bitfield.js';
import type { Random } from '../ports/random.js';

/** Small integer that the torrent gives each connection; 0 to 2^31 - 1. */
export type PeerKey = number;

/** What a picker is made from. */
export interface PickerOptions {
  readonly pieceCount: number;
  /** Blocks of a piece. Piece 0 is taken to be of full size, as in every v1 torrent (BEP 3). */
  readonly blocksIn: (piece: number) => number;
  /** Breaks ties. */
  readonly random: Random;
}

/** What one peer may be asked for now. */
export interface PickOptions {
  /**
   * What the peer has: the same object each time. Pieces that come into it are counted with the picker
   * before the next pick.
   */
  readonly has: Bitfield;
  /** Blocks wanted. */
  readonly count: number;
  /**
   * Blocks of new pieces that may still be opened; open pieces may always be continued. A new piece is
   * opened only where a full-size one fits. A piece larger than that is opened only while this is above 0
   * and no block of any open piece is requested.
   */
  readonly openableBlocks: number;
  /** The peer chokes us: only these pieces may be asked for (allowed fast, BEP 6). */
  readonly onlyPieces?: readonly number[];
  /** Suggested pieces (BEP 6): tried before rarer ones of the same priority. Not used in sequential mode. */
  readonly preferPieces?: readonly number[];
  /** False: this peer must not be asked for that block now. Must not call the picker. */
  readonly canPick?: (piece: number, block: number) => boolean;
}

/** Takes the blocks that were picked, already marked as requested. It may call the picker. */
export type PickSink = (piece: number, block: number) => void;

/** `missing` and `requested` are still to come; `withPlugin` is neither missing nor had. */
export type BlockState = 'missing' | 'requested' | 'received' | 'withPlugin';

/** What became of a block that arrived. */
export type ReceiveResult = 'first' | 'duplicate' | 'unwanted';
