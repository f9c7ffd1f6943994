import {
  type BlockRequest,
  bytesToHex,
  type DisconnectReason,
  type MessageChannel,
  type PeerContext,
  type PeerHold,
  type PeerPlugin,
} from '@peerloom/core/plugin';
import { type Certificate, type Permission, permissions, principalOf } from '../certificates/certificate.js';
import { type Credentials, describeProblem } from '../credentials.js';
import type { NoiseChannel } from '../noise/handshake-state.js';
import type { KeyPair } from '../noise/key-pair.js';
import { RecordDecoder } from '../records/record-decoder.js';
import { RecordEncoder } from '../records/record-encoder.js';
import { authMessage } from './auth-message.js';
import { Authentication, type AuthenticationOwner, type Confirmation } from './authentication.js';
import { AuthenticationError } from './authentication-error.js';
import type { Gatekeeper, Guarded } from './gatekeeper.js';

/** A remote has this long to prove who it is. */
const deadlineMs = 10_000;
/** One that we have dialled and that could not is left alone for so long. */
const backoffMs = 300_000;

/** What other extensions and applications may know of a connection; see `closedNetworkPeerKey`. */
export interface ClosedNetworkPeer {
  /** Whether the remote has proved to be of the network. */
  readonly isConfirmed: boolean;
  /** The remote's certificate; `undefined` before that, and where the network has no members. */
  readonly certificate: Certificate | undefined;
}

/**
 * Keeps one connection closed until the remote has proved that it belongs to the network, and to what it may do
 * afterwards.
 */
export class Guard implements PeerPlugin, AuthenticationOwner, ClosedNetworkPeer, Guarded {
  readonly peer: PeerContext;
  readonly #gatekeeper: Gatekeeper;
  readonly #channel: MessageChannel<Uint8Array>;
  readonly #hold: PeerHold;
  /** What we authenticate with. */
  readonly #credentials: Credentials;
  readonly #authentication: Authentication;
  #confirmation: Confirmation | undefined;
  #ephemeral: KeyPair | undefined;
  #isRefused = false;
  #mayDownload = false;
  #mayUpload = false;

  constructor(peer: PeerContext, gatekeeper: Gatekeeper) {
    this.peer = peer;
    this.#gatekeeper = gatekeeper;
    peer.setLocalId(gatekeeper.freshBytes(20));
    this.#channel = peer.register(authMessage, (message) => this.#receive(message));
    this.#hold = peer.hold({
      reason: 'authentication',
      channels: [this.#channel],
      strict: true,
      deadlineMs,
    });
    const { credentials, instance } = gatekeeper;
    this.#credentials = credentials;
    this.#authentication = new Authentication(credentials, peer.isOutgoing, instance, this);
    gatekeeper.entered(this);
  }

  get isConfirmed(): boolean {
    return this.#confirmation !== undefined;
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  get certificate(): Certificate | undefined {
    return this.#confirmation?.certificate;
  }

  /** What the remote's session calls itself, in hexadecimal; `undefined` before it is confirmed. */
  get instance(): string | undefined {
    return this.#confirmation && bytesToHex(this.#confirmation.instance);
  }

  onExtensionHandshake(): void {
    if (this.isConfirmed) return;
    if (!this.#channel.supported) {
      this.fail('CLOSED_NETWORK_STRANGER', 'it does not know how to prove that it belongs here');
      return;
    }
    if (this.peer.isOutgoing) this.#attempt(() => this.#authentication.start());
  }

  onDisconnect(reason: DisconnectReason): void {
    this.#forgetEphemeral();
    this.#gatekeeper.left(this, reason);
  }

  #receive(message: Uint8Array): void {
    this.#attempt(() => {
      const confirmation = this.#authentication.receive(message);
      if (confirmation !== undefined) this.#confirm(confirmation);
    });
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      this.fail(error.code, error.message);
    }
  }

  /** The remote does not belong here, or no longer. */
  fail(code: string, message: string): void {
    this.#isRefused = true;
    this.#gatekeeper.refused(this, code, message);
    if (!this.peer.isClosed) this.peer.disconnect(message, { backoffMs });
  }

  #confirm(confirmation: Confirmation): void {
    const { certificate } = confirmation;
    const { credentials } = this.#gatekeeper;
    const problem = certificate && credentials.problemOf(certificate, this.wallTimeMs);
    if (problem !== undefined) {
      this.fail(problem, describeProblem(problem));
      return;
    }
    if (credentials !== this.#credentials) {
      this.peer.disconnect('our credentials have changed meanwhile');
      return;
    }
    const granted = certificate?.perms ?? permissions;
    const may = (permission: Permission): boolean => granted.includes(permission);
    this.#mayDownload = may('download');
    this.#mayUpload = may('upload');
    this.#confirmation = confirmation;
    this.#forgetEphemeral();
    const isAdmitted = this.#gatekeeper.admits(this);
    // Another connection may have ended for it, which other extensions hear of.
    if (this.peer.isClosed) return;
    if (!isAdmitted) {
      this.peer.disconnect('connected to this peer already');
      return;
    }
    if (certificate !== undefined) this.peer.setPrincipal(principalOf(certificate));
    this.#gatekeeper.confirmed(this);
    if (!this.peer.isClosed) this.#hold.release();
  }

  // What the authentication asks for.

  get transcript(): Uint8Array | undefined {
    return this.peer.transcript;
  }

  get wallTimeMs(): number {
    return this.peer.clock.wallTimeMs();
  }

  makeEphemeral(): KeyPair {
    this.#ephemeral = this.#gatekeeper.makeEphemeral();
    return this.#ephemeral;
  }

  isOwnEphemeral(publicKey: Uint8Array): boolean {
    return this.#gatekeeper.isOwnEphemeral(publicKey);
  }

  /** What was sent in plain may be repeated by whoever has seen it: it says nothing of this connection any more. */
  #forgetEphemeral(): void {
    if (this.#ephemeral !== undefined) this.#gatekeeper.forgetEphemeral(this.#ephemeral.publicKey);
    this.#ephemeral = undefined;
  }

  send(message: Uint8Array): void {
    this.#channel.send(message);
  }

  freezeSend(): void {
    // Without encryption nothing would end it; the hold keeps everything else back.
    if (this.#gatekeeper.credentials.isEncrypted) this.peer.freezeSend();
  }

  upgrade({ send, receive }: NoiseChannel): void {
    this.peer.upgradeSend(new RecordEncoder(send).encode);
    this.peer.upgradeReceive(new RecordDecoder(receive).decode);
  }

  // What the remote may do. All of it is called only after the hold was released.

  canUnchoke(): boolean {
    return this.#mayDownload;
  }

  onRequest(request: BlockRequest): boolean {
    if (this.#mayDownload) return false;
    const { reserved, localReserved } = this.peer;
    if (reserved?.fast === true && localReserved?.fast === true)
      this.peer.send({ type: 'reject', ...request });
    return true;
  }

  writeRequest(): boolean {
    return !this.#mayUpload;
  }

  onHave(): boolean {
    return !this.#mayUpload;
  }

  onDontHave(): boolean {
    return !this.#mayUpload;
  }

  onBitfield(): boolean {
    return !this.#mayUpload;
  }

  onHaveAll(): boolean {
    return !this.#mayUpload;
  }

  onHaveNone(): boolean {
    return !this.#mayUpload;
  }

  onAllowedFast(): boolean {
    return !this.#mayUpload;
  }

  onSuggest(): boolean {
    return !this.#mayUpload;
  }
}
