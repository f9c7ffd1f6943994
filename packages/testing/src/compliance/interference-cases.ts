import { isPeerloomError, type PeerContext } from '@peerloom/core';
import type { Arena, ArenaOptions } from './arena.js';
import type { CleanTrials } from './clean-trials.js';
import type { CatalogRow } from './hook-catalog.js';
import { hookDrivers } from './hook-drivers.js';
import type { HookSite, Interference } from './instrument.js';
import {
  alertsOf,
  check,
  checkDone,
  checkFaults,
  checkLeftNothing,
  complianceError,
  InterferenceError,
  runTrial,
  type Subject,
  type Trial,
} from './trial.js';

/** What a hook does in place of returning `result`, which the extension's own returned. */
type Act = (arena: Arena, site: HookSite, result: unknown) => unknown;

/** Calls that an extension gets while it is taken out. */
const farewells: readonly string[] = ['session.saveState', 'session.removed'];

/** Peers' hooks are interfered with on the remote session's connection only. */
function onRemote(arena: Arena): (site: HookSite) => boolean {
  return ({ peer }) => peer === undefined || peer.endpoint.address === arena.remoteAddress;
}

/** Runs the course of events in which a hook is called, with that hook interfered with. */
export async function runWith(
  row: CatalogRow,
  subject: Subject,
  clean: CleanTrials,
  act: Act,
): Promise<Trial> {
  const interference = (arena: Arena): Interference => ({
    id: row.id,
    applies: onRemote(arena),
    act: (site, result) => act(arena, site, result),
  });
  const options: Partial<ArenaOptions> =
    row.id === 'session.loadState' ? { interference, state: await clean.savedState() } : { interference };
  return runTrial(subject, hookDrivers[row.id], options);
}

/** What happens when a hook fails, disconnects, or has its torrent or extension taken away. */
export class InterferenceCases {
  readonly #row: CatalogRow;
  readonly #subject: Subject;
  readonly #clean: CleanTrials;

  constructor(row: CatalogRow, subject: Subject, clean: CleanTrials) {
    this.#row = row;
    this.#subject = subject;
    this.#clean = clean;
  }

  /** A throw reaches an alert that names the extension and the hook, and the rest goes on. */
  async throws(): Promise<void> {
    const fault = new InterferenceError(`${this.#row.id} was made to throw`);
    const act = (): never => {
      throw fault;
    };
    const trial = await this.#runUnlessRefused(act, 'PLUGIN_REQUIRED_FAILED');
    if (trial === undefined) return;
    if (!trial.arena.log.has(this.#row.id)) return;
    checkFaults(trial);
    checkLeftNothing(trial);
    this.#checkReported(trial, fault);
    this.#checkContained(trial);
  }

  #checkReported({ arena }: Trial, fault: InterferenceError): void {
    const { id, name } = this.#row;
    const alert = alertsOf(arena, 'pluginFault').find(({ error }) => error === fault);
    check(alert !== undefined, `${id} threw and no pluginFault alert told of it`);
    check(alert.plugin === arena.name, `the alert blames '${alert.plugin}'`);
    check(alert.hook === name, `the alert names the hook '${alert.hook}'`);
    const expected = this.#expectedActions(arena);
    check(expected.includes(alert.action), `the engine did '${alert.action}', not ${expected.join(' or ')}`);
  }

  #expectedActions(arena: Arena): readonly string[] {
    const { id, level } = this.#row;
    if (id === 'session.saveState') return ['stateKept'];
    if (this.#isAboutOnePeer) return ['peerClosed'];
    if (!arena.isRequired) return ['pluginDetached'];
    return level === 'session'
      ? ['torrentsStopped', 'torrentStopped', 'peerClosed']
      : ['torrentStopped', 'peerClosed'];
  }

  get #isAboutOnePeer(): boolean {
    return this.#row.level === 'peer' || this.#row.id === 'torrent.newConnection';
  }

  #checkContained(trial: Trial): void {
    const { arena } = trial;
    const { id } = this.#row;
    if (this.#isAboutOnePeer && id !== 'peer.onDisconnect') {
      const closed = alertsOf(arena, 'peerDisconnected').some(
        ({ endpoint, reason }) => endpoint.address === arena.remoteAddress && reason.origin === 'fault',
      );
      check(closed, `${id} threw and its connection was not closed`);
    }
    if (!this.#isAboutOnePeer && arena.isRequired) return;
    checkDone(trial);
  }

  /** Connections closed inside the hook are closed, and nothing fails. */
  async disconnects(): Promise<void> {
    let isFirst = true;
    const trial = await this.#run((_arena, site, result) => {
      if (!isFirst) return result;
      isFirst = false;
      for (const peer of peersAt(site)) disconnect(peer);
      return result;
    });
    checkFaults(trial);
    checkLeftNothing(trial);
    if (!isFirst) checkDone(trial);
  }

  /** The torrent removed inside the hook is gone, and nothing fails. */
  async removesTorrent(): Promise<void> {
    let isFirst = true;
    const trial = await this.#runUnlessRefused((arena, _site, result) => {
      if (isFirst) void arena.local.session.removeTorrent(arena.swarm.content.infoHash);
      isFirst = false;
      return result;
    }, 'SESSION_TORRENT_REMOVED');
    if (trial === undefined) return;
    checkFaults(trial);
    checkLeftNothing(trial);
  }

  /** The extension removed inside the hook is called no more, and nothing fails. */
  async removesExtension(): Promise<void> {
    let removedAt: number | undefined;
    const failures: unknown[] = [];
    const trial = await this.#run((arena, _site, result) => {
      if (removedAt !== undefined) return result;
      removedAt = arena.mark();
      arena.local.session.removeExtension(arena.name, { allowOpen: true }).catch((error: unknown) => {
        if (!isPeerloomError(error) || error.code !== 'PLUGIN_UNKNOWN') failures.push(error);
      });
      return result;
    });
    const [failure] = failures;
    if (failure !== undefined) throw complianceError(`removeExtension failed: ${failure}`, failure);
    checkFaults(trial);
    checkLeftNothing(trial);
    if (removedAt === undefined) return;
    const late = trial.arena.callsAfter(removedAt).filter(({ id }) => !farewells.includes(id));
    check(late.length === 0, `called after it was taken out: ${late.map(({ id }) => id).join(', ')}`);
    if (!trial.arena.isRequired) checkDone(trial);
  }

  /** As `#run`; `undefined` where that was `newTorrent`, and the torrent was refused with this code. */
  async #runUnlessRefused(act: Act, code: string): Promise<Trial | undefined> {
    try {
      return await this.#run(act);
    } catch (error) {
      if (this.#row.id === 'session.newTorrent' && isPeerloomError(error) && error.code === code)
        return undefined;
      throw error;
    }
  }

  #run(act: Act): Promise<Trial> {
    return runWith(this.#row, this.#subject, this.#clean, act);
  }
}

/** The connections that a hook is about, or all that its level can see. */
function peersAt({ peer, torrent, session }: HookSite): readonly PeerContext[] {
  if (peer !== undefined) return [peer];
  const torrents = torrent === undefined ? (session?.torrents() ?? []) : [torrent];
  return torrents.flatMap((one) => one.peers());
}

function disconnect(peer: PeerContext): void {
  if (peer.isClosed) return;
  peer.disconnect('compliance');
  check(peer.isClosed, 'disconnect() did not close the connection');
}
