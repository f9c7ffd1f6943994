import { type Clock, normalizeAddress, type Random } from '@peerloom/core';
import { TestingError } from '../testing-error.js';
import { ChunkPool } from './chunk-pool.js';
import type { Link, LinkOptions } from './link.js';
import { type HostEnvironment, type HostOptions, MemoryHost } from './memory-host.js';

/** Options of {@link MemoryNetwork}; the link is the one between any two hosts. */
export interface MemoryNetworkOptions extends LinkOptions {
  /** The clock by which bytes arrive. */
  readonly clock: Clock;
  /** Decides jitter, losses and chunks. The same one gives the same run. */
  readonly random: Random;
  /**
   * Streams arrive in chunks of random lengths up to this, cut anywhere, so that parsers meet every
   * boundary. Default: as they were written.
   */
  readonly maxChunkBytes?: number;
  /**
   * Default true. Delivered memory is overwritten once `onData` has returned, and memory given to `write`
   * is checked to be unchanged when its bytes leave (else `TESTING_WRITE_CHANGED` reaches whoever runs
   * the clock): code that keeps a view, or uses its memory again too early, is found. Without it, such code
   * sends and sees garbage, as over a real socket, and large swarms are faster.
   */
  readonly strictMemory?: boolean;
  /** Arrivals are put off to a multiple of this, so that large swarms take fewer events. Default 0. */
  readonly quantumMs?: number;
  /** Bytes from which on `write` returns false. Default 128 KiB. */
  readonly sendBufferBytes?: number;
  /** Bytes of one direction of a stream on the way, or unread by a paused receiver. Default 256 KiB. */
  readonly windowBytes?: number;
}

/** Hosts, as arguments. */
export type Hosts = MemoryHost | readonly MemoryHost[];

const defaultLatencyMs = 10;
const defaultSendBufferBytes = 128 * 1024;
const defaultWindowBytes = 256 * 1024;
const loopback: Link = { latencyMs: 0, jitterMs: 0, lossRate: 0 };

/**
 * A network of hosts in memory, in the time of a clock. Streams keep their order and lose nothing; what
 * delays them is latency, jitter, retransmissions, bandwidth, back-pressure and partitions. Everything is
 * decided by `random`, so the same seed gives the same run.
 */
export class MemoryNetwork {
  readonly #environment: HostEnvironment;
  readonly #link: Link;
  readonly #hosts = new Map<string, MemoryHost>();
  readonly #names = new Map<string, readonly string[]>();
  readonly #links = new PairMap<Link>();
  readonly #cuts = new PairMap<Set<() => void>>();

