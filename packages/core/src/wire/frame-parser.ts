import { copyInto } from '../common/bytes.js';
import { WireError } from '../common/errors.js';
import { dispatchFrame, fixedLength, plainView, prefixLength } from './frame-dispatch.js';
import type { FrameHandler } from './frame-handler.js';
import { FrameScratch } from './frame-scratch.js';
import { MessageId } from './messages.js';
import { readUint32 } from './uint32.js';

export type { FrameHandler } from './frame-handler.js';

/** What a {@link FrameParser} refuses to buffer. */
export interface FrameLimits {
  /** Length prefix of any message but a bitfield, at most. */
  readonly maxMessageBytes: number;
  /** Payload of a bitfield at first, see {@link FrameParser.maxBitfieldBytes}. */
  readonly maxBitfieldBytes: number;
  /**
   * Payload of the extension message with this id, at most; -1 refuses any. Asked before a byte of the
   * payload is kept.
   */
  maxExtendedBytes(id: number): number;
}

/** A piece message of which the payload is on its way. */
export interface PartialPiece {
  readonly piece: number;
  readonly begin: number;
  /** Bytes of payload in all. */
  readonly length: number;
  /** Bytes of payload so far. */
  readonly receivedBytes: number;
}

/** Up to here the rest of a frame depends on what is read: length prefix, id, extended id. */
const maxHeaderLength = 6;
const pieceHeaderLength = 13;

/**
 * Splits a byte stream into the messages of BEP 3, 5, 6 and 10. Nothing is allocated for a message of
 * fixed size, a block is copied once, from the chunk into its target, and other payloads only where
 * they straddle chunks. Lengths are checked before anything is kept.
 */
export class FrameParser {
  /** Payload of a bitfield, at most; to be set once the number of pieces is known. */
  maxBitfieldBytes: number;
  readonly #handler: FrameHandler;
  readonly #limits: FrameLimits;
  readonly #scratch = new FrameScratch();
  /** Bytes that the scratch must hold before the frame in it can be looked at again. */
  #need = prefixLength;
  /** Set while a push runs, and for good when one threw. */
  #blocked = false;
  #stopping = false;
  /** Piece message under way; the length is 0 where there is none. */
  #blockLength = 0;
  #piece = 0;
  #begin = 0;
  #received = 0;
  #target: Uint8Array | undefined;
  #targetAsked = false;

  constructor(handler: FrameHandler, limits: FrameLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.maxBitfieldBytes = limits.maxBitfieldBytes;
  }

