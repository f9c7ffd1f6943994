import { concatBytes, copyBytes } from '../common/bytes.js';
import type { ReceiveTransform } from '../plugin/hold.js';
import type { FrameParser } from '../wire/frame-parser.js';
import type { HandshakeParser } from '../wire/handshake.js';

/** What the receiver asks of its connection. */
export interface ReceiverOwner {
  readonly isClosed: boolean;
  /** The remote's handshake is complete. */
  handshakeReceived(): void;
  /** Runs the transform; `undefined` where it failed and the connection is closed. */
  decrypt(transform: ReceiveTransform, bytes: Uint8Array): readonly Uint8Array[] | undefined;
}

/**
 * Leads bytes from the medium through decryption, handshake and frames. Keeps the rest of a chunk while
 * the parser is stalled, and switches to decryption at the byte after the frame being handled.
 */
export class StreamReceiver {
  readonly #owner: ReceiverOwner;
  readonly #handshake: HandshakeParser;
  readonly #frames: FrameParser;
  #decrypt: ReceiveTransform | undefined;
  #isSwitching = false;
  #isStalled = false;
  #stash: Uint8Array | undefined;
  #isParsing = false;

  constructor(owner: ReceiverOwner, handshake: HandshakeParser, frames: FrameParser) {
    this.#owner = owner;
    this.#handshake = handshake;
    this.#frames = frames;
  }

  /** Whether a message is being handled: where an upgrade is legal. */
  get isParsing(): boolean {
    return this.#isParsing;
  }

  get isEncrypted(): boolean {
    return this.#decrypt !== undefined;
  }

  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** Bytes from the medium. Throws {@link WireError}. */
  receive(wire: Uint8Array): void {
    if (this.#decrypt === undefined) this.#take(wire);
    else this.#takeDecrypted(this.#decrypt, wire);
  }

  #takeDecrypted(decrypt: ReceiveTransform, wire: Uint8Array): void {
    for (const plain of this.#owner.decrypt(decrypt, wire) ?? []) this.#take(plain);
  }

  #take(plain: Uint8Array): void {
    if (this.#owner.isClosed) return;
    if (this.#isStalled) this.#stash = concatBytes(this.#stash ?? new Uint8Array(), plain);
    else this.#parse(plain);
  }

  /** Goes on after a stall. */
  resume(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    const rest = this.#stash ?? new Uint8Array();
    this.#stash = undefined;
    this.#parse(rest);
  }

  /** From inside a message's handler: the bytes after it are not parsed until `resume`. */
  stall(): void {
    this.#isStalled = true;
  }

  /** From inside a message's handler: the bytes after its frame go through `decrypt`. */
  upgrade(decrypt: ReceiveTransform): void {
    this.#decrypt = decrypt;
    this.#isSwitching = true;
    this.#frames.stop();
  }

  #parse(bytes: Uint8Array): void {
    let rest = bytes;
    if (!this.#handshake.isComplete) {
      rest = rest.subarray(this.#handshake.push(rest));
      if (!this.#handshake.isComplete) return;
      this.#owner.handshakeReceived();
      if (this.#owner.isClosed || rest.length === 0) return;
    }
    this.#isParsing = true;
    let consumed: number;
    try {
      consumed = this.#frames.push(rest);
    } finally {
      this.#isParsing = false;
    }
    if (this.#owner.isClosed) return;
    rest = rest.subarray(consumed);
    if (this.#isSwitching) {
      this.#isSwitching = false;
      if (rest.length > 0) this.#takeDecrypted(this.#decrypt as ReceiveTransform, rest);
      return;
    }
    if (this.#isStalled) this.#stash = copyBytes(rest);
  }
}
