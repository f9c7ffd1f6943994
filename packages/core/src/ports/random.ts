/** Randomness for policy only (tie breaking, optimistic choices); seedable. Never for secrets. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [0, bound); `bound` is 1 to 2^31. */
  integer(bound: number): number;
}

/** Randomness for keys, peer ids and tokens. */
export interface SecureRandom {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array;
}
