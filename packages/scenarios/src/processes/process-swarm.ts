import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Alert,
  bytesToHex,
  createTorrent,
  type Endpoint,
  formatEndpoint,
  parseMetainfo,
  SessionError,
} from '@peerloom/core';
import type { ScenarioEvent } from '../scenario.js';
import { abortable } from '../swarm/abortable.js';
import { sha1OfFile, writeGeneratedFile } from '../swarm/generated-data.js';
import type { CommandEnd } from './command-process.js';
import { ProcessNames } from './process-names.js';
import { type ProcessHost, ProcessNode } from './process-node.js';

const progressPeriodMs = 200;
const fileName = 'processes.bin';
/** Blocks are told of, so that what goes between processes is seen. */
const blockAlerts = ['--alerts', 'block'];

/** How to make a {@link ProcessSwarm}. */
export interface ProcessSwarmOptions {
  /** Where everything lies: the torrent, and a folder for each host. Removed by who has made it. */
  readonly folder: string;
  /** The program and arguments that run `peerloom`. */
  readonly command: readonly string[];
  /** One seed, and leeches. */
  readonly hosts: readonly ProcessHost[];
  /** The tracker, which is all that the torrent names. */
  readonly announceUrl: string;
  /** Of the file that is shared. */
  readonly sizeBytes: number;
  /** In bytes, a power of two from 16 KiB up. */
  readonly pieceLength: number;
  /** Arguments of every process, for example `--limit-up`. */
  readonly args?: readonly string[];
  /** Whether processes tell of each block, which takes them time. Default true. */
  readonly tellsBlocks?: boolean;
  /** Called with events as they come. */
  readonly report: (event: ScenarioEvent) => void;
  /** Ends what waits, with its reason. */
  readonly signal: AbortSignal;
}

/** When a leech was connected to somebody for the first time, and when it had everything, in milliseconds. */
export interface LeechTimes {
  /** Since the swarm was made. */
  readonly connectedMs: number;
  /** Since the swarm was made; infinite before. */
  readonly finishedMs: number;
}

/** A seed and leeches that share a file, each a process of the `peerloom` command, perhaps on a host of its own. */
export class ProcessSwarm {
  /** In the order of the hosts. */
  readonly nodes: readonly ProcessNode[];
  /** Of leeches, by name. */
  readonly times = new Map<string, LeechTimes>();
  readonly #options: ProcessSwarmOptions;
  /** Of the torrent, in hexadecimal: what a tracker may have to be told. */
  readonly infoHash: string;
  /** Of the file, in hexadecimal: taken as it was written. */
  readonly sha1: string;
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  readonly #startedMs = performance.now();
  readonly #names = new ProcessNames();
  /** By address. */
  readonly #announced = new Map<string, Endpoint>();
  readonly #watchers = new Set<() => void>();

  /** Makes the data and its torrent. Rejects with system errors and the signal's reason. */
  static async create(options: ProcessSwarmOptions): Promise<ProcessSwarm> {
    const { folder, hosts, sizeBytes, pieceLength, announceUrl, signal } = options;
    const seed = hosts.find(({ role }) => role === 'seed')?.name ?? '';
    const path = join(folder, seed, fileName);
    await mkdir(join(folder, seed), { recursive: true });
    const sha1 = await writeGeneratedFile(path, { sizeBytes, seed: fileName, signal });
    const torrent = await abortable(
      createTorrent(path, { pieceLength, trackers: [[announceUrl]], signal }),
      signal,
    );
    await writeFile(join(folder, 'processes.torrent'), torrent);
    return new ProcessSwarm(options, sha1, torrent);
  }

