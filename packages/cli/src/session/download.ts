import type { Endpoint, HostPort, Metainfo, TorrentHandle } from '@peerloom/core';
import { formatEndpoint } from '@peerloom/core';
import { CliError } from '../cli-error.js';
import type { CommandContext } from '../context.js';
import { exitCodes } from '../exit-code.js';
import type { Extension } from '../extensions/load-extensions.js';
import { resolvePeers } from '../input/addresses.js';
import { escapeText } from '../output/escape-text.js';
import { formatBytes, formatDuration, formatPercent, formatRate } from '../output/format.js';
import { showProgress } from '../output/progress.js';
import { TransferView } from '../output/transfer-view.js';
import { sleep } from '../sleep.js';
import { until } from '../until.js';
import { CliSession } from './cli-session.js';
import { hopelessTorrents } from './hopeless.js';
import { listen } from './listen.js';
import { haveBytes, transferProgress } from './transfer-progress.js';

/** How often is looked whether there is anybody left to download from. */
const hopelessPeriodMs = 1_000;

/** What to download, and how. */
export interface DownloadPlan {
  readonly metainfos: readonly Metainfo[];
  readonly folder: string;
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

/** One run of `peerloom download`, from the check of what is there to the end of seeding. */
export class Download {
  readonly #context: CommandContext;
  readonly #plan: DownloadPlan;
  readonly #cli: CliSession;
  readonly #startedMs: number;
  /** Aborts when the time is up or nobody is left to download from. */
  readonly #givenUp = new AbortController();
  /** In the order of the plan. */
  readonly torrents: readonly TorrentHandle[];

  constructor(context: CommandContext, plan: DownloadPlan) {
    const { metainfos, folder, isSequential, extensions, isJson, alertMask } = plan;
    this.#context = context;
    this.#plan = plan;
    this.#cli = new CliSession({ output: context.output, root: folder, extensions, isJson, alertMask });
    this.#startedMs = this.#cli.clock.now();
    this.torrents = metainfos.map((torrent) => this.#cli.session.addTorrent({ torrent, isSequential }));
  }

  /** Milliseconds since it began. */
  get elapsedMs(): number {
    return Math.round(this.#cli.clock.now() - this.#startedMs);
  }

  /** Downloads; resolves with the exit code. Rejects with what ended it early. */
  async run(): Promise<number> {
    const { output } = this.#context;
    const view = new TransferView(output, () => transferProgress(this.#cli, this.torrents));
    const progress = showProgress(output, view, this.#plan);
    try {
      await this.#download();
      progress.clear();
    } catch (error) {
      progress.end();
      throw this.#explained(error);
    } finally {
      await this.#cli.close();
    }
    return exitCodes.done;
  }

  async #download(): Promise<void> {
    const { timeoutMs, seedTimeMs } = this.#plan;
    const ending = AbortSignal.any([this.#context.signal, this.#cli.failed]);
    const signal = AbortSignal.any([ending, this.#givenUp.signal]);
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => this.#givenUp.abort(this.#timeoutError()), timeoutMs);
    try {
      await until(Promise.all(this.torrents.map((torrent) => torrent.checked())), signal);
      this.#sayWhatIsThere();
      const isComplete = this.torrents.every(({ state }) => state === 'seeding');
      if (isComplete && seedTimeMs === undefined) return;
      await this.#connect(signal);
      await this.#finish(signal);
    } finally {
      clearTimeout(timer);
    }
    if (seedTimeMs === undefined) return;
    this.#say(`seeding for ${formatDuration(seedTimeMs)}`);
    await sleep(seedTimeMs, ending);
  }

  /** Takes connections, and makes some. */
  async #connect(signal: AbortSignal): Promise<void> {
    const { peers, listen: endpoints } = this.#plan;
    const isComplete = this.torrents.every(({ state }) => state === 'seeding');
    if (!isComplete && peers.length === 0 && endpoints.length === 0) {
      const message =
        'there is nobody to connect to: name a peer with --peer, or an address to be reached at with --listen';
      throw new CliError('CLI_NO_PEERS', message);
    }
    const remotes = await until(resolvePeers(peers, this.#cli.clock), signal);
    const bound = await listen(this.#cli.session, endpoints);
    if (endpoints.length > 0) for (const local of bound) this.#say(`listening on ${formatEndpoint(local)}`);
    for (const torrent of this.torrents) for (const remote of remotes) torrent.addPeer(remote);
  }

  async #finish(signal: AbortSignal): Promise<void> {
    const missing = this.torrents.filter(({ state }) => state !== 'seeding');
    const downloads = missing.map(async (torrent) => {
      await torrent.finished();
      this.#sayComplete(torrent);
    });
    const watch = setInterval(() => this.#giveUpWhereHopeless(), hopelessPeriodMs);
    try {
      await until(Promise.all(downloads), signal);
    } finally {
      clearInterval(watch);
    }
  }

  /** Who listens where it was asked to may be found by others at any time. */
  #giveUpWhereHopeless(): void {
    const { session, trouble } = this.#cli;
    if (this.#plan.listen.length > 0) return;
    const [torrent] = hopelessTorrents(this.torrents, session.settings.maxPeerFailures);
    if (torrent === undefined) return;
    const last = trouble === undefined ? '' : ` (the last one: ${trouble})`;
    const message = `${escapeText(torrent.name)}: no peer can be reached${last}`;
    this.#givenUp.abort(new CliError('CLI_NO_PEER_LEFT', message, { exitCode: exitCodes.failed }));
  }

  #say(text: string): void {
    if (!this.#plan.isJson) this.#context.output.line(text);
  }

  #sayWhatIsThere(): void {
    for (const torrent of this.torrents) {
      const name = escapeText(torrent.name);
      if (torrent.state === 'seeding') this.#say(`${name}: complete already, nothing to download`);
      else if (haveBytes(torrent) > 0) this.#say(`${name}: ${share([torrent])} is there already`);
    }
  }

  #sayComplete(torrent: TorrentHandle): void {
    const { downloadedBytes, hashFailures } = torrent.stats;
    const ms = this.elapsedMs;
    const rate = formatRate(downloadedBytes / (ms / 1000));
    const failures =
      hashFailures > 0 ? `, ${hashFailures} pieces failed their hash and were fetched again` : '';
    const text = `complete, ${formatBytes(downloadedBytes)} in ${formatDuration(ms)} (${rate})${failures}`;
    this.#say(`${escapeText(torrent.name)}: ${text}`);
  }

  #timeoutError(): CliError {
    const time = formatDuration(this.#plan.timeoutMs ?? 0);
    const message = `--timeout: ${time} have passed, at ${share(this.torrents)}; run it again to go on`;
    return new CliError('CLI_TIMEOUT', message, { exitCode: exitCodes.timeout });
  }

  /** What ended it, with what that means for the download. */
  #explained(error: unknown): unknown {
    if (!(error instanceof CliError) || error.code !== 'CLI_INTERRUPTED') return error;
    const message = `interrupted at ${share(this.torrents)}; run it again to go on`;
    return new CliError(error.code, message, { exitCode: error.exitCode });
  }
}

/** `45.2% of 1.0 GiB`. */
function share(torrents: readonly TorrentHandle[]): string {
  const have = torrents.reduce((sum, torrent) => sum + haveBytes(torrent), 0);
  const total = torrents.reduce((sum, { info }) => sum + (info?.layout.totalLength ?? 0), 0);
  return `${formatPercent(have, total)} of ${formatBytes(total)}`;
}
