import { createCipheriv, createHash } from 'node:crypto';
import { blockLength } from '@peerloom/core/plugin';
import { blockSizeOf } from './metadata-blocks.js';
import { type MetadataBlock, MetadataFetch } from './metadata-fetch.js';
import { type MetadataFault, MetadataSource } from './metadata-source.js';

/** How a peer of a {@link FetchRig} behaves. */
export interface Behaviour {
  /** The size that it says in its handshake. */
  readonly claimedBytes?: number;
  /** Its answer to a request; `undefined`: none, ever. */
  readonly answer: (block: number) => MetadataBlock | 'reject' | undefined;
  /** How long an answer takes. Default 100. */
  readonly delayMs?: number;
  /** Where it is. Default: nobody knows. */
  readonly address?: string;
  /** What it connects with again, a second after all that it sent has proved wrong; `undefined`: it does not. */
  readonly again?: () => Behaviour;
}

/** A peer of a {@link FetchRig}. */
export interface RigPeer {
  readonly source: MetadataSource;
  readonly faults: MetadataFault[];
  /** Blocks that it was asked for, oldest first. */
  readonly asked: number[];
  /** Most requests that waited for an answer at one time. */
  mostOutstanding: number;
  /** All that it sent has proved wrong. */
  readonly proved: () => void;
}

interface Arrival {
  readonly atMs: number;
  readonly run: () => void;
}

/** Bytes that look random, the same for the same key. */
export function noise(lengthBytes: number, key: string): Uint8Array {
  const cipher = createCipheriv('aes-128-ctr', createHash('md5').update(key).digest(), Buffer.alloc(16));
  return new Uint8Array(cipher.update(Buffer.alloc(lengthBytes)));
}

/** The block of `metadata` as an honest peer sends it. */
export function blockOf(metadata: Uint8Array, block: number): MetadataBlock {
  const start = block * blockLength;
  const bytes = metadata.slice(start, start + blockSizeOf(metadata.length, block));
  return { block, totalBytes: metadata.length, bytes };
}

/** A fetch, and peers that answer it, in a time of their own. */
export class FetchRig {
  readonly metadata: Uint8Array;
  readonly fetch: MetadataFetch;
  readonly peers: RigPeer[] = [];
  /** Peers that put together what does not hash right, each time. */
  readonly mixtures: number[] = [];
  nowMs = 0;
  found: Uint8Array | undefined;
  foundCount = 0;
  mostHeldBytes = 0;
  #arrivals: Arrival[] = [];

  constructor(sizeBytes: number, maxBytes = sizeBytes * 3) {
    this.metadata = noise(sizeBytes, 'metadata');
    this.fetch = new MetadataFetch({
      infoHash: createHash('sha1').update(this.metadata).digest(),
      maxBytes,
      clock: { now: () => this.nowMs },
      found: (bytes) => {
        this.found = bytes;
        this.foundCount++;
      },
      mixtureFailed: (senderCount) => void this.mixtures.push(senderCount),
      faulted: (source, fault) => {
        const peer = this.peers.find((candidate) => candidate.source === source);
        peer?.faults.push(fault);
        if (fault === 'hash') peer?.proved();
      },
    });
  }

  honest(delayMs = 100): Behaviour {
    const { metadata } = this;
    return { claimedBytes: metadata.length, answer: (block) => blockOf(metadata, block), delayMs };
  }

  add({ claimedBytes, answer, delayMs = 100, address, again }: Behaviour): RigPeer {
    let outstanding = 0;
    const source: MetadataSource = new MetadataSource((block) => {
      peer.asked.push(block);
      outstanding++;
      peer.mostOutstanding = Math.max(peer.mostOutstanding, outstanding);
      const said = answer(block);
      if (said === undefined) return true;
      const run = (): void => {
        outstanding--;
        if (said === 'reject') this.fetch.reject(source, block);
        else this.fetch.data(source, said);
      };
      this.#arrivals.push({ atMs: this.nowMs + delayMs, run });
      return true;
    }, address);
    const proved = (): void => {
      if (again === undefined) return;
      this.fetch.remove(source);
      this.#arrivals.push({ atMs: this.nowMs + 1000, run: () => void this.add(again()) });
    };
    const peer: RigPeer = { source, faults: [], asked: [], mostOutstanding: 0, proved };
    this.peers.push(peer);
    if (claimedBytes !== undefined) this.fetch.claim(source, claimedBytes);
    this.fetch.add(source);
    return peer;
  }

  /** Whether the right metadata was found, once. */
  get isRight(): boolean {
    return this.foundCount === 1 && Buffer.compare(this.found ?? new Uint8Array(0), this.metadata) === 0;
  }

  /** Lets time pass until the metadata is found, or `ms` are over. Ticks once a second. */
  run(ms: number): void {
    const endMs = this.nowMs + ms;
    let tickMs = this.nowMs + 1000;
    while (this.found === undefined && this.nowMs < endMs) {
      const next = Math.min(tickMs, ...this.#arrivals.map(({ atMs }) => atMs));
      this.nowMs = next;
      const due = this.#arrivals.filter(({ atMs }) => atMs <= next);
      this.#arrivals = this.#arrivals.filter(({ atMs }) => atMs > next);
      for (const { run } of due) run();
      this.mostHeldBytes = Math.max(this.mostHeldBytes, this.fetch.heldBytes);
      if (next === tickMs) {
        this.fetch.tick();
        tickMs += 1000;
      }
    }
  }
}
