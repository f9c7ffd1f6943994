import {
  endpoint,
  MemoryStorage,
  type Random,
  SeededRandom,
  Session,
  type Settings,
  type Storage,
} from '@peerloom/core';
import type { AddTorrentParams, SessionPlugin, TorrentPluginFactory } from '@peerloom/core/plugin';
import { MortalClock } from '../clock/mortal-clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { FakePeer, type FakePeerOptions } from '../fake-peer/fake-peer.js';
import type { HostOptions, MemoryHost } from '../network/memory-host.js';
import { MemoryNetwork, type MemoryNetworkOptions } from '../network/memory-network.js';
import { DeterministicSecureRandom } from '../random/deterministic-secure-random.js';
import { TestingError } from '../testing-error.js';
import { SwarmPeer } from './swarm-peer.js';
import { makeTestTorrent, type TestTorrent, type TestTorrentOptions } from './test-torrent.js';

/** Options of {@link createSwarm}. */
export interface SwarmOptions {
  /**
   * Decides everything: content, ids, network, choices of the engine. Default: `PEERLOOM_SEED` of the
   * environment, else 1.
   */
  readonly seed?: number | string;
  /** What is shared: made of the seed, or one that was made before. */
  readonly torrent?: Omit<TestTorrentOptions, 'seed'> | TestTorrent;
  /** How the network behaves. */
  readonly network?: Omit<MemoryNetworkOptions, 'clock' | 'random'>;
  /** Settings of every session. */
  readonly settings?: Partial<Settings>;
  /** Makes the extensions of every session, fresh ones each time. */
  readonly extensions?: (name: string) => readonly (SessionPlugin | TorrentPluginFactory)[];
  /** Whether faults of plugins are part of the test. Default false: then `runUntilComplete` fails on one. */
  readonly allowsFaults?: boolean;
}

/** Options of {@link Swarm.addPeer}. */
export interface SwarmPeerOptions {
  /** For error messages. Default: what it is, and a number. */
  readonly name?: string;
  /** Pieces it has at the start. Default none. */
  readonly have?: 'all' | 'none' | readonly number[];
  /** Extensions beside those of the swarm. */
  readonly extensions?: readonly (SessionPlugin | TorrentPluginFactory)[];
  /** Begins with the infohash only. */
  readonly isMagnet?: boolean;
  /** Addresses of its host. Default: one of 10.0.0.0/8. */
  readonly addresses?: string | readonly string[];
  /** What its host can do. */
  readonly host?: HostOptions;
  /** Settings beside those of the swarm. */
  readonly settings?: Partial<Settings>;
  /** Data that is there already, of a peer that has gone. */
  readonly storage?: MemoryStorage;
  /** Puts a storage around the one in memory, for example a `FaultyStorage`. */
  readonly wrapStorage?: (storage: MemoryStorage) => Storage;
  /** What `saveState` of an earlier session gave. */
  readonly state?: Uint8Array;
  /** Peers that it dials. */
  readonly connectTo?: readonly SwarmPeer[];
  /** Whether it has the torrent at once; else `start()` adds it. Default true. */
  readonly isStarted?: boolean;
  /** How the torrent is added beyond that. */
  readonly addTorrent?: Partial<Omit<AddTorrentParams, 'torrent' | 'storage' | 'peers'>>;
}

/** Options of {@link Swarm.runUntilComplete}. */
export interface RunUntilCompleteOptions {
  /** Virtual time. Default 10 minutes. */
  readonly timeoutMs?: number;
  /** Default: all. */
  readonly peers?: readonly SwarmPeer[];
}

const port = 6881;
const defaultTimeoutMs = 600_000;
const defaultSettings: Partial<Settings> = { diskPoolBytes: 4 * 1024 * 1024 };

/**
 * Sessions that share one torrent on a network in memory, in virtual time. The same seed and the same calls
 * give the same run.
 */
export class Swarm {
  /** What all chance in the swarm comes from. */
  readonly seed: number | string;
  /** The time of the whole swarm. */
  readonly clock: VirtualClock;
  /** The network of the whole swarm. */
  readonly network: MemoryNetwork;
  /** For the test's own choices. */
  readonly random: Random;
  /** The torrent that is shared. */
  readonly content: TestTorrent;
  readonly #options: SwarmOptions;
  readonly #peers: SwarmPeer[] = [];
  #hostCount = 0;
  #faultCount = 0;

