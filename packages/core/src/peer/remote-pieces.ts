import { Bitfield } from '../common/bitfield.js';
import type { PiecePicker } from '../picker/piece-picker.js';
import type { PeerState } from './peer-state.js';

/** What keeping track of a remote's pieces asks of its torrent. */
export interface RemotePiecesOwner {
  readonly picker: PiecePicker | undefined;
  /** The remote has, or no longer has, something that we want. */
  wantChanged(peer: PeerState): void;
}

/** What the remote has, counted into the picker's availability and our interest. */
export class RemotePieces {
  readonly #state: PeerState;
  readonly #owner: RemotePiecesOwner;

  constructor(state: PeerState, owner: RemotePiecesOwner) {
    this.#state = state;
    this.#owner = owner;
  }

  /** The remote has said nothing yet: it has nothing. */
  startEmpty(pieceCount: number): void {
    this.#set(new Bitfield(pieceCount));
  }

  /** Takes `bits`, which become the state's own. */
  replace(bits: Bitfield): void {
    this.#state.hasToldPieces = true;
    this.#set(bits);
  }

  #set(bits: Bitfield): void {
    const picker = this.#owner.picker as PiecePicker;
    this.#uncount();
    this.#state.pieces = bits;
    if (bits.isFull) {
      this.#state.isCountedAsSeed = true;
      picker.addSeed();
    } else {
      picker.addBitfield(bits);
    }
    this.recountInterest();
  }

  add(piece: number): void {
    const picker = this.#owner.picker as PiecePicker;
    const { pieces } = this.#state;
    this.#state.hasToldPieces = true;
    if (pieces === undefined || !pieces.add(piece)) return;
    picker.addHave(piece);
    if (!picker.isWanted(piece)) return;
    this.#state.interestingCount++;
    this.#owner.wantChanged(this.#state);
  }

  delete(piece: number): void {
    const picker = this.#owner.picker as PiecePicker;
    const { pieces } = this.#state;
    if (pieces === undefined || !pieces.has(piece)) return;
    if (this.#state.isCountedAsSeed) {
      this.#state.isCountedAsSeed = false;
      picker.removeSeed();
      picker.addBitfield(pieces);
    }
    pieces.delete(piece);
    picker.removeHave(piece);
    if (!picker.isWanted(piece)) return;
    this.#state.interestingCount--;
    this.#owner.wantChanged(this.#state);
  }

  /** We have the piece now. */
  gained(piece: number): void {
    if (this.#state.pieces?.has(piece) !== true || this.#state.interestingCount === 0) return;
    this.#state.interestingCount--;
    if (this.#state.interestingCount === 0) this.#owner.wantChanged(this.#state);
  }

  /** Counts anew what the remote has and we want, after priorities changed. */
  recountInterest(): void {
    const { picker } = this.#owner;
    const { pieces } = this.#state;
    if (picker && pieces) this.#state.interestingCount = countWanted(pieces, picker);
    this.#owner.wantChanged(this.#state);
  }

  /** The connection is gone. */
  close(): void {
    this.#uncount();
    this.#state.interestingCount = 0;
  }

  #uncount(): void {
    const { picker } = this.#owner;
    const { pieces } = this.#state;
    if (!picker || !pieces) return;
    if (this.#state.isCountedAsSeed) picker.removeSeed();
    else picker.removeBitfield(pieces);
    this.#state.isCountedAsSeed = false;
  }
}

/** O(1) where the remote has everything or nothing, else O(pieces). */
function countWanted(pieces: Bitfield, picker: PiecePicker): number {
  if (pieces.isFull) return picker.missingWanted;
  let count = 0;
  if (picker.missingWanted === 0 || pieces.isEmpty) return count;
  pieces.forEach((piece) => {
    if (picker.isWanted(piece)) count++;
  });
  return count;
}
