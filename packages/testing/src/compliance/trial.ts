import {
  type AlertOf,
  type AlertType,
  asDict,
  type BencodeValue,
  decode,
  isPeerloomError,
  type PluginUsage,
} from '@peerloom/core';
import { TestingError } from '../testing-error.js';
import { Arena, type ArenaOptions, type ComplianceRole } from './arena.js';
import type { CatalogRow } from './hook-catalog.js';
import type { HookCall } from './hook-log.js';
import type { Extension } from './instrument.js';
import { type Scenario, type ScenarioName, scenarios } from './scenarios.js';

/** The extension that a suite is about. */
export interface Subject {
  readonly createExtension: (role: ComplianceRole) => Extension;
  readonly userData: unknown;
}

/** A course of events that was run to its end, and what was left of it. */
export interface Trial {
  readonly arena: Arena;
  /** Whether the transfer came to its end. */
  readonly isDone: boolean;
  /** What the local session saved at the end. */
  readonly state: Uint8Array;
  /** Calls with lower sequence numbers came before the extension was taken out. */
  readonly removedAt: number;
  /** Virtual time that taking the extension out took. */
  readonly removalMs: number;
  /** Calls that it got afterwards. */
  readonly lateCalls: readonly HookCall[];
  /** What it had outstanding when the course was over and it was still there. */
  readonly idleUsage: PluginUsage | undefined;
  /** What it had outstanding afterwards. */
  readonly usage: PluginUsage | undefined;
  /** Slots of the local session that were in use after it was stopped. */
  readonly slotsInUse: number;
  /** Timers of all sessions that were set a minute after they were stopped. */
  readonly pendingTimers: number;
}

/** Connections that were ended are gone by then, and so is whatever else has a deadline. */
const windDownMs = 70_000;
const pauseMs = 2000;
/** A connection that is being dialled may be held; a dial is over, and not tried again, within this. */
const dialMs = 500;

/** An error of a compliance case. */
export function complianceError(message: string, cause?: unknown): TestingError {
  return new TestingError('TESTING_COMPLIANCE', message, { cause });
}

/** Throws a {@link complianceError} where `condition` is false. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw complianceError(message);
}

/** Runs a course of events with the extension, then takes it out and stops everything. */
export async function runTrial(
  subject: Subject,
  name: ScenarioName,
  options: Partial<ArenaOptions> = {},
  scenario: Scenario = scenarios[name],
): Promise<Trial> {
  const arena = new Arena({ ...scenario.setUp, ...subject, ...options });
  await arena.start();
  await scenario.run(arena);
  return finish(arena, scenario);
}

async function finish(arena: Arena, scenario: Scenario): Promise<Trial> {
  const isDone = scenario.isDone(arena);
  const state = arena.local.session.saveState();
  // What is on its way back may take as long as a dial.
  await arena.until(() => {
    const { diskBufferBytes = 0, blocks = 0, holds = 0 } = arena.usage ?? {};
    return diskBufferBytes === 0 && blocks === 0 && holds === 0;
  }, dialMs);
  const idleUsage = arena.usage;
  const removedAt = arena.mark();
  const removalStartMs = arena.clock.now();
  await arena.removeExtension().catch((error: unknown) => {
    if (!isPeerloomError(error) || error.code !== 'PLUGIN_UNKNOWN') throw error;
  });
  const removalMs = arena.clock.now() - removalStartMs;
  const removed = arena.mark();
  await arena.advance(pauseMs);
  const { usage } = arena;
  await arena.swarm.stop();
  await arena.advance(windDownMs);
  return {
    arena,
    isDone,
    state,
    removedAt,
    removalMs,
    idleUsage,
    usage,
    lateCalls: arena.callsAfter(removed),
    slotsInUse: arena.local.session.stats().slotsInUse,
    pendingTimers: arena.clock.pendingTimers,
  };
}

/** Faults that a case brought about itself. */
export class InterferenceError extends Error {}

