import type { Endpoint, HostPort, InfoHash, Magnet, Metainfo, PeerloomError } from '@peerloom/core';
import { formatEndpoint, isPeerloomError } from '@peerloom/core';
import { CliError } from '../cli-error.js';
import type { CommandContext } from '../context.js';
import { exitCodes } from '../exit-code.js';
import type { Extension } from '../extensions/load-extensions.js';
import { describeFailure } from '../failure.js';
import { lookUpPeers } from '../input/addresses.js';
import { escapeText } from '../output/escape-text.js';
import { formatDuration } from '../output/format.js';
import { showProgress } from '../output/progress.js';
import { TransferView } from '../output/transfer-view.js';
import { sleep } from '../sleep.js';
import { until } from '../until.js';
import { warnOfBan } from './ban-warning.js';
import { CliSession } from './cli-session.js';
import { completeText, shareText, thereText } from './download-text.js';
import { isHopeless, isTracked, mayBringPeers } from './hopeless.js';
import { listen } from './listen.js';
import type { RateLimits } from './rate-limiter.js';
import { type FilesOf, TorrentDownload } from './torrent-download.js';
import { downloadProgress, transferProgress } from './transfer-progress.js';

/** How often is looked whether there is anybody left to download from. */
const hopelessPeriodMs = 250;
/** Failures in a row of a peer after which there is no hope in it: of one that was never there, and of others. */
const failuresAtFirst = 3;
const failuresLater = 6;

/** What to download. */
export interface PlannedTorrent {
  readonly torrent: Metainfo | Magnet;
  readonly filesOf: FilesOf;
}

/** What to download, and how. */
export interface DownloadPlan {
  readonly torrents: readonly PlannedTorrent[];
  readonly folder: string;
  readonly stateFolder: string;
  readonly limits: RateLimits;
  readonly peers: readonly HostPort[];
  /** Where to take connections; all addresses where empty. */
  readonly listen: readonly Endpoint[];
  readonly isSequential: boolean;
  readonly seedTimeMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly extensions: readonly Extension[];
  readonly isJson: boolean;
  readonly alertMask: number | undefined;
}

/**
 * One run of `peerloom download`, from the check of what is there to the end of seeding. Torrents that fail
 * are given up one by one; the others go on.
 */
export class Download {
  readonly #context: CommandContext;
  readonly #plan: DownloadPlan;
  readonly #cli: CliSession;
  readonly #startedMs: number;
  /** Aborts when the time is up or no address of a peer could be had. */
  readonly #givenUp = new AbortController();
  readonly #allFailed = new AbortController();
  #isLookingUp = false;
  #isOver = false;
  /** In the order of the plan. */
  readonly torrents: readonly TorrentDownload[];

