import type { Endpoint, MemoryStorage, Session, TorrentHandle } from '@peerloom/core';
import type { AddTorrentParams, Alert } from '@peerloom/core/plugin';
import type { MortalClock } from '../clock/mortal-clock.js';
import type { MemoryHost } from '../network/memory-host.js';
import { TestingError } from '../testing-error.js';
import type { TestTorrent } from './test-torrent.js';

/** What a {@link SwarmPeer} is made of. */
export interface SwarmPeerParts {
  readonly name: string;
  readonly host: MemoryHost;
  readonly session: Session;
  readonly storage: MemoryStorage;
  readonly endpoint: Endpoint;
  readonly clock: MortalClock;
  readonly content: TestTorrent;
  /** How it adds the torrent. */
  readonly params: AddTorrentParams;
  readonly onFault: () => void;
}

/** Alerts that tell of a fault of a plugin or of the engine. */
export type FaultAlert = Extract<Alert, { readonly type: 'pluginFault' | 'sessionError' }>;

/** A session on a host of its own, with the swarm's torrent. */
export class SwarmPeer {
  /** For error messages: `seed-1`, `leech-2`, … */
  readonly name: string;
  /** Its place in the network. */
  readonly host: MemoryHost;
  /** Its session. */
  readonly session: Session;
  /** Where its data lies, underneath whatever storage it was given. */
  readonly storage: MemoryStorage;
  /** Where it listens. */
  readonly endpoint: Endpoint;
  readonly #clock: MortalClock;
  readonly #content: TestTorrent;
  readonly #params: AddTorrentParams;
  readonly #faults: FaultAlert[] = [];
  #torrent: TorrentHandle | undefined;
  #isComplete = false;

  /** Made by `Swarm.addPeer`. */
  constructor(parts: SwarmPeerParts) {
    this.name = parts.name;
    this.host = parts.host;
    this.session = parts.session;
    this.storage = parts.storage;
    this.endpoint = parts.endpoint;
    this.#clock = parts.clock;
    this.#content = parts.content;
    this.#params = parts.params;
    this.session.on('torrentFinished', ({ infoHash }) => {
      if (infoHash.equals(this.#content.infoHash)) this.#isComplete = true;
    });
    const noteFault = (alert: FaultAlert): void => {
      this.#faults.push(alert);
      parts.onFault();
    };
    this.session.on('pluginFault', noteFault);
    this.session.on('sessionError', noteFault);
  }

  /** Adds the swarm's torrent, where it was not started when it was made. Throws what `addTorrent` does. */
  start(): void {
    this.#torrent = this.session.addTorrent(this.#params);
  }

  /** Its handle of the swarm's torrent. Throws where that was never added. */
  get torrent(): TorrentHandle {
    if (this.#torrent === undefined)
      throw new TestingError('TESTING_SWARM', `${this.name} has no torrent: it was not started`);
    return this.#torrent;
  }

  /** Whether it has had everything it wants. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Faults of plugins and of the engine, as alerts, oldest first. */
  get faults(): readonly FaultAlert[] {
    return this.#faults;
  }

  /** Whether its files hold exactly the content, where it has all pieces. */
  hasRightData(): boolean {
    if (this.#torrent?.pieces()?.isFull !== true) return true;
    return this.#content.files.every(({ path, bytes }) => {
      const found = this.storage.get(path);
      if (found === undefined) return bytes.length === 0;
      return Buffer.compare(found, bytes) === 0;
    });
  }

  /** One line for error messages. */
  describe(): string {
    if (this.#torrent === undefined) return `${this.name}: no torrent`;
    const { piecesHave, pieceCount, peerCount, hashFailures } = this.#torrent.stats;
    const paused = this.torrent.isPaused ? ', paused' : '';
    const failures = hashFailures > 0 ? `, ${hashFailures} hash failures` : '';
    const pieces = `${piecesHave} of ${pieceCount} pieces`;
    return `${this.name}: ${this.torrent.state}${paused}, ${pieces}, ${peerCount} peers${failures}`;
  }

  /** Stops the session in good order. Let the clock run meanwhile. */
  stop(): Promise<void> {
    return this.session.stop();
  }

  /**
   * Ends it like a killed process: nothing of it happens any more, remotes see their connections reset. Its
   * host and storage can be given to another peer.
   */
  crash(): void {
    this.#clock.kill();
    this.host.crash();
  }
}