/** Throws where anything failed, the extension was warned of, or it left something behind. */
export function checkClean(trial: Trial): void {
  checkFaults(trial);
  checkWarnings(trial);
  checkIdle(trial);
  checkLeftNothing(trial);
}

/** Throws where the extension keeps what it should have given back long ago. */
function checkIdle({ idleUsage }: Trial): void {
  const { diskBufferBytes = 0, blocks = 0, holds = 0 } = idleUsage ?? {};
  check(diskBufferBytes === 0, `${diskBufferBytes} bytes of disk buffers were never given back`);
  check(blocks === 0, `${blocks} blocks were neither delivered nor abandoned`);
  check(holds === 0, `${holds} holds were never released`);
}

/** Throws where an extension or the engine failed, unless it was an {@link InterferenceError}. */
export function checkFaults({ arena }: Trial): void {
  for (const { name, faults } of arena.swarm.peers) {
    for (const fault of faults) {
      if (fault.error instanceof InterferenceError) continue;
      const who =
        fault.type === 'pluginFault' ? `'${fault.plugin}' failed in ${fault.hook}` : 'the engine failed';
      throw complianceError(`in the ${name} session ${who}: ${fault.error}`, fault.error);
    }
  }
}

function checkWarnings({ arena }: Trial): void {
  const warning = alertsOf(arena, 'pluginWarning').find(({ plugin }) => plugin === arena.name);
  check(warning === undefined, `a warning: ${warning?.message}`);
}

/** Throws where the extension has something outstanding after it was taken out, or is still called. */
export function checkLeftNothing({
  arena,
  removalMs,
  usage,
  lateCalls,
  slotsInUse,
  pendingTimers,
}: Trial): void {
  const { pluginRemoveDeadlineMs } = arena.local.session.settings;
  check(removalMs < pluginRemoveDeadlineMs, `removed() did not settle within ${pluginRemoveDeadlineMs} ms`);
  const left = Object.entries(usage ?? {}).filter(([what, amount]) => {
    // One that was detached for a fault had no chance to give its buffers back.
    return amount !== 0 && !(what === 'diskBufferBytes' && wasDetached(arena));
  });
  check(left.length === 0, `left behind: ${left.map(([what, amount]) => `${what} ${amount}`).join(', ')}`);
  const late = lateCalls.map(({ id }) => id).join(', ');
  check(late === '', `called after it was taken out: ${late}`);
  check(slotsInUse === 0, `${slotsInUse} slots of disk memory in use after the session was stopped`);
  check(pendingTimers === 0, `${pendingTimers} timers set a minute after the sessions were stopped`);
}

function wasDetached(arena: Arena): boolean {
  return alertsOf(arena, 'pluginFault').some(
    ({ plugin, scope }) => plugin === arena.name && scope !== 'peer',
  );
}

/** Throws where the transfer did not come to its end. */
export function checkDone({ arena, isDone }: Trial): void {
  if (isDone) return;
  const peers = arena.swarm.peers.map((peer) => peer.describe()).join('; ');
  throw complianceError(`the transfer did not come to its end: ${peers}`);
}

/** The local session's alerts of one type. */
export function alertsOf<T extends AlertType>(arena: Arena, type: T): AlertOf<T>[] {
  return arena.alerts.filter((alert): alert is AlertOf<T> & typeof alert => alert.type === type);
}

/** What a session's saved state holds for an extension. */
export function savedValue(state: Uint8Array, name: string): BencodeValue | undefined {
  return asDict(asDict(decode(state))?.plugins)?.[name];
}

/** Whether the extension has closed a connection, so that later extensions missed what followed. */
export function hasDisconnected(arena: Arena): boolean {
  return alertsOf(arena, 'peerDisconnected').some(({ reason }) => reason.plugin === arena.name);
}

/** Whether a hook is called for each extension by itself, not along the chain of all. */
export function isBroadcast({ id, kind }: CatalogRow): boolean {
  return id === 'session.onAlert' || kind === 'state';
}