  private constructor(context: CommandContext, plan: DownloadPlan, cli: CliSession) {
    this.#context = context;
    this.#plan = plan;
    this.#cli = cli;
    this.#startedMs = cli.clock.now();
    const { isSequential } = plan;
    this.torrents = plan.torrents.map(
      ({ torrent, filesOf }) =>
        new TorrentDownload(cli.session.addTorrent({ torrent, isSequential }), {
          filesOf,
          peers: 'peers' in torrent ? torrent.peers : [],
        }),
    );
    cli.session.on('torrentError', ({ infoHash, error }) => {
      const torrent = this.#find(infoHash);
      if (torrent) this.#fail(torrent, error);
    });
    cli.session.on('metadataReceived', ({ infoHash, isKept }) => this.#infoKnown(infoHash, isKept));
    cli.session.on('metadataFailed', ({ infoHash, error }) => {
      const torrent = this.#find(infoHash);
      // What does not hash right says nothing of the torrent.
      if (torrent && error.code !== 'METAINFO_INFO_HASH') this.#fail(torrent, error);
    });
    cli.session.on('peerReady', ({ infoHash }) => {
      const torrent = this.#find(infoHash);
      if (torrent) torrent.hasMetPeer = true;
    });
  }

  /** Begins: from here on files are checked. */
  static async begin(context: CommandContext, plan: DownloadPlan): Promise<Download> {
    const cli = await CliSession.open({ ...plan, output: context.output, root: plan.folder });
    return new Download(context, plan, cli);
  }

  /** Milliseconds since it began. */
  get elapsedMs(): number {
    return Math.round(this.#cli.clock.now() - this.#startedMs);
  }

  /** Downloads; resolves with the exit code. Rejects with what ended it early, or with what failed. */
  async run(): Promise<number> {
    const { output } = this.#context;
    const read = () => transferProgress(this.#cli, this.torrents.map(downloadProgress));
    const progress = showProgress(output, new TransferView(output, read), this.#plan);
    try {
      await this.#download();
      progress.clear();
    } catch (error) {
      progress.end();
      throw this.#explained(error);
    } finally {
      this.#isOver = true;
      await this.#cli.close();
    }
    return exitCodes.done;
  }

  async #download(): Promise<void> {
    const { timeoutMs, seedTimeMs } = this.#plan;
    const signal = AbortSignal.any([this.#context.signal, this.#givenUp.signal]);
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => this.#givenUp.abort(this.#timeoutError()), timeoutMs);
    try {
      // Of a magnet link nothing can be checked before its metadata is there, from the last time perhaps.
      await this.#ofEach(async ({ handle }) => {
        if (await handle.metadataLooked()) await handle.checked();
      }, signal);
      for (const torrent of this.#going) this.#say(thereText(torrent));
      if (this.#missing.length === 0 && seedTimeMs === undefined) return this.#throwFailures();
      await this.#connect(signal);
      await this.#finish(signal);
    } finally {
      clearTimeout(timer);
    }
    if (seedTimeMs !== undefined) await this.#seed(seedTimeMs);
    this.#throwFailures();
  }

  /** Those that have not failed. */
  get #going(): readonly TorrentDownload[] {
    return this.torrents.filter(({ error }) => error === undefined);
  }

  get #missing(): readonly TorrentDownload[] {
    return this.#going.filter(({ isDone }) => !isDone);
  }

  #find(infoHash: InfoHash): TorrentDownload | undefined {
    return this.torrents.find(({ handle }) => handle.infoHash.hex === infoHash.hex);
  }

  #infoKnown(infoHash: InfoHash, isKept: boolean): void {
    const torrent = this.#find(infoHash);
    if (torrent === undefined) return;
    try {
      torrent.infoKnown();
      if (!isKept) this.#say(`${escapeText(torrent.handle.name)}: metadata received`);
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      this.#fail(torrent, error);
    }
  }

  /** Does a step with each torrent that goes on; one that fails in it is given up. */
  async #ofEach(step: (torrent: TorrentDownload) => Promise<void>, signal: AbortSignal): Promise<void> {
    const steps = this.#going.map(async (torrent) => {
      try {
        await until(step(torrent), torrent.failed);
      } catch (error) {
        if (!isPeerloomError(error)) throw error;
        this.#fail(torrent, error);
      }
    });
    await until(Promise.all(steps), signal);
  }

  #fail(torrent: TorrentDownload, error: PeerloomError): void {
    if (!torrent.fail(error)) return;
    const isOnlyOne = this.torrents.length === 1;
    const name = escapeText(torrent.handle.name);
    const message = escapeText(error.message);
    // That of the only one is told at the end.
    if (!isOnlyOne) this.#context.output.problem(`peerloom: ${name}: ${message} (${error.code})`);
    if (this.#going.length === 0) this.#allFailed.abort();
  }

  #throwFailures(): void {
    const failed = this.torrents.filter(({ error }) => error !== undefined);
    const [first] = failed;
    if (first === undefined) return;
    if (this.torrents.length === 1) throw first.error;
    const { exitCode } = describeFailure(first.error);
    const message = `${failed.length} of ${this.torrents.length} torrents failed`;
    throw new CliError('CLI_TORRENTS_FAILED', message, { exitCode });
  }

  /** Takes connections, and makes some. */
  async #connect(signal: AbortSignal): Promise<void> {
    const { peers, listen: endpoints } = this.#plan;
    const isAnyNamed =
      peers.length > 0 ||
      this.#going.some(({ handle, peers: named }) => named.length > 0 || isTracked(handle));
    if (this.#missing.length > 0 && !isAnyNamed && endpoints.length === 0) {
      const message =
        'there is nobody to connect to: name a peer with --peer, an address to be reached at with --listen, or a tracker over HTTP or UDP in the torrent';
      throw new CliError('CLI_NO_PEERS', message);
    }
    const bound = await until(listen(this.#cli.session, endpoints), signal);
    if (endpoints.length > 0) for (const local of bound) this.#say(`listening on ${formatEndpoint(local)}`);
    void this.#lookUpPeers();
  }

  async #lookUpPeers(): Promise<void> {
    const { peers, listen: endpoints } = this.#plan;
    const lookUp = (named: readonly HostPort[], torrents: readonly TorrentDownload[], where?: string) =>
      lookUpPeers(
        named,
        this.#cli.clock,
        { found: (remote) => this.#offer(remote, torrents), failed: (error) => this.#warn(error) },
        where,
      );
    this.#isLookingUp = true;
    const linked = this.torrents.filter((torrent) => torrent.peers.length > 0);
    const failures = await Promise.all([
      ...(peers.length > 0 ? [lookUp(peers, this.torrents)] : []),
      ...linked.map((torrent) => lookUp(torrent.peers, [torrent], 'magnet link, x.pe')),
    ]);
    this.#isLookingUp = false;
    const isTrackedAny = this.#going.some(({ handle }) => isTracked(handle));
    const isInVain =
      endpoints.length === 0 && !isTrackedAny && failures.every((failure) => failure !== undefined);
    for (const failure of failures) {
      if (failure === undefined) continue;
      if (isInVain) this.#givenUp.abort(failure);
      else this.#warn(failure);
    }
  }

  /** Names may take longer to look up than everything else. */
  #warn(error: CliError): void {
    if (!this.#isOver) this.#cli.warn(error);
  }

  #offer(remote: Endpoint, torrents: readonly TorrentDownload[]): void {
    if (this.#isOver) return;
    warnOfBan(this.#cli.session, remote, this.#cli.warn);
    for (const { handle, error } of torrents) if (error === undefined) handle.addPeer(remote);
  }

  async #finish(signal: AbortSignal): Promise<void> {
    const missing = new Set(this.#missing);
    const watch = setInterval(() => this.#giveUpHopeless(), hopelessPeriodMs);
    try {
      await this.#ofEach(async (torrent) => {
        await torrent.handle.finished();
        if (missing.has(torrent)) this.#say(completeText(torrent, this.elapsedMs));
      }, signal);
    } finally {
      clearInterval(watch);
    }
  }

  /** Who listens where it was asked to may be found by others at any time. */
  #giveUpHopeless(): void {
    if (this.#plan.listen.length > 0 || this.#isLookingUp) return;
    const { trouble } = this.#cli;
    for (const torrent of this.#missing) {
      const { handle, hasMetPeer } = torrent;
      const isDownloading = handle.state === 'downloading' || handle.state === 'downloadingMetadata';
      if (!isDownloading || handle.isQueued || mayBringPeers(handle)) continue;
      const known = handle.knownPeers();
      if (!isHopeless(known, hasMetPeer ? failuresLater : failuresAtFirst)) continue;
      const last = trouble === undefined ? '' : ` (the last one: ${trouble})`;
      const message = `no peer can be reached${last}`;
      this.#fail(torrent, new CliError('CLI_NO_PEER_LEFT', message, { exitCode: exitCodes.failed }));
    }
  }

  async #seed(seedTimeMs: number): Promise<void> {
    if (this.#going.length === 0) return;
    this.#say(`seeding for ${formatDuration(seedTimeMs)}`);
    const signal = AbortSignal.any([this.#context.signal, this.#allFailed.signal]);
    try {
      await sleep(seedTimeMs, signal);
    } catch (error) {
      if (this.#context.signal.aborted || !this.#allFailed.signal.aborted) throw error;
    }
  }

  #say(text: string | undefined): void {
    if (!this.#plan.isJson && text !== undefined) this.#context.output.line(text);
  }

  #timeoutError(): CliError {
    const time = formatDuration(this.#plan.timeoutMs ?? 0);
    const message = `--timeout: ${time} have passed, at ${shareText(this.torrents)}; run it again to go on`;
    return new CliError('CLI_TIMEOUT', message, { exitCode: exitCodes.timeout });
  }

  /** What ended it, with what that means for the download. */
  #explained(error: unknown): unknown {
    if (!(error instanceof CliError) || error.code !== 'CLI_INTERRUPTED') return error;
    const message = `interrupted at ${shareText(this.torrents)}; run it again to go on`;
    return new CliError(error.code, message, { exitCode: error.exitCode });
  }
}
