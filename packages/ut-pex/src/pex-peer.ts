import {
  asDict,
  asInteger,
  type BencodeDict,
  type Endpoint,
  formatEndpoint,
  type MessageChannel,
  type PeerContext,
  type PeerFlags,
  type PeerPlugin,
} from '@peerloom/core/plugin';
import { sharesScope } from './address-scope.js';
import type { PexContact } from './compact-contacts.js';
import { LearnedContacts } from './learned-contacts.js';
import { MessageAllowance } from './message-allowance.js';
import { type PexMessage, pexMessage } from './pex-message.js';
import { endpointsOf, ToldContacts } from './told-contacts.js';

/** Between two messages to one peer (BEP 11). */
const sendIntervalMs = 60_000;
/** Before the first one: a torrent that starts has a few more peers by then. */
const settleMs = 3_000;
/** Between two looks for something to say, where there was nothing: each costs as much as there are peers. */
const idleIntervalMs = 5_000;
/** Malformed messages of one peer that are overlooked. */
const maxMalformed = 3;
const misbehaviourBackOffMs = 600_000;

/** Contacts at one time, by the texts of their endpoints. */
export interface ContactList {
  /** Another one for each change. */
  readonly revision: number;
  readonly byKey: ReadonlyMap<string, PexPeer>;
}

/** What a peer's exchange asks of its torrent's. */
export interface PexPeerOwner {
  /** Whether the torrent takes part in peer exchange. */
  readonly isOn: boolean;
  /** The peer has told of others. */
  learned(contacts: readonly PexContact[], refusedCount: number, peer: PeerContext): void;
  /** The peer sent what it should not. */
  malformed(problem: string, peer: PeerContext): void;
  flooded(peer: PeerContext): void;
  gone(peer: PexPeer): void;
}

/** Peer exchange with one peer, which is a contact for others. */
export class PexPeer implements PeerPlugin, PexContact {
  readonly #peer: PeerContext;
  readonly #owner: PexPeerOwner;
  readonly #told: ToldContacts;
  readonly #learned: LearnedContacts;
  readonly #allowance: MessageAllowance;
  #channel: MessageChannel<PexMessage> | undefined;
  /** Of the list that it was told completely. */
  #toldRevision = -1;
  /** When it may be told next; `undefined` before it can be told anything. */
  #nextMs: number | undefined;
  #malformedCount = 0;
  #prefersEncryption = false;
  #supportsHolepunch = false;
  #key: { readonly endpoint: Endpoint; readonly text: string } | undefined;

  constructor(peer: PeerContext, owner: PexPeerOwner) {
    this.#peer = peer;
    this.#owner = owner;
    this.#told = new ToldContacts(peer.torrent.session.random);
    this.#learned = new LearnedContacts(peer.endpoint.address);
    this.#allowance = new MessageAllowance(peer.clock.now());
    this.follow();
  }

  /** Joins in, or leaves, as the torrent does. */
  follow(): void {
    if (this.#peer.isClosed || this.#owner.isOn === (this.#channel !== undefined)) return;
    if (this.#channel === undefined) {
      this.#channel = this.#peer.register(pexMessage, (message) => this.#receive(message));
    } else {
      this.#channel.close();
      this.#channel = undefined;
    }
  }

  onExtensionHandshake(dict: BencodeDict | undefined): void {
    // A further handshake says only what has changed.
    const encryption = asInteger(dict?.e);
    const holepunch = asInteger(asDict(dict?.m)?.ut_holepunch);
    if (encryption !== undefined) this.#prefersEncryption = encryption !== 0;
    if (holepunch !== undefined) this.#supportsHolepunch = holepunch !== 0;
  }

  onDisconnect(): void {
    this.#owner.gone(this);
  }

  /** Where others can reach it, as text; `undefined` where they cannot, or it is no peer yet. */
  get key(): string | undefined {
    const { listenEndpoint, isReady, isClosed } = this.#peer;
    if (!isReady || isClosed || listenEndpoint === undefined) return undefined;
    if (this.#key?.endpoint !== listenEndpoint) {
      this.#key = { endpoint: listenEndpoint, text: formatEndpoint(listenEndpoint) };
    }
    return this.#key.text;
  }

  /** Where it listens. */
  get endpoint(): Endpoint {
    return this.#peer.listenEndpoint ?? this.#peer.endpoint;
  }

  get flags(): PeerFlags {
    const { isSeed, isUploadOnly, transport, isOutgoing } = this.#peer;
    return {
      prefersEncryption: this.#prefersEncryption,
      isSeed: isSeed || isUploadOnly,
      supportsUtp: transport === 'utp',
      supportsHolepunch: this.#supportsHolepunch,
      isReachable: isOutgoing,
    };
  }

  /** Whether it may be told something now. */
  isDue(nowMs: number): boolean {
    if (this.#peer.isClosed || !this.#peer.isReady || this.#channel?.supported !== true) return false;
    this.#nextMs ??= nowMs + settleMs;
    return nowMs >= this.#nextMs;
  }

  /** Tells it what has changed, where something has. */
  tell({ revision, byKey }: ContactList, nowMs: number): void {
    // Other extensions see what is sent, and may end anything.
    if (this.#peer.isClosed || this.#channel === undefined || revision === this.#toldRevision) return;
    const contacts = new Map([...byKey].filter(([key, about]) => this.#mayKnow(key, about)));
    const difference = this.#told.difference(contacts);
    const { added, dropped } = difference;
    if (added.size === 0 && dropped.length === 0) {
      this.#toldRevision = revision;
      this.#nextMs = nowMs + idleIntervalMs;
      return;
    }
    const update = { added: [...added.values()], dropped: endpointsOf(dropped) };
    if (!this.#channel.send({ type: 'update', ...update })) return;
    this.#told.sent(difference);
    this.#nextMs = nowMs + sendIntervalMs;
  }

  /** Not of itself, of addresses that mean nothing where it is, or of others than it has shown to be one of. */
  #mayKnow(key: string, about: PexPeer): boolean {
    if (about === this || key === this.key) return false;
    if (about.#isConfirmed !== this.#isConfirmed) return false;
    return sharesScope(about.endpoint.address, this.#peer.endpoint.address);
  }

  /** Whether it has proved who it is. */
  get #isConfirmed(): boolean {
    return this.#peer.principal !== undefined;
  }

  #receive(message: PexMessage): void {
    if (!this.#allowance.take(this.#peer.clock.now())) {
      this.#owner.flooded(this.#peer);
      this.#disconnect('it sends too many peer exchange messages');
    } else if (message.type === 'malformed') {
      this.#owner.malformed(message.problem, this.#peer);
      if (++this.#malformedCount > maxMalformed)
        this.#disconnect('it sends malformed peer exchange messages');
    } else if (this.#owner.isOn) {
      const { accepted, refusedCount } = this.#learned.receive(message);
      this.#owner.learned(accepted, refusedCount, this.#peer);
    }
  }

  #disconnect(reason: string): void {
    this.#peer.disconnect(reason, { backoffMs: misbehaviourBackOffMs });
  }
}
