import { type DatagramSocket, type Endpoint, formatEndpoint } from '@peerloom/core';
import type { Flow, Uplink } from './uplink.js';

/** Largest payload of UDP over IPv4; a larger one is refused by every system. */
const maxDatagramBytes = 65_507;
/** What a system keeps of datagrams that wait for the uplink; more are lost. */
const maxQueuedBytes = 256 * 1024;

/** What a datagram socket takes from the host it is on. */
export interface DatagramSite {
  readonly uplink: Uplink;
  /** Sends a datagram on its way. */
  deliver(socket: MemoryDatagramSocket, data: Uint8Array, to: Endpoint): void;
  closed(socket: MemoryDatagramSocket): void;
}

/** A datagram socket on a host of a memory network. */
export class MemoryDatagramSocket implements DatagramSocket, Flow {
  readonly local: Endpoint;
  readonly #site: DatagramSite;
  readonly #onMessage: (data: Uint8Array, from: Endpoint) => void;
  readonly #queue: { readonly data: Uint8Array; readonly to: Endpoint }[] = [];
  /** Whom it has sent to: an address translator lets their datagrams in. */
  readonly #contacted = new Set<string>();
  #queuedBytes = 0;
  #isClosed = false;

  constructor(site: DatagramSite, local: Endpoint, onMessage: (data: Uint8Array, from: Endpoint) => void) {
    this.#site = site;
    this.local = local;
    this.#onMessage = onMessage;
  }

  send(data: Uint8Array, to: Endpoint): void {
    if (this.#isClosed || to.port === 0 || to.family !== this.local.family) return;
    if (data.length > maxDatagramBytes || this.#queuedBytes + data.length > maxQueuedBytes) return;
    this.#contacted.add(formatEndpoint(to));
    this.#queuedBytes += data.length;
    this.#queue.push({ data: new Uint8Array(data), to });
    this.#site.uplink.request(this);
  }

  close(): void {
    if (this.#isClosed) return;
    this.vanish();
    this.#site.closed(this);
  }

  /** Ends like a process that is killed. */
  vanish(): void {
    this.#isClosed = true;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
  }

  hasContacted(remote: Endpoint): boolean {
    return this.#contacted.has(formatEndpoint(remote));
  }

  /** `data` may be kept: it is the receiver's. */
  arrive(data: Uint8Array, from: Endpoint): void {
    if (!this.#isClosed) this.#onMessage(data, from);
  }

  /** Datagrams are not split: the next one's length, whatever the limit. */
  sendable(): number {
    return this.#queue[0]?.data.length ?? 0;
  }

  transmit(maxBytes: number): void {
    let left = maxBytes;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (first.data.length > left) return;
      left -= first.data.length;
      this.#queue.shift();
      this.#queuedBytes -= first.data.length;
      this.#site.deliver(this, first.data, first.to);
    }
  }
}
