import { bytesEqual, concatBytes, isPeerloomError } from '@peerloom/core/plugin';
import type { Certificate } from '../certificates/certificate.js';
import type { Credentials } from '../credentials.js';
import { HandshakeState, type NoiseChannel } from '../noise/handshake-state.js';
import { type KeyPair, keyLength } from '../noise/key-pair.js';
import { NoiseError } from '../noise/noise-error.js';
import { AuthenticationError } from './authentication-error.js';

/** What an authentication asks of its connection. */
export interface AuthenticationOwner {
  /** The messages that {@link PeerContext.transcript} has; `undefined` where some are missing. */
  readonly transcript: Uint8Array | undefined;
  readonly wallTimeMs: number;
  /** A new key pair, which is remembered until the authentication is over. */
  makeEphemeral(): KeyPair;
  /** Whether a public key is one that {@link makeEphemeral} has made, and that is remembered. */
  isOwnEphemeral(publicKey: Uint8Array): boolean;
  send(message: Uint8Array): void;
  /** Nothing more goes out in plain. */
  freezeSend(): void;
  /** What follows goes through these ciphers, both ways. */
  upgrade(channel: NoiseChannel): void;
}

/** Who the remote is, once it has proved it. */
export interface Confirmation {
  /** 16 bytes that the remote's session has made up for itself. */
  readonly instance: Uint8Array;
  /** In a network with members. */
  readonly certificate: Certificate | undefined;
}

/** Bytes by which a session names itself to those it has let in. */
export const instanceLength = 16;

const label = new TextEncoder().encode('peerloom closed-network v1\0');
const empty = new Uint8Array(0);
/** First byte of a message after the handshake. */
const confirmKind = 1;
const certificateKind = 2;

type Step = 'idle' | 'first' | 'second' | 'third' | 'certificate' | 'confirm' | 'done';

/**
 * One side of one authentication, without the connection: what comes in, what goes out, when the stream switches.
 *
 * ```text
 * secret only              members
 * I -> R  psk, e           e (psk, e with a secret)
 * R -> I  e, ee            e, ee, s, es
 * I -> R                   s, se, certificate
 *         ... the stream is encrypted from here on ...
 * R -> I                   certificate
 * both    confirm          confirm
 * ```
 *
 * The dialler is I. Whatever is out of this order ends it.
 */
export class Authentication {
  readonly #credentials: Credentials;
  readonly #isInitiator: boolean;
  readonly #instance: Uint8Array;
  readonly #owner: AuthenticationOwner;
  #handshake: HandshakeState | undefined;
  #channel: NoiseChannel | undefined;
  #certificate: Certificate | undefined;
  /** What is waited for. */
  #step: Step;

  /** `instance` is what the remote is told: 16 bytes, the same for all connections of a session. */
  constructor(
    credentials: Credentials,
    isInitiator: boolean,
    instance: Uint8Array,
    owner: AuthenticationOwner,
  ) {
    this.#credentials = credentials;
    this.#isInitiator = isInitiator;
    this.#instance = instance;
    this.#owner = owner;
    this.#step = isInitiator ? 'idle' : 'first';
  }

  /** For the initiator: both extension handshakes are there. Throws {@link AuthenticationError}. */
  start(): void {
    if (this.#step !== 'idle') throw outOfOrder();
    this.#handshake = this.#makeHandshake();
    this.#owner.send(this.#handshake.writeMessage(empty));
    // A third message goes out in plain, too.
    if (!this.#hasMembers) this.#owner.freezeSend();
    this.#step = 'second';
  }

  /** A message of the remote. The last one gives who it is. Throws {@link AuthenticationError}. */
  receive(message: Uint8Array): Confirmation | undefined {
    try {
      return this.#receive(message);
    } catch (error) {
      if (error instanceof NoiseError) {
        throw new AuthenticationError('CLOSED_NETWORK_HANDSHAKE', error.message, { cause: error });
      }
      if (isPeerloomError(error)) throw new AuthenticationError(error.code, error.message, { cause: error });
      throw error;
    }
  }

  #receive(message: Uint8Array): Confirmation | undefined {
    switch (this.#step) {
      case 'first':
        this.#receiveFirst(message);
        return undefined;
      case 'second':
        this.#receiveSecond(message);
        return undefined;
      case 'third':
        this.#receiveThird(message);
        return undefined;
      case 'certificate':
        this.#certificate = this.#readCertificate(this.#open(message, certificateKind));
        this.#step = 'confirm';
        return undefined;
      case 'confirm':
        return this.#receiveConfirm(message);
      default:
        throw outOfOrder();
    }
  }

  get #hasMembers(): boolean {
    return this.#credentials.member !== undefined;
  }

