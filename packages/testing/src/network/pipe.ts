import type { Clock, Random, TimerHandle } from '@peerloom/core';
import type { ChunkPool } from './chunk-pool.js';
import type { Downlink } from './downlink.js';
import { type Link, retransmitMs } from './link.js';

/** What travels along a pipe beside bytes: the request or answer that opens, the end, a refusal or reset. */
export type PipeSignal = 'open' | 'end' | 'reset';

/** The receiving end of a {@link Pipe}. */
export interface PipeReceiver {
  /** While true, bytes and what follows them stay in the pipe. */
  readonly isPaused: boolean;
  /** `chunk` is valid during the call only. */
  arriveData(chunk: Uint8Array): void;
  arriveSignal(signal: PipeSignal): void;
}

/** What a pipe takes from the network it is part of. */
export interface PipeEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  /** Where the memory of what is on the way comes from. */
  readonly pool: ChunkPool;
  /** Chunks are cut into random lengths up to this; `undefined`: they arrive as they were written. */
  readonly maxChunkBytes: number | undefined;
  /** Delivered memory is overwritten after the call. */
  readonly strictMemory: boolean;
  /** Arrivals are put off to a multiple of this; 0: not. */
  readonly quantumMs: number;
  /** Link and state of the way, asked for whenever something is sent. */
  link(): Link;
  /** Whether nothing gets through now; if so, `restart` is called when it does again. */
  isCut(restart: () => void): boolean;
  /** Room has come free in a pipe that was full. */
  windowFreed(): void;
}

interface Item {
  readonly signal: PipeSignal | undefined;
  /** The pool's; of no length for a signal. */
  readonly buffer: Uint8Array;
  /** Bytes of the buffer that are in use. */
  length: number;
  /** Bytes of the front that have been delivered. */
  offset: number;
  dueMs: number;
  hasPassedDownlink: boolean;
  next: Item | undefined;
}

const noBytes = new Uint8Array(0);
/** Sums of delays are not exact. */
const roundingMs = 1e-6;
const poison = 0xdb;
/** Cut chunks arrive in this one, as from a socket that reads into one buffer. */
const scratch = new Uint8Array(64 * 1024);

/** One direction of a stream: delivers what is pushed in order, later, to its receiver. */
export class Pipe {
  readonly #environment: PipeEnvironment;
  readonly #downlink: Downlink;
  readonly #receiver: PipeReceiver;
  #head: Item | undefined;
  #tail: Item | undefined;
  /** Of what was pushed last; time only goes on. */
  #dueMs = 0;
  #timer: TimerHandle | undefined;
  #isClosed = false;
  #isReset = false;
  #unreadBytes = 0;

  constructor(environment: PipeEnvironment, downlink: Downlink, receiver: PipeReceiver) {
    this.#environment = environment;
    this.#downlink = downlink;
    this.#receiver = receiver;
  }

  /** Bytes on the way or waiting for a paused receiver. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Whether the receiver is gone. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Begins a packet: what is pushed from now on leaves now, and arrives together. */
  beginPacket(): void {
    const { clock, random, quantumMs } = this.#environment;
    const link = this.#environment.link();
    let dueMs = clock.now() + link.latencyMs;
    if (link.jitterMs > 0) dueMs += random.next() * link.jitterMs;
    if (link.lossRate > 0) while (random.next() < link.lossRate) dueMs += retransmitMs(link);
    if (quantumMs > 0) dueMs = Math.ceil(dueMs / quantumMs) * quantumMs;
    this.#dueMs = Math.max(dueMs, this.#dueMs);
  }

