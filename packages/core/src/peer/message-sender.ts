import type { ReadonlyBitfield } from '../common/bitfield.js';
import type { HookHost } from '../dispatch/hook-host.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import * as wire from '../wire/encode.js';
import type { PeerState } from './peer-state.js';
import { sendBufferLength } from './send-buffer-pool.js';
import type { SendQueue } from './send-queue.js';

/**
 * Queues messages of the standard protocol and tells plugins. Flags of the state follow here, so that they
 * are always what the remote was told.
 */
export class MessageSender {
  readonly #state: PeerState;
  readonly #hooks: HookHost<PeerPlugin>;
  readonly #queue: SendQueue;
  readonly #schedule: () => void;

  constructor(state: PeerState, hooks: HookHost<PeerPlugin>, queue: SendQueue, scheduleFlush: () => void) {
    this.#state = state;
    this.#hooks = hooks;
    this.#queue = queue;
    this.#schedule = scheduleFlush;
  }

  bytes(bytes: Uint8Array): void {
    this.#queue.append([bytes]);
    this.#schedule();
  }

  keepAlive(): void {
    this.#simple(wire.writeKeepAlive);
  }

  choke(): void {
    this.#state.isChoked = true;
    this.#simple(wire.writeChoke);
    this.#hooks.notify('sentChoke');
  }

  unchoke(): void {
    this.#state.isChoked = false;
    this.#simple(wire.writeUnchoke);
    this.#hooks.notify('sentUnchoke');
  }

  interested(): void {
    this.#state.weAreInterested = true;
    this.#simple(wire.writeInterested);
    this.#hooks.notify('sentInterested');
  }

  notInterested(): void {
    this.#state.weAreInterested = false;
    this.#simple(wire.writeNotInterested);
    this.#hooks.notify('sentNotInterested');
  }

  have(piece: number): void {
    this.#withPiece(wire.writeHave, piece);
    if (this.#hooks.has('sentHave')) this.#hooks.notify('sentHave', piece);
  }

  /** Each piece of the set by itself. */
  haves(pieces: ReadonlyBitfield): void {
    pieces.forEach((piece) => {
      this.have(piece);
    });
  }

  suggest(piece: number): void {
    this.#withPiece(wire.writeSuggest, piece);
    this.#hooks.notify('sentSuggest', piece);
  }

  allowedFast(piece: number): void {
    this.#withPiece(wire.writeAllowedFast, piece);
    this.#hooks.notify('sentAllowedFast', piece);
  }

  /** `id` is the remote's id for `lt_donthave` (BEP 54). */
  dontHave(id: number, piece: number): void {
    const buffer = this.#queue.reserve(16);
    this.#commit(wire.writeDontHave(buffer, this.#queue.offset, id, piece));
    this.#hooks.notify('sentDontHave', piece);
  }

  haveAll(): void {
    this.#simple(wire.writeHaveAll);
    this.#hooks.notify('sentHaveAll');
  }

  haveNone(): void {
    this.#simple(wire.writeHaveNone);
    this.#hooks.notify('sentHaveNone');
  }

  bitfield(bits: ReadonlyBitfield): void {
    const bytes = bits.toBytes();
    const buffer = this.#queue.reserve(16);
    this.#commit(wire.writeBitfieldHeader(buffer, this.#queue.offset, bytes.length));
    this.bytes(bytes);
    this.#hooks.notify('sentBitfield', bits);
  }

  port(port: number): void {
    const buffer = this.#queue.reserve(16);
    this.#commit(wire.writePort(buffer, this.#queue.offset, port));
  }

  request(piece: number, begin: number, length: number): void {
    this.#withBlock(wire.writeRequest, piece, begin, length);
    if (this.#hooks.has('sentRequest')) this.#hooks.notify('sentRequest', { piece, begin, length });
  }

  cancel(piece: number, begin: number, length: number): void {
    this.#withBlock(wire.writeCancel, piece, begin, length);
    if (this.#hooks.has('sentCancel')) this.#hooks.notify('sentCancel', { piece, begin, length });
  }

  reject(piece: number, begin: number, length: number): void {
    this.#withBlock(wire.writeReject, piece, begin, length);
    if (this.#hooks.has('sentReject')) this.#hooks.notify('sentReject', { piece, begin, length });
  }

  /** `chunks` hold the block's bytes in order and stay untouched until `release` is called. */
  piece(
    piece: number,
    begin: number,
    length: number,
    chunks: readonly Uint8Array[],
    release?: () => void,
  ): void {
    const buffer = this.#queue.reserve(16);
    this.#queue.commit(wire.writePieceHeader(buffer, this.#queue.offset, piece, begin, length));
    this.#queue.append(chunks, this.#hooks.has('sentPayload') ? this.#reporting(length, release) : release);
    this.#schedule();
    this.#state.uploaded.add(length);
    if (this.#hooks.has('sentPiece')) this.#hooks.notify('sentPiece', { piece, begin, length });
  }

  /** Tells plugins when the content has left us. */
  #reporting(length: number, release: (() => void) | undefined): () => void {
    return () => {
      release?.();
      if (!this.#state.isClosed) this.#hooks.notify('sentPayload', length);
    };
  }

  /** `payload` is kept until sent: never a view of memory that is used again. */
  extended(id: number, payload: Uint8Array): void {
    const buffer = this.#queue.reserve(16);
    this.#commit(wire.writeExtendedHeader(buffer, this.#queue.offset, id, payload.length));
    this.#payload(payload);
    if (this.#hooks.has('sentExtended')) this.#hooks.notify('sentExtended', id, payload);
  }

  /** Any message id, unchecked. */
  raw(id: number, payload: Uint8Array): void {
    const buffer = this.#queue.reserve(16);
    this.#commit(wire.writeRawHeader(buffer, this.#queue.offset, id, payload.length));
    this.#payload(payload);
  }

  #payload(payload: Uint8Array): void {
    if (payload.length > sendBufferLength / 4) {
      this.bytes(payload);
    } else if (payload.length > 0) {
      const buffer = this.#queue.reserve(payload.length);
      buffer.set(payload, this.#queue.offset);
      this.#commit(this.#queue.offset + payload.length);
    }
  }

  #simple(write: (buffer: Uint8Array, offset: number) => number): void {
    const buffer = this.#queue.reserve(16);
    this.#commit(write(buffer, this.#queue.offset));
  }

  #withPiece(write: (buffer: Uint8Array, offset: number, piece: number) => number, piece: number): void {
    const buffer = this.#queue.reserve(16);
    this.#commit(write(buffer, this.#queue.offset, piece));
  }

  #withBlock(
    write: (buffer: Uint8Array, offset: number, piece: number, begin: number, length: number) => number,
    piece: number,
    begin: number,
    length: number,
  ): void {
    const buffer = this.#queue.reserve(20);
    this.#commit(write(buffer, this.#queue.offset, piece, begin, length));
  }

  #commit(end: number): void {
    this.#queue.commit(end);
    this.#schedule();
  }
}