  constructor(options: MemoryNetworkOptions) {
    this.#link = {
      latencyMs: options.latencyMs ?? defaultLatencyMs,
      jitterMs: options.jitterMs ?? 0,
      lossRate: options.lossRate ?? 0,
    };
    checkLossRate(this.#link);
    this.#environment = {
      clock: options.clock,
      random: options.random,
      pool: new ChunkPool(),
      maxChunkBytes: options.maxChunkBytes,
      strictMemory: options.strictMemory ?? true,
      quantumMs: options.quantumMs ?? 0,
      sendBufferBytes: options.sendBufferBytes ?? defaultSendBufferBytes,
      windowBytes: options.windowBytes ?? defaultWindowBytes,
      hostAt: (address) => this.#hosts.get(address),
      linkBetween: (from, to) => (from === to ? loopback : (this.#links.get(from, to) ?? this.#link)),
      isCut: (from, to, restart) => {
        const waiting = this.#cuts.get(from, to);
        waiting?.add(restart);
        return waiting !== undefined;
      },
      addressesOf: (name) => {
        const address = normalizeAddress(name);
        return address === undefined ? this.#names.get(name.toLowerCase()) : [address];
      },
    };
  }

  /**
   * The host with these addresses, IPv4 or IPv6: made, or the one that was made with the first of them
   * before. Throws `TESTING_ADDRESS` where one is not an IP address or another host's.
   */
  host(addresses: string | readonly string[], options: HostOptions = {}): MemoryHost {
    const wanted = (typeof addresses === 'string' ? [addresses] : addresses).map(checkedAddress);
    const known = this.#hosts.get(wanted[0] ?? '');
    const host = known ?? this.#addHost(wanted);
    if (wanted.some((address) => this.#hosts.get(address) !== host)) {
      throw new TestingError('TESTING_ADDRESS', `not all addresses of one host: ${wanted.join(', ')}`);
    }
    host.configure(options);
    return host;
  }

  /** Makes a name resolve to addresses, for all hosts. */
  setName(name: string, addresses: readonly string[]): void {
    this.#names.set(name.toLowerCase(), addresses.map(checkedAddress));
  }

  /** Changes the link between hosts, both ways, for what is sent from now on. */
  link(a: Hosts, b: Hosts, options: LinkOptions): void {
    forEachPair(a, b, (one, other) => {
      const link = { ...(this.#links.get(one, other) ?? this.#link), ...options };
      checkLossRate(link);
      this.#links.set(one, other, link);
    });
  }

  /** Cuts hosts off from each other: streams between them stall, dials time out, datagrams are lost. */
  partition(a: Hosts, b: Hosts): void {
    forEachPair(a, b, (one, other) => {
      if (this.#cuts.get(one, other) === undefined) this.#cuts.set(one, other, new Set());
    });
  }

  /** Ends the partition between hosts; without arguments, all. What was stalled goes on. */
  heal(): void;
  heal(a: Hosts, b: Hosts): void;
  heal(a?: Hosts, b?: Hosts): void {
    const healed: (Set<() => void> | undefined)[] = [];
    if (a === undefined || b === undefined) healed.push(...this.#cuts.clear());
    else forEachPair(a, b, (one, other) => healed.push(this.#cuts.delete(one, other)));
    for (const waiting of healed) for (const restart of waiting ?? []) restart();
  }

  /** Breaks every stream between hosts, or all there are, with an error on both sides. */
  dropConnections(): void;
  dropConnections(a: Hosts, b: Hosts): void;
  dropConnections(a?: Hosts, b?: Hosts): void {
    if (a === undefined || b === undefined) {
      for (const host of this.#hosts.values()) host.dropConnections();
    } else {
      forEachPair(a, b, (one, other) => {
        one.dropConnections(other);
        other.dropConnections(one);
      });
    }
  }

  #addHost(addresses: readonly string[]): MemoryHost {
    if (addresses.length === 0) throw new TestingError('TESTING_ADDRESS', 'a host needs an address');
    const host = new MemoryHost(this.#environment, addresses);
    for (const address of addresses) if (!this.#hosts.has(address)) this.#hosts.set(address, host);
    return host;
  }
}

/** Values by unordered pair of hosts. */
class PairMap<T> {
  readonly #values = new Map<MemoryHost, Map<MemoryHost, T>>();

  get(a: MemoryHost, b: MemoryHost): T | undefined {
    return this.#values.size === 0 ? undefined : this.#values.get(a)?.get(b);
  }

  set(a: MemoryHost, b: MemoryHost, value: T): void {
    this.#row(a).set(b, value);
    this.#row(b).set(a, value);
  }

  delete(a: MemoryHost, b: MemoryHost): T | undefined {
    const value = this.get(a, b);
    this.#values.get(a)?.delete(b);
    this.#values.get(b)?.delete(a);
    return value;
  }

  /** Removes all; returns each value once. */
  clear(): Set<T> {
    const all = new Set([...this.#values.values()].flatMap((row) => [...row.values()]));
    this.#values.clear();
    return all;
  }

  #row(host: MemoryHost): Map<MemoryHost, T> {
    const row = this.#values.get(host) ?? new Map<MemoryHost, T>();
    this.#values.set(host, row);
    return row;
  }
}

function forEachPair(a: Hosts, b: Hosts, visit: (one: MemoryHost, other: MemoryHost) => void): void {
  for (const one of [a].flat()) for (const other of [b].flat()) if (one !== other) visit(one, other);
}

function checkedAddress(address: string): string {
  const normal = normalizeAddress(address);
  if (normal === undefined) throw new TestingError('TESTING_ADDRESS', `not an IP address: '${address}'`);
  return normal;
}

function checkLossRate({ lossRate }: Link): void {
  if (lossRate >= 0 && lossRate < 1) return;
  throw new TestingError('TESTING_LINK', `lossRate is 0 to less than 1, not ${lossRate}`);
}
