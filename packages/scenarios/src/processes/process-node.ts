import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Alert, Bitfield, endpoint, formatEndpoint, type TorrentLayout } from '@peerloom/core';
import type { NodeProgress } from '../scenario.js';
import { RateWindow } from '../swarm/rate-window.js';
import { type CommandEnd, CommandProcess } from './command-process.js';
import { ProcessTraffic } from './process-traffic.js';

/** A host that a process runs on, and the part that it has in the swarm. */
export interface ProcessHost {
  /** Unique in the swarm. */
  readonly name: string;
  /** What it begins as. */
  readonly role: 'seed' | 'leech';
  /** Where it listens: an address of the host. */
  readonly address: string;
  /** What runs a program there, such as `['ip', 'netns', 'exec', NAME]`. Default: it is this machine. */
  readonly launcher?: readonly string[];
}

/** What all processes of a swarm have in common. */
export interface ProcessNodeOptions {
  /** The program and arguments that run `peerloom`. */
  readonly command: readonly string[];
  readonly torrentPath: string;
  readonly layout: TorrentLayout;
  /** Each node has a folder of its name in it, with its files and its state. */
  readonly folder: string;
  /** Arguments of every process beside the usual ones. */
  readonly args: readonly string[];
  readonly onAlert: (node: ProcessNode, alert: Alert) => void;
  /** A process has ended that was not asked to. */
  readonly onCrash: (node: ProcessNode, end: CommandEnd) => void;
}

/** A day: it goes on as a seed, until it is asked to end. */
const seedTimeSeconds = '86400';

/** One host of a swarm of processes: `peerloom seed` or `peerloom download` runs there, again where it was killed. */
export class ProcessNode {
  /** Where it runs, and as what. */
  readonly host: ProcessHost;
  readonly #options: ProcessNodeOptions;
  readonly #pieces: Bitfield;
  readonly #traffic = new ProcessTraffic();
  readonly #downloadRate = new RateWindow();
  readonly #uploadRate = new RateWindow();
  #process: CommandProcess | undefined;
  #isEnding = false;

  constructor(host: ProcessHost, options: ProcessNodeOptions) {
    this.host = host;
    this.#options = options;
    const { pieceCount } = options.layout;
    this.#pieces = host.role === 'seed' ? Bitfield.full(pieceCount) : new Bitfield(pieceCount);
  }

  /** Where its files are. */
  get folder(): string {
    return join(this.#options.folder, this.host.name);
  }

  /** Bytes of the pieces that it has said to have. */
  get haveBytes(): number {
    let bytes = 0;
    this.#pieces.forEach((piece) => {
      bytes += this.#options.layout.pieceSize(piece);
    });
    return bytes;
  }

  /** Bytes of blocks that came to all its processes together, as far as their alerts tell. */
  get downloadedBytes(): number {
    return this.#traffic.downloadedBytes;
  }

  /** Runs the command. Rejects with system errors. */
  async start(): Promise<void> {
    const { command, torrentPath, args } = this.#options;
    const { role, address, launcher = [] } = this.host;
    await mkdir(this.folder, { recursive: true });
    const listen = formatEndpoint(endpoint(address, 0));
    const own =
      role === 'seed'
        ? ['seed', torrentPath, '--path', this.folder]
        : ['download', torrentPath, '-o', this.folder, '--seed-time', seedTimeSeconds];
    const usual = ['--listen', listen, '--state', join(this.folder, 'state'), '--json', ...args];
    this.#traffic.disconnectedAll();
    this.#isEnding = false;
    const started = new CommandProcess({
      argv: [...launcher, ...command, ...own, ...usual],
      folder: this.folder,
      onAlert: (alert) => this.#onAlert(alert),
    });
    this.#process = started;
    void started.ended.then((end) => {
      if (!this.#isEnding) this.#options.onCrash(this, end);
    });
  }

  /** Kills the process with SIGKILL. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    await this.#process?.kill();
  }

  /** Interrupts the process, where there is one, and resolves with how it ended. */
  async stop(): Promise<CommandEnd | undefined> {
    this.#isEnding = true;
    return this.#process?.interrupt();
  }

  /** Where it is at a time, in milliseconds, that never goes back, as far as its alerts tell. */
  progress(timeMs: number, nameOf: (peerId: string) => string | undefined): NodeProgress {
    const { downloadedBytes, uploadedBytes, peerCount } = this.#traffic;
    return {
      name: this.host.name,
      role: this.host.role,
      pieces: this.#pieces.clone(),
      haveBytes: this.haveBytes,
      totalBytes: this.#options.layout.totalLength,
      downloadedBytes,
      uploadedBytes,
      downloadRate: this.#downloadRate.sample(timeMs, downloadedBytes),
      uploadRate: this.#uploadRate.sample(timeMs, uploadedBytes),
      peerCount,
      traffic: this.#traffic.read(nameOf),
    };
  }

  #onAlert(alert: Alert): void {
    switch (alert.type) {
      case 'pieceFinished':
        this.#pieces.add(alert.piece);
        break;
      // What a killed process had written, but not told.
      case 'torrentFinished':
        this.#pieces.setAll();
        break;
      case 'blockFinished':
        this.#traffic.downloaded(alert.endpoint, alert.length);
        break;
      case 'blockSent':
        this.#traffic.uploaded(alert.endpoint, alert.length);
        break;
      case 'peerReady':
        this.#traffic.connected(alert.endpoint, alert.peerId);
        break;
      case 'peerDisconnected':
        this.#traffic.disconnected(alert.endpoint);
        break;
    }
    this.#options.onAlert(this, alert);
  }
}
