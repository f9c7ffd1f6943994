import {
  type DatagramSocket,
  type Endpoint,
  endpoint,
  formatEndpoint,
  type SessionContext,
} from '@peerloom/core/plugin';
import { viewOf } from '../../protocol/udp-layout.js';
import { decodeUdpReply, transactionIdOf, type UdpReply } from '../../protocol/udp-reply.js';
import { encodeUdpRequest, type UdpRequest } from '../../protocol/udp-request.js';
import { asTrackerError, printableText, TrackerError } from '../tracker-error.js';
import { untilAborted } from '../until-aborted.js';

/** Makes a request of a connection id and a transaction id. */
export type UdpQuery = (connectionId: bigint, transactionId: number) => UdpRequest;

/** How long a client may use a connection id (BEP 15). */
const connectionLifeMs = 60_000;
/** A request is sent again when 15 s · 2^n have passed (BEP 15). */
const firstTimeoutMs = 15_000;
/**
 * Given up after the third transmission, 105 s after the first one: from then on the back-off of whoever asked goes
 * on in the same way, with a new connection.
 */
const maxTransmissions = 3;

interface Pending {
  /** Only who was asked may answer. */
  readonly remoteKey: string;
  readonly answer: (reply: UdpReply) => void;
}

interface ConnectionId {
  readonly id: bigint;
  readonly expiresMs: number;
}

/** One UDP socket, and what is under way through it. Connection ids are shared by all that ask the same tracker. */
export class UdpPort {
  readonly #session: SessionContext;
  readonly #address: string;
  readonly #onStray: () => void;
  readonly #pending = new Map<number, Pending>();
  readonly #connections = new Map<string, ConnectionId>();
  readonly #connecting = new Map<string, Promise<ConnectionId>>();
  #socket: Promise<DatagramSocket> | undefined;

  /** The socket is bound to a free port of `address` when it is needed. */
  constructor(session: SessionContext, address: string, onStray: () => void) {
    this.#session = session;
    this.#address = address;
    this.#onStray = onStray;
  }

  /** The reply, errors excepted. Rejects with {@link TrackerError}, or the reason of `signal`. */
  async ask(remote: Endpoint, query: UdpQuery, signal: AbortSignal): Promise<UdpReply> {
    const key = formatEndpoint(remote);
    const isKnown = this.#freshId(key) !== undefined;
    try {
      return await this.#askOnce(remote, query, signal);
    } catch (error) {
      // A tracker that has been restarted does not know the connection any more.
      const mayBeForgotten = isKnown && error instanceof TrackerError && error.code === 'TRACKER_REFUSED';
      if (!mayBeForgotten) throw error;
      this.#connections.delete(key);
      return this.#askOnce(remote, query, signal);
    }
  }

  async #askOnce(remote: Endpoint, query: UdpQuery, signal: AbortSignal): Promise<UdpReply> {
    for (let n = 0; n < maxTransmissions; n++) {
      const id =
        this.#freshId(formatEndpoint(remote)) ?? (await untilAborted(this.#connect(remote), signal)).id;
      const reply = await this.#transmit(remote, (transaction) => query(id, transaction), n, signal);
      if (reply !== undefined) return successOf(reply);
    }
    throw silence();
  }

  #freshId(key: string): bigint | undefined {
    const known = this.#connections.get(key);
    if (known === undefined) return undefined;
    if (known.expiresMs > this.#session.clock.now()) return known.id;
    this.#connections.delete(key);
    return undefined;
  }

  #connect(remote: Endpoint): Promise<ConnectionId> {
    const key = formatEndpoint(remote);
    const under = this.#connecting.get(key);
    if (under !== undefined) return under;
    const connecting = this.#connectAnew(remote, key).finally(() => this.#connecting.delete(key));
    this.#connecting.set(key, connecting);
    return connecting;
  }

  async #connectAnew(remote: Endpoint, key: string): Promise<ConnectionId> {
    const never = new AbortController().signal;
    for (let n = 0; n < maxTransmissions; n++) {
      const request = (transactionId: number): UdpRequest => ({ action: 'connect', transactionId });
      const reply = await this.#transmit(remote, request, n, never);
      if (reply === undefined) continue;
      const success = successOf(reply);
      if (success.action !== 'connect')
        throw new TrackerError('TRACKER_REPLY', 'no reply to a connect request');
      const expiresMs = this.#session.clock.now() + connectionLifeMs;
      const connection = { id: success.connectionId, expiresMs };
      this.#connections.set(key, connection);
      return connection;
    }
    throw silence();
  }

  /** Sends a request once, for the `n`th time; `undefined` where no answer comes in time. */
  async #transmit(
    remote: Endpoint,
    request: (transactionId: number) => UdpRequest,
    n: number,
    signal: AbortSignal,
  ): Promise<UdpReply | undefined> {
    const socket = await untilAborted(this.#open(), signal);
    signal.throwIfAborted();
    const { clock } = this.#session;
    const transactionId = this.#newTransactionId();
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clock.clear(timer);
        signal.removeEventListener('abort', abort);
        this.#pending.delete(transactionId);
        end();
      };
      const abort = (): void => settle(() => reject(signal.reason));
      const timer = clock.setTimeout(() => settle(() => resolve(undefined)), firstTimeoutMs * 2 ** n);
      signal.addEventListener('abort', abort, { once: true });
      this.#pending.set(transactionId, {
        remoteKey: formatEndpoint(remote),
        answer: (reply) => settle(() => resolve(reply)),
      });
      socket.send(encodeUdpRequest(request(transactionId)), remote);
    });
  }

  #newTransactionId(): number {
    for (;;) {
      const id = viewOf(this.#session.secureRandom.bytes(4)).getUint32(0);
      if (!this.#pending.has(id)) return id;
    }
  }

  #open(): Promise<DatagramSocket> {
    const local = endpoint(this.#address, 0);
    this.#socket ??= this.#session.network
      .datagram(local, (data, from) => this.#receive(data, from, local.family))
      .catch((error: unknown) => {
        this.#socket = undefined;
        throw asTrackerError(error);
      });
    return this.#socket;
  }

  #receive(data: Uint8Array, from: Endpoint, family: 4 | 6): void {
    // Who may not answer costs no more than this.
    const pending = this.#pending.get(transactionIdOf(data) ?? -1);
    const reply = pending?.remoteKey === formatEndpoint(from) ? decodeUdpReply(data, family) : undefined;
    if (reply === undefined) this.#onStray();
    else pending?.answer(reply);
  }
}

function successOf(reply: UdpReply): UdpReply {
  if (reply.action !== 'error') return reply;
  const message = printableText(new TextEncoder().encode(reply.message)) || 'refused, without a reason';
  throw new TrackerError('TRACKER_REFUSED', message);
}

function silence(): TrackerError {
  return new TrackerError('TRACKER_TIMEOUT', 'the tracker does not answer');
}