  /** Sends a copy of `bytes` in the packet that was begun. */
  pushData(bytes: Uint8Array): void {
    if (this.#isClosed || this.#isReset) return;
    this.#unreadBytes += bytes.length;
    const tail = this.#tail;
    const isSamePacket = tail?.signal === undefined && tail?.dueMs === this.#dueMs && !tail.hasPassedDownlink;
    if (tail !== undefined && isSamePacket && tail.length + bytes.length <= tail.buffer.length) {
      tail.buffer.set(bytes, tail.length);
      tail.length += bytes.length;
      return;
    }
    const buffer = this.#environment.pool.acquire(bytes.length);
    buffer.set(bytes);
    this.#push(undefined, buffer, bytes.length);
  }

  pushSignal(signal: PipeSignal): void {
    if (this.#isClosed || this.#isReset) return;
    this.beginPacket();
    this.#push(signal, noBytes, 0);
  }

  /** Forgets what is on the way; then only a reset arrives, also at a paused receiver. */
  reset(): void {
    if (this.#isReset) return;
    this.#clear();
    this.pushSignal('reset');
    this.#isReset = true;
  }

  /** Forgets everything; nothing arrives any more, and what is pushed is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#clear();
    this.#environment.windowFreed();
  }

  /** To be called when the receiver is no longer paused. */
  resume(): void {
    this.#arm();
  }

  #clear(): void {
    for (let item = this.#head; item !== undefined; item = item.next) this.#recycle(item);
    this.#head = undefined;
    this.#tail = undefined;
    this.#unreadBytes = 0;
    this.#disarm();
  }

  #recycle({ buffer, length }: Item): void {
    if (length === 0) return;
    if (this.#environment.strictMemory) buffer.fill(poison, 0, length);
    this.#environment.pool.release(buffer);
  }

  #push(signal: PipeSignal | undefined, buffer: Uint8Array, length: number): void {
    const item: Item = {
      signal,
      buffer,
      length,
      offset: 0,
      dueMs: this.#dueMs,
      hasPassedDownlink: false,
      next: undefined,
    };
    if (this.#tail === undefined) this.#head = item;
    else this.#tail.next = item;
    this.#tail = item;
    this.#arm();
  }

  #arm(): void {
    const head = this.#head;
    if (head === undefined || this.#timer !== undefined) return;
    if (this.#receiver.isPaused && head.signal !== 'reset') return;
    const { clock } = this.#environment;
    this.#timer = clock.setTimeout(this.#fire, head.dueMs - clock.now());
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#environment.clock.clear(this.#timer);
    this.#timer = undefined;
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    if (this.#environment.isCut(this.#restart)) return;
    const unreadBytes = this.#unreadBytes;
    this.#deliverDue();
    if (this.#unreadBytes < unreadBytes) this.#environment.windowFreed();
    this.#arm();
  };

  /** After a cut the front is sent again. */
  readonly #restart = (): void => {
    const head = this.#head;
    if (head === undefined || this.#timer !== undefined) return;
    head.dueMs = this.#environment.clock.now() + this.#environment.link().latencyMs;
    this.#arm();
  };

  #deliverDue(): void {
    const nowMs = this.#environment.clock.now() + roundingMs;
    for (let head = this.#head; head !== undefined && head.dueMs <= nowMs; head = this.#head) {
      if (head.signal !== undefined) {
        if (this.#receiver.isPaused && head.signal !== 'reset') return;
        this.#shift(head);
        this.#receiver.arriveSignal(head.signal);
        continue;
      }
      if (this.#receiver.isPaused) return;
      if (!this.#isThrough(head, nowMs)) return;
      if (this.#environment.maxChunkBytes !== undefined) {
        this.#deliverCut(this.#environment.maxChunkBytes);
        return;
      }
      this.#deliverWhole(head);
    }
  }

  /** Whether the bytes of `head` have arrived and passed the receiving host's downlink. */
  #isThrough(head: Item, nowMs: number): boolean {
    if (head.dueMs <= nowMs && !head.hasPassedDownlink) {
      head.hasPassedDownlink = true;
      head.dueMs = this.#downlink.passedMs(head.length);
    }
    return head.dueMs <= nowMs;
  }

  #deliverWhole(head: Item): void {
    this.#shift(head);
    this.#unreadBytes -= head.length;
    this.#receiver.arriveData(head.buffer.subarray(0, head.length));
    this.#recycle(head);
  }

  /** Delivers one chunk of random length, which may span what was written in several calls. */
  #deliverCut(maxChunkBytes: number): void {
    const wanted = 1 + this.#environment.random.integer(Math.min(maxChunkBytes, scratch.length));
    const nowMs = this.#environment.clock.now() + roundingMs;
    let length = 0;
    for (let head = this.#head; head !== undefined && length < wanted; head = this.#head) {
      if (head.signal !== undefined || !this.#isThrough(head, nowMs)) break;
      const end = Math.min(head.offset + wanted - length, head.length);
      scratch.set(head.buffer.subarray(head.offset, end), length);
      length += end - head.offset;
      head.offset = end;
      if (end < head.length) break;
      this.#shift(head);
      this.#recycle(head);
    }
    this.#unreadBytes -= length;
    this.#receiver.arriveData(scratch.subarray(0, length));
    if (this.#environment.strictMemory) scratch.fill(poison, 0, length);
  }

  #shift(head: Item): void {
    this.#head = head.next;
    if (head.next === undefined) this.#tail = undefined;
  }
}