  #receiveFirst(message: Uint8Array): void {
    this.#refuseReflection(message);
    const handshake = this.#makeHandshake();
    this.#handshake = handshake;
    readEmpty(handshake, message);
    this.#owner.send(handshake.writeMessage(empty));
    if (this.#hasMembers) {
      this.#owner.freezeSend();
      this.#step = 'third';
      return;
    }
    this.#switch(handshake);
    this.#sendConfirm();
    this.#step = 'confirm';
  }

  #receiveSecond(message: Uint8Array): void {
    this.#refuseReflection(message);
    const handshake = this.#handshake as HandshakeState;
    readEmpty(handshake, message);
    const { member } = this.#credentials;
    if (member !== undefined) {
      this.#refuseOwnStatic(handshake);
      this.#owner.send(handshake.writeMessage(member.signedCertificate));
    }
    this.#switch(handshake);
    this.#sendConfirm();
    this.#step = member === undefined ? 'confirm' : 'certificate';
  }

  #receiveThird(message: Uint8Array): void {
    const handshake = this.#handshake as HandshakeState;
    const { member } = this.#credentials;
    const signed = handshake.readMessage(message);
    this.#refuseOwnStatic(handshake);
    this.#certificate = this.#readCertificate(signed);
    this.#switch(handshake);
    this.#seal(certificateKind, member?.signedCertificate ?? empty);
    this.#sendConfirm();
    this.#step = 'confirm';
  }

  #receiveConfirm(message: Uint8Array): Confirmation {
    const instance = this.#open(message, confirmKind).slice();
    if (instance.length !== instanceLength) throw malformed();
    this.#step = 'done';
    return { instance, certificate: this.#certificate };
  }

  #makeHandshake(): HandshakeState {
    const { transcript } = this.#owner;
    if (transcript === undefined) throw outOfOrder();
    const { networkId, preSharedKey, member, isEncrypted } = this.#credentials;
    const withSecret = preSharedKey === undefined ? 'XX' : 'XXpsk0';
    return new HandshakeState({
      pattern: member === undefined ? 'NNpsk0' : withSecret,
      isInitiator: this.#isInitiator,
      prologue: concatBytes(label, Uint8Array.of(isEncrypted ? 1 : 0), networkId, transcript),
      ephemeral: this.#owner.makeEphemeral(),
      staticKey: member?.keyPair,
      preSharedKey,
    });
  }

  /** Each message before the third begins with an ephemeral key; ours comes from ourselves, or from a mirror. */
  #refuseReflection(message: Uint8Array): void {
    if (!this.#owner.isOwnEphemeral(message.subarray(0, keyLength))) return;
    throw new AuthenticationError('CLOSED_NETWORK_REFLECTED', 'this is our own key');
  }

  #refuseOwnStatic({ remoteStatic }: HandshakeState): void {
    const own = this.#credentials.member?.keyPair.publicKey;
    if (own === undefined || remoteStatic === undefined || !bytesEqual(own, remoteStatic)) return;
    throw new AuthenticationError('CLOSED_NETWORK_REFLECTED', 'this is our own key');
  }

  #readCertificate(signed: Uint8Array): Certificate {
    const { remoteStatic } = this.#handshake as HandshakeState;
    return this.#credentials.certificateOf(signed, remoteStatic as Uint8Array, this.#owner.wallTimeMs);
  }

  #switch(handshake: HandshakeState): void {
    this.#channel = handshake.split();
    if (this.#credentials.isEncrypted) this.#owner.upgrade(this.#channel);
  }

  #sendConfirm(): void {
    this.#seal(confirmKind, this.#instance);
  }

  /** Inside of an encrypted stream a message is as it is; else it is encrypted by itself. */
  #seal(kind: number, body: Uint8Array): void {
    const message = concatBytes(Uint8Array.of(kind), body);
    const { send } = this.#channel as NoiseChannel;
    this.#owner.send(this.#credentials.isEncrypted ? message : send.encrypt(message));
  }

  #open(sealed: Uint8Array, kind: number): Uint8Array {
    const { receive } = this.#channel as NoiseChannel;
    const message = this.#credentials.isEncrypted ? sealed : receive.decrypt(sealed);
    if (message[0] !== kind) throw malformed();
    return message.subarray(1);
  }
}

function readEmpty(handshake: HandshakeState, message: Uint8Array): void {
  if (handshake.readMessage(message).length > 0) throw malformed();
}

function malformed(): AuthenticationError {
  return new AuthenticationError('CLOSED_NETWORK_MESSAGE', 'a message that is not what it should be');
}

function outOfOrder(): AuthenticationError {
  return new AuthenticationError('CLOSED_NETWORK_ORDER', 'a message out of order');
}
