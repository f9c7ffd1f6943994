import { limits } from '../common/limits.js';
/** A state message of the remote that can't be dealt with yet. */
export type KeptMessage =
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | {
      readonly type: 'haveAll' | 'haveNone' | 'choke' | 'unchoke' | 'interested' | 'notInterested';
    }
  | { readonly type: 'have' | 'dontHave' | 'allowedFast' | 'suggest'; readonly piece: number };

/** Bytes that all connections of a torrent keep together. */
export interface KeptBudget {
  bytes: number;
}

const bytesPerMessage = 16;

/**
 * State messages of one remote, in order, kept until metadata is known or a hold is released. Bounded: the
 * last bitfield (or have-all, have-none, which replace it) and 4 096 others a peer, 8 MiB a torrent.
 */
export class KeptMessages {
  readonly #budget: KeptBudget;
  #messages: KeptMessage[] = [];
  #bytes = 0;
  #hasWhole = false;

  constructor(budget: KeptBudget) {
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** False where a bound would be passed: the connection has to go. */
  add(message: KeptMessage): boolean {
    if (isWholeState(message)) {
      // What came before says nothing any more; flags stay, in order.
      const kept = this.#messages.filter((other) => !isPieceState(other));
      this.clear();
      for (const other of kept) this.#append(other);
    }
    return this.#append(message);
  }

  #append(message: KeptMessage): boolean {
    const bytes = bytesPerMessage + (message.type === 'bitfield' ? message.bits.length : 0);
    const isWhole = isWholeState(message);
    if (!isWhole && this.#messages.length - (this.#hasWhole ? 1 : 0) >= limits.maxKeptMessages) return false;
    if (this.#budget.bytes + bytes > limits.maxKeptBytesPerTorrent) return false;
    this.#messages.push(message);
    this.#hasWhole ||= isWhole;
    this.#bytes += bytes;
    this.#budget.bytes += bytes;
    return true;
  }

  /** Takes everything out, oldest first. */
  take(): readonly KeptMessage[] {
    const messages = this.#messages;
    this.clear();
    return messages;
  }

  clear(): void {
    this.#messages = [];
    this.#budget.bytes -= this.#bytes;
    this.#bytes = 0;
    this.#hasWhole = false;
  }
}

function isWholeState({ type }: KeptMessage): boolean {
  return type === 'bitfield' || type === 'haveAll' || type === 'haveNone';
}

function isPieceState(message: KeptMessage): boolean {
  return isWholeState(message) || message.type === 'have' || message.type === 'dontHave';
}
