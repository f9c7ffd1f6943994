import { blockLength, type MessageChannel, type PeerContext } from '@peerloom/core/plugin';
import { blockCountOf, blockSizeOf } from './metadata-blocks.js';
import type { MetadataMessage } from './metadata-message.js';

/** Nothing is sent while this much waits on the connection. */
const sendBufferFullBytes = 160 * 1024;
/** Requests of one peer that wait; more are refused. */
const maxWaitingRequests = 1024;
/** A connection is sent the whole metadata so many times at once: some ask again where blocks did not fit together; */
const wholeAtOnce = 2;
/** and one time more in each of these: choked peers get it too, so nothing else holds them back. */
const wholeAgainAfterMs = 600_000;

/**
 * Answers one peer's requests for metadata, no faster than it takes the answers, and refuses what is past the
 * connection's budget.
 */
export class MetadataServer {
  readonly #peer: PeerContext;
  readonly #channel: MessageChannel<MetadataMessage>;
  #waiting: number[] = [];
  /** Blocks that may be sent, as of `#budgetAtMs`; `undefined` before the first. */
  #budgetBlocks: number | undefined;
  #budgetAtMs = 0;

  constructor(peer: PeerContext, channel: MessageChannel<MetadataMessage>) {
    this.#peer = peer;
    this.#channel = channel;
  }

  /** Requests that wait for an answer. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** The peer asks for a block. What it asks for beyond what is kept is refused, or ignored where it does not read. */
  onRequest(block: number): void {
    if (this.#waiting.length < maxWaitingRequests) this.#waiting.push(block);
    else if (!this.#isFull) this.#channel.send({ type: 'reject', block });
    this.drain();
  }

  /** Answers what waits, until the connection is full. */
  drain(): void {
    let answered = 0;
    while (answered < this.#waiting.length && !this.#peer.isClosed && !this.#isFull) {
      // Who does not take the message (its id is 0) is not owed an answer.
      if (!this.#channel.send(this.#answerTo(this.#waiting[answered] ?? -1))) answered = this.#waiting.length;
      else answered++;
    }
    if (answered > 0) this.#waiting = this.#waiting.slice(answered);
  }

  get #isFull(): boolean {
    return this.#peer.sendBufferBytes >= sendBufferFullBytes;
  }

  /** Bytes are views of the info dictionary as it hashes: nothing is encoded again. */
  #answerTo(block: number): MetadataMessage {
    const raw = this.#peer.torrent.info?.raw;
    const count = raw === undefined ? 0 : blockCountOf(raw.length);
    if (raw === undefined || block < 0 || block >= count) return { type: 'reject', block };
    if (!this.#spend(count)) return { type: 'reject', block };
    const start = block * blockLength;
    const bytes = raw.subarray(start, start + blockSizeOf(raw.length, block));
    return { type: 'data', block, totalBytes: raw.length, bytes };
  }

  /** Takes one block off the budget. False where there is none left. */
  #spend(blockCount: number): boolean {
    const nowMs = this.#peer.clock.now();
    const most = blockCount * wholeAtOnce;
    const earned = ((nowMs - this.#budgetAtMs) * blockCount) / wholeAgainAfterMs;
    this.#budgetBlocks = Math.min(most, (this.#budgetBlocks ?? most) + earned);
    this.#budgetAtMs = nowMs;
    if (this.#budgetBlocks < 1) return false;
    this.#budgetBlocks--;
    return true;
  }
}
