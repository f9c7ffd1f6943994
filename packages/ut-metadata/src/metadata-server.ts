import { blockLength, type MessageChannel, type PeerContext } from '@peerloom/core/plugin';
import { blockCountOf, blockSizeOf } from './metadata-blocks.js';
import type { MetadataMessage } from './metadata-message.js';
import type { ServingBudget } from './serving-budget.js';

/** Nothing is sent while this much waits on the connection. */
const sendBufferFullBytes = 160 * 1024;
/** Requests of one peer that wait; more are refused. */
const maxWaitingRequests = 1024;
/**
 * Answers one peer's requests for metadata, no faster than it takes the answers, and refuses what is past the
 * budget of the connection and its address.
 */
export class MetadataServer {
  readonly #peer: PeerContext;
  readonly #channel: MessageChannel<MetadataMessage>;
  #waiting: number[] = [];
  readonly #spend: (address: string, blockCount: number) => boolean;

  constructor(peer: PeerContext, channel: MessageChannel<MetadataMessage>, budget: ServingBudget) {
    this.#peer = peer;
    this.#spend = budget.connection();
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
    if (!this.#spend(this.#peer.principal ?? this.#peer.endpoint.address, count))
      return { type: 'reject', block };
    const start = block * blockLength;
    const bytes = raw.subarray(start, start + blockSizeOf(raw.length, block));
    return { type: 'data', block, totalBytes: raw.length, bytes };
  }
}
