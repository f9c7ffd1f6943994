import {
  bytesToHex,
  type Counter,
  type DisconnectReason,
  type PeerContext,
  type SessionContext,
} from '@peerloom/core/plugin';
import { type Certificate, principalOf } from '../certificates/certificate.js';
import { type Credentials, describeProblem } from '../credentials.js';
import { KeyPair, keyLength } from '../noise/key-pair.js';
import { instanceLength } from './authentication.js';
import { FailureLimiter } from './failure-limiter.js';

/** A connection that is guarded, as those of other connections see it. */
export interface Guarded {
  readonly peer: PeerContext;
  /** Whether the remote has proved to be of the network. */
  readonly isConfirmed: boolean;
  /** The remote's certificate, once it is confirmed. */
  readonly certificate: Certificate | undefined;
  /** What the remote's session calls itself, in hexadecimal, once it is confirmed. */
  readonly instance: string | undefined;
  /** Whether we have turned the remote away. */
  readonly isRefused: boolean;
  /** Ends the connection: the remote does not belong here. */
  fail(code: string, message: string): void;
}

/** Both sides of a connection may have dialled at the same time within this. */
const crossDialMs = 30_000;

/** What the guards of all connections of a session share: who is in, who has failed, which keys are in use. */
export class Gatekeeper {
  #credentials: Credentials;
  /** What this session calls itself to those it has let in: 16 bytes. */
  readonly instance: Uint8Array;
  readonly #session: SessionContext;
  readonly #limiter = new FailureLimiter();
  /** Of all connections, confirmed or not. */
  readonly #guards = new Set<Guarded>();
  readonly #confirmed = new Map<Guarded, number>();
  /** Ephemeral keys of authentications that are under way, in hexadecimal. */
  readonly #ephemerals = new Set<string>();
  readonly #failures: Counter;
  readonly #confirmations: Counter;
  #ownProblem: string | undefined;

  constructor(session: SessionContext, credentials: Credentials) {
    this.#session = session;
    this.#credentials = credentials;
    this.instance = session.secureRandom.bytes(instanceLength);
    this.#failures = session.counter('failures');
    this.#confirmations = session.counter('confirmations');
    session.gauge('confirmed', () => this.#confirmed.size);
  }

  /** Those in force. */
  get credentials(): Credentials {
    return this.#credentials;
  }

  /** Goes on with other credentials. Who has proved itself by another secret, or is about to, is turned out. */
  reload(credentials: Credentials): void {
    const hasOtherSecret = !credentials.hasSecretOf(this.#credentials);
    this.#credentials = credentials;
    if (hasOtherSecret) {
      for (const guard of [...this.#guards]) {
        if (!guard.peer.isClosed)
          guard.fail('CLOSED_NETWORK_SECRET_CHANGED', 'the secret is another one now');
      }
    }
    this.recheck();
  }

  freshBytes(length: number): Uint8Array {
    return this.#session.secureRandom.bytes(length);
  }

  makeEphemeral(): KeyPair {
    const ephemeral = new KeyPair(this.freshBytes(keyLength));
    this.#ephemerals.add(bytesToHex(ephemeral.publicKey));
    return ephemeral;
  }

  forgetEphemeral(publicKey: Uint8Array): void {
    this.#ephemerals.delete(bytesToHex(publicKey));
  }

  /** Whether it is a key of ours whose authentication is under way. */
  isOwnEphemeral(publicKey: Uint8Array): boolean {
    return this.#ephemerals.has(bytesToHex(publicKey));
  }

  /** Whether an address has failed so often that it is not listened to now. */
  isRefused(address: string): boolean {
    return this.#limiter.isRefused(address, this.#session.clock.now());
  }

  /** A remote was turned away, or turned out. */
  refused({ peer }: Guarded, code: string, message: string): void {
    this.#failures.add();
    const about = { infoHash: peer.torrent.infoHash, endpoint: peer.endpoint };
    this.#session.postAlert('refused', { code, message }, about);
  }

  /**
   * Whether a remote that has proved itself may stay, where there is a connection with the same session already: of
   * two that were dialled from both sides at once, both sides keep the one that the higher instance has dialled.
   */
  admits(guard: Guarded): boolean {
    const nowMs = this.#session.clock.now();
    for (const [other, sinceMs] of this.#confirmed) {
      if (!isSameRemote(other, guard)) continue;
      const isCrossed = other.peer.isOutgoing !== guard.peer.isOutgoing && nowMs - sinceMs < crossDialMs;
      const weAreHigher = bytesToHex(this.instance) > (guard.instance ?? '');
      if (!isCrossed || guard.peer.isOutgoing !== weAreHigher) return false;
      other.peer.disconnect('connected to this peer already');
    }
    return true;
  }

  confirmed(guard: Guarded): void {
    const { peer, certificate } = guard;
    const nowMs = this.#session.clock.now();
    this.#confirmed.set(guard, nowMs);
    this.#limiter.confirmed(peer.endpoint.address, nowMs);
    this.#confirmations.add();
    const about = { infoHash: peer.torrent.infoHash, endpoint: peer.endpoint };
    const member = certificate && {
      principal: principalOf(certificate),
      name: certificate.name,
      permissions: certificate.perms,
    };
    this.#session.postAlert('confirmed', member ?? {}, about);
  }

  /** A connection is guarded. */
  entered(guard: Guarded): void {
    this.#guards.add(guard);
  }

  /** A connection has ended. What others of our own session end says nothing about the address. */
  left(guard: Guarded, reason: DisconnectReason): void {
    this.#guards.delete(guard);
    this.#confirmed.delete(guard);
    if (guard.isConfirmed || guard.peer.isOutgoing) return;
    if (!guard.isRefused && !isOfRemote(reason)) return;
    this.#limiter.failed(guard.peer.endpoint.address, this.#session.clock.now());
  }

  /** Looks at all who are in, and at ourselves, again: time has passed, or the credentials are others. */
  recheck(): void {
    const nowMs = this.#session.clock.wallTimeMs();
    this.#checkOurselves(nowMs);
    for (const guard of [...this.#confirmed.keys()]) {
      if (guard.peer.isClosed || guard.certificate === undefined) continue;
      const problem = this.credentials.problemOf(guard.certificate, nowMs);
      if (problem !== undefined) guard.fail(problem, describeProblem(problem));
    }
  }

  #checkOurselves(nowMs: number): void {
    const { member } = this.credentials;
    const problem = member && this.credentials.problemOf(member.certificate, nowMs);
    if (problem === this.#ownProblem) return;
    this.#ownProblem = problem;
    if (problem === undefined) return;
    this.#session.postAlert('ownCertificate', { code: problem, message: describeProblem(problem) });
  }
}

/** Whether it is the remote that ended a connection, by what it did or did not do. */
function isOfRemote({ origin, code }: DisconnectReason): boolean {
  return ['remote', 'network', 'protocol'].includes(origin) || code === 'PEER_HOLD_TIMEOUT';
}

/** An instance is only claimed: a member cannot pass for another one by it. */
function isSameRemote(a: Guarded, b: Guarded): boolean {
  const [keyOfA, keyOfB] = [a, b].map(({ certificate }) => certificate && principalOf(certificate));
  return (
    a.instance === b.instance && keyOfA === keyOfB && a.peer.torrent.infoHash.equals(b.peer.torrent.infoHash)
  );
}