  /**
   * Parses `chunk` and returns how many bytes were consumed: all, or less after {@link FrameParser.stop}
   * and where `pieceTarget` stalled. The caller keeps the rest and pushes it again (an empty chunk asks
   * a stalled target again). Throws {@link WireError} where the stream breaks the protocol
   * (`WIRE_MESSAGE_SIZE`, `WIRE_MESSAGE_LENGTH`, `WIRE_EXTENDED_SIZE`) and whatever the handler throws;
   * after either, and from inside the handler, push throws `WIRE_PARSER_BLOCKED`.
   */
  push(chunk: Uint8Array): number {
    if (this.#blocked) throw new WireError('WIRE_PARSER_BLOCKED', 'push after an error or inside a handler');
    this.#blocked = true;
    const consumed = this.#parse(chunk);
    this.#blocked = false;
    return consumed;
  }

  /** From inside a handler: push returns behind the frame under way. */
  stop(): void {
    this.#stopping = true;
  }

  /** The piece message whose header was read and whose payload is not complete. */
  get partialPiece(): PartialPiece | undefined {
    if (this.#blockLength === 0) return undefined;
    return {
      piece: this.#piece,
      begin: this.#begin,
      length: this.#blockLength,
      receivedBytes: this.#received,
    };
  }

  /**
   * Gives up the target under way; the rest of its payload is thrown away. True where there was one, so
   * that its owner can free it.
   */
  detachTarget(): boolean {
    const held = this.#target !== undefined;
    this.#target = undefined;
    return held;
  }

  #parse(chunk: Uint8Array): number {
    let offset = 0;
    for (;;) {
      if (this.#blockLength > 0) {
        offset = this.#readBlock(chunk, offset);
        if (this.#blockLength > 0) return offset;
      } else {
        if (offset === chunk.length) return offset;
        offset =
          this.#scratch.length > 0 ? this.#continueFrame(chunk, offset) : this.#startFrame(chunk, offset);
        if (this.#scratch.length > 0) return offset;
        if (this.#blockLength > 0) continue;
      }
      if (this.#stopping) {
        this.#stopping = false;
        return offset;
      }
    }
  }

  /** At the start of a frame: handles it in place, or keeps what there is of it. */
  #startFrame(chunk: Uint8Array, offset: number): number {
    const available = chunk.length - offset;
    const need = this.#examine(chunk, offset, available);
    if (need > available) {
      this.#need = need;
      return this.#scratch.fill(need, chunk, offset);
    }
    this.#dispatch(chunk, offset, need);
    return offset + need;
  }

  /** In a frame of which a part is in the scratch: adds to it, and handles it once it is whole. */
  #continueFrame(chunk: Uint8Array, offset: number): number {
    let position = offset;
    for (;;) {
      position = this.#scratch.fill(this.#need, chunk, position);
      if (this.#scratch.length < this.#need) return position;
      const { bytes, length } = this.#scratch;
      if (this.#need <= maxHeaderLength) this.#need = this.#examine(bytes, 0, length);
      if (this.#need > length) continue;
      this.#scratch.clear();
      this.#dispatch(bytes, 0, length);
      return position;
    }
  }

  /**
   * Checks what there is of a frame. Returns how many bytes from its start are needed to go on; no more
   * than `available` means that the frame (of a piece message the header) is whole.
   */
  #examine(bytes: Uint8Array, offset: number, available: number): number {
    if (available < prefixLength) return prefixLength;
    const length = readUint32(bytes, offset);
    if (length === 0) return prefixLength;
    this.#checkSize(length, Math.max(this.#limits.maxMessageBytes, this.maxBitfieldBytes + 1));
    if (available < prefixLength + 1) return prefixLength + 1;
    const id = bytes[offset + prefixLength] ?? 0;
    if (id === MessageId.bitfield) {
      this.#checkSize(length, this.maxBitfieldBytes + 1);
      return prefixLength + length;
    }
    this.#checkSize(length, this.#limits.maxMessageBytes);
    if (id === MessageId.piece) {
      // An empty block answers no request that can be made.
      if (length < 10) throw wrongLength(id, length);
      return pieceHeaderLength;
    }
    if (id === MessageId.extended) {
      if (length < 2) throw wrongLength(id, length);
      if (available < maxHeaderLength) return maxHeaderLength;
      this.#checkExtended(bytes[offset + prefixLength + 1] ?? 0, length - 2);
      return prefixLength + length;
    }
    const fixed = fixedLength(id);
    if (fixed !== 0 && length !== fixed) throw wrongLength(id, length);
    return prefixLength + length;
  }

  #checkSize(length: number, limit: number): void {
    if (length > limit) {
      throw new WireError('WIRE_MESSAGE_SIZE', `a message of ${length} bytes (at most ${limit})`);
    }
  }

  #checkExtended(id: number, payloadLength: number): void {
    const limit = this.#limits.maxExtendedBytes(id);
    if (payloadLength > limit) {
      throw new WireError(
        'WIRE_EXTENDED_SIZE',
        `extension message ${id} of ${payloadLength} bytes (${limit < 0 ? 'none taken' : `at most ${limit}`})`,
      );
    }
  }

  /** A whole frame, or the whole header of a piece message. */
  #dispatch(bytes: Uint8Array, offset: number, size: number): void {
    if (size > prefixLength && bytes[offset + prefixLength] === MessageId.piece) {
      this.#blockLength = readUint32(bytes, offset) - 9;
      this.#piece = readUint32(bytes, offset + 5);
      this.#begin = readUint32(bytes, offset + 9);
      this.#received = 0;
      this.#targetAsked = false;
    } else {
      dispatchFrame(this.#handler, bytes, offset, size);
    }
  }

  /** Takes payload of the piece message under way, after asking where it goes. */
  #readBlock(chunk: Uint8Array, offset: number): number {
    const length = this.#blockLength;
    if (!this.#targetAsked) {
      const target = this.#handler.pieceTarget(this.#piece, this.#begin, length);
      if (target === 'stall') return offset;
      if (target !== undefined && target.length < length) {
        throw new RangeError(`pieceTarget gave ${target.length} bytes for a block of ${length}`);
      }
      this.#target = target;
      this.#targetAsked = true;
    }
    const end = offset + Math.min(length - this.#received, chunk.length - offset);
    if (this.#target !== undefined) copyInto(this.#target, plainView(chunk, offset, end), this.#received);
    this.#received += end - offset;
    if (this.#received === length) this.#finishBlock(length);
    return end;
  }

  #finishBlock(length: number): void {
    const isKept = this.#target !== undefined;
    this.#target = undefined;
    this.#blockLength = 0;
    if (isKept) this.#handler.onPiece(this.#piece, this.#begin, length);
    else this.#handler.onPieceDiscarded(this.#piece, this.#begin, length);
  }
}

function wrongLength(id: number, length: number): WireError {
  return new WireError('WIRE_MESSAGE_LENGTH', `message ${id} with a length of ${length}`);
}
