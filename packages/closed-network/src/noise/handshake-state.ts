import { concatBytes } from '@peerloom/core/plugin';
import { type CipherState, tagLength } from './cipher-state.js';
import { type KeyPair, keyLength } from './key-pair.js';
import { NoiseError } from './noise-error.js';
import { SymmetricState } from './symmetric-state.js';

type Token = 'psk' | 'e' | 's' | 'ee' | 'es' | 'se';

/** Tokens of each message, the initiator's first; sections 7 and 9 of the framework. */
const patterns = {
  NNpsk0: [
    ['psk', 'e'],
    ['e', 'ee'],
  ],
  XX: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']],
  XXpsk0: [
    ['psk', 'e'],
    ['e', 'ee', 's', 'es'],
    ['s', 'se'],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly Token[])[]>>;

/** A handshake pattern of the Noise framework. */
export type NoisePattern = keyof typeof patterns;

/** What a {@link HandshakeState} begins with. */
export interface HandshakeOptions {
  readonly pattern: NoisePattern;
  readonly isInitiator: boolean;
  /** What both sides must agree on before the first message. */
  readonly prologue: Uint8Array;
  /** Made for this handshake, and for no other. */
  readonly ephemeral: KeyPair;
  /** Who we are, in patterns with static keys. */
  readonly staticKey?: KeyPair | undefined;
  /** 32 bytes, in patterns with a pre-shared key. */
  readonly preSharedKey?: Uint8Array | undefined;
}

/** The ciphers of what follows a handshake. */
export interface NoiseChannel {
  readonly send: CipherState;
  readonly receive: CipherState;
}

/**
 * One side of a handshake: `HandshakeState` of the Noise framework (revision 34), section 5.3, with 25519,
 * ChaChaPoly and SHA256. Messages are written and read in turn; after the last one `split` gives the ciphers.
 * A handshake that has thrown is over.
 */
export class HandshakeState {
  readonly #options: HandshakeOptions;
  readonly #messages: readonly (readonly Token[])[];
  readonly #symmetric: SymmetricState;
  #next = 0;
  #remoteEphemeral: Uint8Array | undefined;
  #remoteStatic: Uint8Array | undefined;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#messages = patterns[options.pattern];
    this.#symmetric = new SymmetricState(`Noise_${options.pattern}_25519_ChaChaPoly_SHA256`);
    this.#symmetric.mixHash(options.prologue);
  }

  /** The remote's public key of this handshake, once it has come. */
  get remoteEphemeral(): Uint8Array | undefined {
    return this.#remoteEphemeral;
  }

  /** The remote's own public key, once it has come. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic;
  }

  /** Names this handshake: the same on both sides and nowhere else, once it is over. */
  get handshakeHash(): Uint8Array {
    return this.#symmetric.handshakeHash;
  }

  /** Whether all messages have been written and read. */
  get isComplete(): boolean {
    return this.#next === this.#messages.length;
  }

  /** The next message. Throws `RangeError` where it is the remote's turn. */
  writeMessage(payload: Uint8Array): Uint8Array {
    const { ephemeral, staticKey } = this.#options;
    const parts: Uint8Array[] = [];
    for (const token of this.#take(true)) {
      if (token === 'e') {
        parts.push(ephemeral.publicKey);
        this.#mixEphemeral(ephemeral.publicKey);
      } else if (token === 's') {
        parts.push(this.#symmetric.encryptAndHash(present(staticKey).publicKey));
      } else {
        this.#mix(token);
      }
    }
    return concatBytes(...parts, this.#symmetric.encryptAndHash(payload));
  }

  /** Payload of the remote's next message. Throws {@link NoiseError} where it is not what it should be. */
  readMessage(message: Uint8Array): Uint8Array {
    let rest = message;
    const take = (length: number): Uint8Array => {
      if (rest.length < length) throw new NoiseError('a message that is too short');
      const taken = rest.slice(0, length);
      rest = rest.subarray(length);
      return taken;
    };
    for (const token of this.#take(false)) {
      if (token === 'e') {
        this.#remoteEphemeral = take(keyLength);
        this.#mixEphemeral(this.#remoteEphemeral);
      } else if (token === 's') {
        const length = keyLength + (this.#symmetric.hasKey ? tagLength : 0);
        this.#remoteStatic = this.#symmetric.decryptAndHash(take(length));
      } else {
        this.#mix(token);
      }
    }
    return this.#symmetric.decryptAndHash(rest);
  }

  /** The ciphers of what follows. Throws `RangeError` before the last message. */
  split(): NoiseChannel {
    if (!this.isComplete) throw new RangeError('the handshake is not over');
    const [first, second] = this.#symmetric.split();
    return this.#options.isInitiator ? { send: first, receive: second } : { send: second, receive: first };
  }

  /** Tokens of the next message, which must be ours to write, or to read. */
  #take(isOurs: boolean): readonly Token[] {
    const tokens = this.#messages[this.#next];
    const isInitiators = this.#next % 2 === 0;
    if (tokens === undefined || (isInitiators === this.#options.isInitiator) !== isOurs) {
      throw new RangeError('a handshake message out of turn');
    }
    this.#next++;
    return tokens;
  }

  /** With a pre-shared key the ephemeral one makes keys, too; section 9.2. */
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    if (this.#options.preSharedKey !== undefined) this.#symmetric.mixKey(publicKey);
  }

  #mix(token: Exclude<Token, 'e' | 's'>): void {
    const { ephemeral, staticKey, preSharedKey, isInitiator } = this.#options;
    if (token === 'psk') {
      this.#symmetric.mixKeyAndHash(present(preSharedKey));
      return;
    }
    // The first letter is the initiator's key, the second the responder's.
    const ours = token[isInitiator ? 0 : 1] === 'e' ? ephemeral : present(staticKey);
    const theirs = token[isInitiator ? 1 : 0] === 'e' ? this.#remoteEphemeral : this.#remoteStatic;
    this.#symmetric.mixKey(ours.sharedWith(present(theirs)));
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('the pattern needs a key that was not given');
  return value;
}
