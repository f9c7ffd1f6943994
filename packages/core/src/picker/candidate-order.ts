/**
 * The order in which new pieces are tried. Each piece in it has a key; lower keys come first, pieces of
 * one key are equals. The key of a piece must not change while the piece is in the order: it is taken
 * out, changed and put back.
 */
export interface CandidateOrder {
  insert(piece: number): void;
  remove(piece: number): void;
  /** The key that `piece` has now, or would have if it were in the order. */
  keyOf(piece: number): number;
  /** The highest priority that a piece of the order has; 0 when it is empty. */
  readonly topPriority: number;
  /** Starts a walk at the first piece whose key is at least `key`. The order must not change on the walk. */
  seek(key: number): void;
  /** The next piece of the walk; -1 at the end. Equals come in uniformly random or in natural order. */
  next(): number;
  /** Every piece with a key below this, down to the one sought, has been walked over; Infinity at the end. */
  readonly reached: number;
}