  private constructor(options: ProcessSwarmOptions, sha1: string, torrent: Uint8Array) {
    const { command, folder, hosts, args = [], tellsBlocks = true, signal } = options;
    this.#options = options;
    this.sha1 = sha1;
    const { infoHash, layout } = parseMetainfo(torrent).info;
    this.infoHash = infoHash.hex;
    this.#signal = AbortSignal.any([signal, this.#failure.signal]);
    this.nodes = hosts.map(
      (host) =>
        new ProcessNode(host, {
          command,
          torrentPath: join(folder, 'processes.torrent'),
          layout,
          folder,
          args: [...(tellsBlocks ? blockAlerts : []), ...args],
          onAlert: (node, alert) => this.#onAlert(node, alert),
          onCrash: ({ host: { name } }, { problem, exitCode }) =>
            this.#failure.abort(
              new SessionError('SESSION_STOPPED', `${name} has ended with ${exitCode}: ${problem}`),
            ),
        }),
    );
  }

  /** Milliseconds since it was made. */
  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Those that download. */
  get leeches(): readonly ProcessNode[] {
    return this.nodes.filter(({ host }) => host.role === 'leech');
  }

  /** Reports that a step has begun. */
  note(message: string): void {
    this.#options.report({ type: 'note', elapsedMs: this.elapsedMs, message });
  }

  /** A tracker was told that `peerId`, of 20 bytes, listens there. */
  announced(peer: Endpoint, peerId: Uint8Array): void {
    this.#announced.set(formatEndpoint(peer), peer);
    this.#names.met(peer, bytesToHex(peerId));
  }

  /** How many of the nodes a tracker was told of, each once however often it was started. */
  get announcedCount(): number {
    // Whoever announces may be known to listen only afterwards.
    const names = [...this.#announced.values()].map((peer) => this.#names.at(peer));
    return new Set(names.filter((name) => name !== undefined)).size;
  }

  /** Resolves when `isThere`, which is asked after each alert; reports meanwhile where every node is. */
  async until(isThere: () => boolean): Promise<void> {
    let onAlert = (): void => {};
    const timer = setInterval(() => this.#reportProgress(), progressPeriodMs);
    try {
      const there = new Promise<void>((resolve) => {
        onAlert = () => {
          if (isThere()) resolve();
        };
        this.#watchers.add(onAlert);
        onAlert();
      });
      await abortable(there, this.#signal);
    } finally {
      this.#watchers.delete(onAlert);
      clearInterval(timer);
      this.#reportProgress();
    }
  }

  /** Whether a leech has everything. */
  isFinished({ host }: ProcessNode): boolean {
    return (this.times.get(host.name)?.finishedMs ?? Number.POSITIVE_INFINITY) < Number.POSITIVE_INFINITY;
  }

  /** How many leeches have, on the disk, what the seed had. */
  async countCopies(): Promise<number> {
    const { signal } = this.#options;
    const copies = await Promise.all(
      this.leeches.map(({ folder }) => sha1OfFile(join(folder, fileName), signal)),
    );
    return copies.filter((copy) => copy === this.sha1).length;
  }

  /** Interrupts every process, as Ctrl-C does; resolves with how they ended, in their order. */
  stop(): Promise<readonly (CommandEnd | undefined)[]> {
    return Promise.all(this.nodes.map((node) => node.stop()));
  }

  #reportProgress(): void {
    const timeMs = performance.now();
    const nodes = this.nodes.map((node) => node.progress(timeMs, (peerId) => this.#names.of(peerId)));
    this.#options.report({ type: 'progress', elapsedMs: this.elapsedMs, nodes });
  }

  #onAlert({ host: { name, role } }: ProcessNode, alert: Alert): void {
    const { elapsedMs } = this;
    if (alert.type === 'listenSucceeded') {
      this.#names.listens(name, alert.endpoint);
      this.#options.report({ type: 'node', elapsedMs, name, role, endpoint: alert.endpoint });
    } else if (alert.type === 'peerReady') {
      this.#names.met(alert.endpoint, alert.peerId);
      if (!this.times.has(name)) {
        this.times.set(name, { connectedMs: elapsedMs, finishedMs: Number.POSITIVE_INFINITY });
      }
    } else if (alert.type === 'torrentFinished') {
      this.times.set(name, { connectedMs: elapsedMs, ...this.times.get(name), finishedMs: elapsedMs });
    }
    this.#options.report({ type: 'alert', elapsedMs, node: name, alert });
    for (const watcher of this.#watchers) watcher();
  }
}