  /** Made by {@link createSwarm}. */
  constructor(options: SwarmOptions) {
    this.seed = options.seed ?? process.env.PEERLOOM_SEED ?? 1;
    this.#options = options;
    this.clock = new VirtualClock();
    this.random = this.#randomOf('test');
    this.network = new MemoryNetwork({
      ...options.network,
      clock: this.clock,
      random: this.#randomOf('network'),
    });
    const { torrent = {} } = options;
    this.content = 'metainfo' in torrent ? torrent : makeTestTorrent({ ...torrent, seed: this.seed });
  }

  /** All that were added, crashed and stopped ones included. */
  get peers(): readonly SwarmPeer[] {
    return this.#peers;
  }

  /** Adds a session that has everything. */
  addSeed(options: Omit<SwarmPeerOptions, 'have'> = {}): Promise<SwarmPeer> {
    return this.addPeer({ name: `seed-${this.#peers.length + 1}`, ...options, have: 'all' });
  }

  /** Adds a session that has nothing. */
  addLeech(options: Omit<SwarmPeerOptions, 'have'> = {}): Promise<SwarmPeer> {
    return this.addPeer({ name: `leech-${this.#peers.length + 1}`, ...options, have: 'none' });
  }

  /** Adds a session, which listens on port 6881 of its host and has the torrent. The clock need not run. */
  async addPeer(options: SwarmPeerOptions = {}): Promise<SwarmPeer> {
    const name = options.name ?? `peer-${this.#peers.length + 1}`;
    const { have = 'none', storage = new MemoryStorage() } = options;
    if (have !== 'none') this.#putContent(storage, have);
    const host = this.host(options.addresses, options.host);
    const clock = new MortalClock(this.clock);
    const session = new Session({
      storage: options.wrapStorage?.(storage) ?? storage,
      clock,
      network: host,
      random: this.#randomOf(name),
      secureRandom: new DeterministicSecureRandom(`${this.seed} ${name}`),
      settings: { ...defaultSettings, ...this.#options.settings, ...options.settings },
      extensions: [...(this.#options.extensions?.(name) ?? []), ...(options.extensions ?? [])],
      ...(options.state !== undefined && { state: options.state }),
    });
    const local = endpoint(host.addresses[0] ?? '', port);
    const peer = new SwarmPeer({
      name,
      host,
      session,
      storage,
      clock,
      content: this.content,
      params: {
        assumeComplete: have === 'all',
        ...options.addTorrent,
        torrent: options.isMagnet === true ? this.content.magnet : this.content.metainfo,
        peers: (options.connectTo ?? []).map((other) => other.endpoint),
      },
      endpoint: await session.listen(local),
      onFault: () => {
        this.#faultCount++;
      },
    });
    this.#peers.push(peer);
    if (options.isStarted !== false) peer.start();
    return peer;
  }

  /** A host for something that is no session. */
  host(addresses?: string | readonly string[], options?: HostOptions): MemoryHost {
    return this.network.host(addresses ?? this.#nextAddress(), options);
  }

  /** A scripted peer that dials `target`, from a host of its own. */
  addFakePeer(target: SwarmPeer, options: Partial<FakePeerOptions> = {}): FakePeer {
    const network = options.network ?? this.host();
    return FakePeer.dial(target.endpoint, {
      clock: this.clock,
      infoHash: this.content.infoHash,
      ...options,
      network,
    });
  }

  /** Makes one peer dial others. */
  connect(from: SwarmPeer, ...to: readonly SwarmPeer[]): void {
    for (const other of to) if (other !== from) from.torrent.addPeer(other.endpoint);
  }

  /** Makes every pair of peers know each other: the later one dials. */
  connectAll(): void {
    for (const [index, peer] of this.#peers.entries()) this.connect(peer, ...this.#peers.slice(0, index));
  }

  /** Makes every peer dial `degree` others, chosen by chance. */
  connectRandomly(degree: number): void {
    for (const peer of this.#peers) {
      const others = this.#peers.filter((other) => other !== peer);
      for (let i = 0; i < degree && others.length > 0; i++) {
        const [other] = others.splice(this.random.integer(others.length), 1);
        if (other !== undefined) this.connect(peer, other);
      }
    }
  }

  /** Lets time pass. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /**
   * Runs until all peers have everything they want, and their data is right. Rejects with `TESTING_SWARM`,
   * which says who has what and how to repeat the run, where that takes too long or a plugin failed.
   */
  async runUntilComplete({ timeoutMs, peers = this.#peers }: RunUntilCompleteOptions = {}): Promise<void> {
    let complete = 0;
    const isDone = (): boolean => {
      while (peers[complete]?.isComplete === true) complete++;
      return complete === peers.length || this.#hasUnexpectedFault();
    };
    await this.clock
      .runUntil(isDone, { timeoutMs: timeoutMs ?? defaultTimeoutMs, what: 'all peers to be complete' })
      .catch((cause: unknown) => {
        throw this.failure(`not all peers are complete at ${this.clock.now()} ms`, cause);
      });
    this.checkFaults();
    const wrong = peers.filter((peer) => !peer.hasRightData());
    if (wrong.length > 0) throw this.failure(`wrong data: ${wrong.map(({ name }) => name).join(', ')}`);
  }

  /** Throws `TESTING_SWARM` where a plugin or the engine has failed and that is not part of the test. */
  checkFaults(): void {
    if (!this.#hasUnexpectedFault()) return;
    const lines = this.#peers.flatMap(({ name, faults }) =>
      faults.map((fault) =>
        fault.type === 'pluginFault'
          ? `${name}: extension '${fault.plugin}' failed in ${fault.hook}: ${fault.error}`
          : `${name}: ${fault.error}`,
      ),
    );
    const cause = this.#peers.flatMap(({ faults }) => faults)[0]?.error;
    throw this.failure(lines.join('\n'), cause);
  }

  /** An error that says how to repeat the run. */
  failure(message: string, cause?: unknown): TestingError {
    const { seed } = this;
    const peers = this.#peers.map((peer) => `  ${peer.describe()}`).join('\n');
    const repeat = `swarm of seed ${seed}; repeat with createSwarm({ seed: ${JSON.stringify(seed)} }) or PEERLOOM_SEED=${seed}`;
    return new TestingError('TESTING_SWARM', `${message}\n${peers}\n${repeat}`, { cause });
  }

  /** Stops all sessions. */
  async stop(): Promise<void> {
    const stopping = Promise.all(this.#peers.map((peer) => peer.stop()));
    let isStopped = false;
    void stopping.then(() => {
      isStopped = true;
    });
    await this.clock.runUntil(() => isStopped, { timeoutMs: defaultTimeoutMs, what: 'all sessions to stop' });
  }

  #hasUnexpectedFault(): boolean {
    return this.#options.allowsFaults !== true && this.#faultCount > 0;
  }

  #randomOf(name: string): Random {
    return new SeededRandom(`${this.seed} ${name}`);
  }

  #nextAddress(): string {
    const number = ++this.#hostCount;
    return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  }

  /** Pieces that are not had are left as zeros. */
  #putContent(storage: MemoryStorage, have: 'all' | readonly number[]): void {
    const { data, pieceLength, files } = this.content;
    let bytes = data;
    if (have !== 'all') {
      bytes = new Uint8Array(data.length);
      for (const piece of have) {
        const start = piece * pieceLength;
        bytes.set(data.subarray(start, start + pieceLength), start);
      }
    }
    let start = 0;
    for (const { path, bytes: content } of files) {
      storage.put(path, bytes.subarray(start, start + content.length));
      start += content.length;
    }
  }
}

/** A swarm without peers; add them. */
export function createSwarm(options: SwarmOptions = {}): Swarm {
  return new Swarm(options);
}

/**
 * Runs `body` with a new swarm and stops it afterwards. What `body` throws comes out as the `cause` of a
 * `TESTING_SWARM` that says how to repeat the run.
 */
export async function runSwarm(options: SwarmOptions, body: (swarm: Swarm) => Promise<void>): Promise<void> {
  const swarm = new Swarm(options);
  try {
    await body(swarm);
    await swarm.stop();
    swarm.checkFaults();
  } catch (error) {
    if (error instanceof TestingError && error.code === 'TESTING_SWARM') throw error;
    throw swarm.failure(error instanceof Error ? error.message : String(error), error);
  }
}
