import type { AlertHub } from '../alerts/alert-hub.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import { addressPrefixKey, type Endpoint, isLoopbackAddress } from '../common/endpoint.js';
import { isPeerloomError } from '../common/errors.js';
import { InfoHash } from '../common/info-hash.js';
import { limits } from '../common/limits.js';
import { ignoringHandler } from '../dispatch/ignoring-handler.js';
import type { Clock } from '../ports/clock.js';
import type { Connection, ConnectionHandler } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import type { Settings } from '../settings/settings-table.js';
import type { SessionCounters } from '../torrent/session-counters.js';
import { HandshakeParser } from '../wire/handshake.js';

/** What accepting connections asks of the session. */
export interface IncomingOwner {
  /** Why an endpoint may not come in at all. */
  blocked(endpoint: Endpoint): DisconnectReason | undefined;
  /**
   * Hands over a connection whose handshake is read. Returns the number of the connection it became, or
   * why not.
   */
  accept(
    infoHash: InfoHash,
    connection: Connection,
    handshake: HandshakeParser,
    rest: Uint8Array,
  ): number | DisconnectReason;
  /** Closes a connection that was handed over and is not admitted yet. */
  closePending(connectionId: number, reason: DisconnectReason): void;
}

interface Pending {
  readonly connection: Connection;
  readonly prefix: string;
  readonly sinceMs: number;
  /** Once handed over to a torrent. */
  connectionId: number | undefined;
}

/** Incoming connections that have not finished handshake or hold: few, and few from each address. */
export class IncomingConnections {
  readonly #owner: IncomingOwner;
  readonly #alerts: AlertHub;
  readonly #counters: SessionCounters;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pending = new Set<Pending>();
  readonly #byId = new Map<number, Pending>();
  readonly #good = new Set<string>();

  constructor(options: {
    readonly owner: IncomingOwner;
    readonly alerts: AlertHub;
    readonly counters: SessionCounters;
    readonly settings: Settings;
    readonly clock: Clock;
    readonly random: Random;
  }) {
    this.#owner = options.owner;
    this.#alerts = options.alerts;
    this.#counters = options.counters;
    this.#settings = options.settings;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** A listener or transport has accepted a connection. */
  accept(connection: Connection): void {
    this.#counters.incoming++;
    const refusal = this.#owner.blocked(connection.remote) ?? this.#makeRoom(connection.remote);
    if (refusal) {
      this.#refuse(connection, refusal);
      return;
    }
    const pending: Pending = {
      connection,
      prefix: addressPrefixKey(connection.remote.address),
      sinceMs: this.#clock.now(),
      connectionId: undefined,
    };
    this.#pending.add(pending);
    connection.setHandler(this.#handshakeReader(pending));
  }

  #makeRoom(remote: Endpoint): DisconnectReason | undefined {
    const prefix = addressPrefixKey(remote.address);
    const isExempt = this.#settings.exemptLoopback && isLoopbackAddress(remote.address);
    const ofPrefix = [...this.#pending].filter((other) => other.prefix === prefix);
    if (!isExempt && ofPrefix.length >= this.#settings.maxPendingIncomingPerPrefix) {
      return refusal('PEER_PENDING_PREFIX', 'too many connections of this address are unfinished');
    }
    const kept = Math.min(limits.keptPendingPlaces, Math.floor(this.#settings.maxPendingIncoming / 4));
    const limit = this.#settings.maxPendingIncoming - (this.#good.has(remote.address) ? 0 : kept);
    if (this.#pending.size >= limit) this.#dropOne();
    return undefined;
  }

  /** Closes what is past the limit, as newcomers would have it closed. */
  dropSurplus(): void {
    for (let excess = this.size - this.#settings.maxPendingIncoming; excess > 0; excess--) this.#dropOne();
  }

  /** Closes a random one of the prefix that has most. */
  #dropOne(): void {
    const byPrefix = new Map<string, Pending[]>();
    for (const pending of this.#pending) {
      const list = byPrefix.get(pending.prefix);
      if (list) list.push(pending);
      else byPrefix.set(pending.prefix, [pending]);
    }
    let most: Pending[] = [];
    for (const list of byPrefix.values()) if (list.length > most.length) most = list;
    const victim = most[this.#random.integer(Math.max(1, most.length))];
    if (victim) this.#drop(victim, refusal('PEER_PENDING_FULL', 'too many unfinished connections'));
  }

  #drop(pending: Pending, reason: DisconnectReason): void {
    this.#forget(pending);
    if (pending.connectionId === undefined) this.#refuse(pending.connection, reason);
    else this.#owner.closePending(pending.connectionId, reason);
  }

  #refuse(connection: Connection, { code, message }: DisconnectReason): void {
    connection.setHandler(ignoringHandler);
    connection.destroy();
    this.#counters.refused(code);
    this.#alerts.post('peerBlocked', { endpoint: connection.remote, code, message });
  }

  #handshakeReader(pending: Pending): ConnectionHandler {
    const { connection } = pending;
    const handshake = new HandshakeParser();
    const end = (): void => {
      this.#forget(pending);
      connection.destroy();
    };
    return {
      onConnect() {},
      onDrain() {},
      onEnd: end,
      onClose: end,
      onData: (chunk) => {
        if (!this.#pending.has(pending)) return;
        try {
          const rest = chunk.subarray(handshake.push(chunk));
          if (handshake.isComplete) this.#handOver(pending, handshake, rest);
        } catch (error) {
          if (!isPeerloomError(error)) throw error;
          this.#drop(pending, { origin: 'protocol', code: error.code, message: error.message });
        }
      },
    };
  }

  #handOver(pending: Pending, handshake: HandshakeParser, rest: Uint8Array): void {
    const infoHash = InfoHash.fromBytes(handshake.infoHash as Uint8Array);
    const { connection } = pending;
    this.#handingOver = pending;
    const result = this.#owner.accept(infoHash, connection, handshake, rest);
    this.#handingOver = undefined;
    if (typeof result !== 'number') this.#drop(pending, result);
  }

  /** The connection whose number is not known before it may be admitted. */
  #handingOver: Pending | undefined;

  /** The connection under way has got its number. */
  numbered(connectionId: number): void {
    if (this.#handingOver === undefined) return;
    this.#handingOver.connectionId = connectionId;
    this.#byId.set(connectionId, this.#handingOver);
  }

  /** Handshake done and no hold open: out of the budget, and its address is known good. */
  admitted(connectionId: number): void {
    const pending = this.#byId.get(connectionId);
    if (pending === undefined) return;
    this.#forget(pending);
    this.#good.add(pending.connection.remote.address);
    if (this.#good.size <= limits.maxGoodAddresses) return;
    for (const oldest of this.#good) {
      this.#good.delete(oldest);
      break;
    }
  }

  closed(connectionId: number): void {
    const pending = this.#byId.get(connectionId);
    if (pending) this.#forget(pending);
  }

  #forget(pending: Pending): void {
    this.#pending.delete(pending);
    if (pending.connectionId !== undefined) this.#byId.delete(pending.connectionId);
  }

  /** About once a second: those that are too slow go. Handed-over ones have deadlines of their own. */
  tick(): void {
    const latest = this.#clock.now() - this.#settings.handshakeTimeoutMs;
    for (const pending of [...this.#pending]) {
      if (pending.connectionId !== undefined || pending.sinceMs > latest) continue;
      this.#drop(pending, refusal('PEER_HANDSHAKE_TIMEOUT', 'no handshake in time'));
    }
  }

  close(): void {
    for (const pending of [...this.#pending]) {
      if (pending.connectionId === undefined) pending.connection.destroy();
      this.#forget(pending);
    }
  }
}

function refusal(code: string, message: string): DisconnectReason {
  return { origin: 'policy', code, message };
}
