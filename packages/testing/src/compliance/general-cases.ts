import { DuplicateExtensionError, encode, pluginApiVersion } from '@peerloom/core';
import { createSwarm } from '../swarm/swarm.js';
import type { Arena, ArenaOptions } from './arena.js';
import type { CleanTrials } from './clean-trials.js';
import { Companion } from './companion.js';
import type { ComplianceCase } from './compliance-case.js';
import { sharedTorrent } from './contents.js';
import type { Extension } from './instrument.js';
import { type Scenario, type ScenarioName, scenarios } from './scenarios.js';
import {
  alertsOf,
  check,
  checkClean,
  checkDone,
  checkFaults,
  checkLeftNothing,
  runTrial,
  type Subject,
  savedValue,
} from './trial.js';

const group = 'extension';
/** Until data flows, and before all of it has come. */
const midwayMs = 900;
const transferMs = 240_000;

/** What concerns an extension as a whole, or its life. */
export function generalCases(subject: Subject, clean: CleanTrials): ComplianceCase[] {
  const cases: Readonly<Record<string, () => Promise<void>>> = {
    'has a name and the version of the interface': async () => checkIdentity(subject),
    'is made anew each time': async () => checkFresh(subject),
    'is refused a second time under its name': () => checkDuplicate(subject),
    'misses no hook by a slip of the pen': () => checkMisspelt(subject),
    'may be added while data flows': () => checkAddedLate(subject),
    'may be removed while data flows and added again': () => checkReadded(subject),
    'may have its session stopped while data flows': () => checkStopped(subject),
    'stands connections that break': () => checkBroken(subject),
    'stands streams that are cut anywhere': () => checkCut(subject),
    'leaves other extensions and their messages alone': () => checkCompanion(subject),
    'finds its state again': () => checkState(subject, clean),
    'has its state kept by sessions without it': () => checkCarriedState(subject, clean),
  };
  const named = Object.entries(cases).map(([name, run]) => ({ group, name, run }));
  return [...named, ...courseCases(clean)];
}

/** Each course of events, with nothing interfering. */
function courseCases(clean: CleanTrials): ComplianceCase[] {
  const names = Object.keys(scenarios) as ScenarioName[];
  return names.map((name) => ({
    group,
    name: `takes part in the course of events '${name}' without a fault, and leaves nothing behind`,
    run: async () => {
      const trial = await clean.of(name);
      checkClean(trial);
      checkDone(trial);
    },
  }));
}

function checkIdentity({ createExtension }: Subject): void {
  const { name, apiVersion } = createExtension('local');
  check(/^[A-Za-z0-9_.@/-]{1,64}$/.test(name), `not a name for an extension: '${name}'`);
  check(apiVersion === pluginApiVersion, `apiVersion is ${apiVersion}, not ${pluginApiVersion}`);
}

function checkFresh({ createExtension }: Subject): void {
  const first = createExtension('local');
  const second = createExtension('local');
  check(first !== second, 'the same object twice: sessions would share its state');
  check(first.name === second.name, `two names: '${first.name}' and '${second.name}'`);
}

async function checkDuplicate(subject: Subject): Promise<void> {
  let refusal: unknown;
  const trial = await runCourse(subject, {}, async (arena) => {
    try {
      arena.local.session.addExtension(subject.createExtension('local'));
    } catch (error) {
      refusal = error;
    }
  });
  check(refusal instanceof DuplicateExtensionError, `adding it twice gave ${refusal}`);
  checkClean(trial);
  checkDone(trial);
}

async function checkMisspelt(subject: Subject): Promise<void> {
  const misspelt = { name: 'compliance-misspelt', apiVersion: pluginApiVersion, onTorrentAdded: () => {} };
  const trial = await runCourse(subject, { companion: misspelt });
  const warnings = alertsOf(trial.arena, 'pluginWarning');
  const isReported = warnings.some(
    ({ plugin, message }) => plugin === misspelt.name && message.includes('onTorrentAdded'),
  );
  check(isReported, 'a method that looks like a hook and is none was not reported');
  checkClean(trial);
}

async function checkAddedLate(subject: Subject): Promise<void> {
  const trial = await runCourse(subject, { isAddedLater: true }, async (arena) => {
    await arena.advance(midwayMs);
    arena.addExtension();
  });
  checkClean(trial);
  checkDone(trial);
}

async function checkReadded(subject: Subject): Promise<void> {
  const trial = await runCourse(subject, {}, async (arena) => {
    const { session } = arena.local;
    await arena.advance(midwayMs);
    await arena.settled(session.removeExtension(arena.name));
    await arena.advance(midwayMs);
    if (arena.isRequired)
      check(arena.local.torrent.isPaused, 'a required extension left and the torrent went on');
    session.addExtension(subject.createExtension('local'));
  });
  checkClean(trial);
  checkDone(trial);
}

async function checkStopped(subject: Subject): Promise<void> {
  const course: Scenario = {
    ...scenarios.download,
    isDone: () => true,
    async run(arena) {
      arena.dialFromLocal();
      await arena.advance(midwayMs);
      await arena.settled(arena.local.session.stop());
    },
  };
  checkLeftNothing(await checkedFaults(runTrial(subject, 'download', {}, course)));
}

async function checkedFaults(running: ReturnType<typeof runTrial>): ReturnType<typeof runTrial> {
  const trial = await running;
  checkFaults(trial);
  return trial;
}

async function checkBroken(subject: Subject): Promise<void> {
  const trial = await runCourse(subject, {}, async (arena) => {
    for (let i = 0; i < 3; i++) {
      await arena.advance(midwayMs);
      arena.swarm.network.dropConnections();
    }
  });
  checkClean(trial);
  checkDone(trial);
}

async function checkCut(subject: Subject): Promise<void> {
  const trial = await runCourse(subject, { maxChunkBytes: 200 });
  checkClean(trial);
  checkDone(trial);
}

async function checkCompanion(subject: Subject): Promise<void> {
  const companions = { local: new Companion(), remote: new Companion() };
  const options = { companion: companions.local, remoteCompanion: companions.remote };
  const trial = await runCourse(subject, options);
  checkClean(trial);
  checkDone(trial);
  const { local, remote } = companions;
  check(local.received > 0 && remote.received > 0, 'messages of another extension did not get through');
  const areAnnounced = local.announced > 0 && remote.announced > 0;
  check(areAnnounced, 'keys that another extension added to the handshake later did not get through');
}

async function checkState(subject: Subject, clean: CleanTrials): Promise<void> {
  const { state } = await clean.of('download');
  const extension = subject.createExtension('local');
  const saved = savedValue(state, extension.name);
  const found = await savedAgain(state, [extension]);
  if (saved === undefined) return;
  const again = savedValue(found, extension.name);
  check(again !== undefined, 'a session that loaded the state saved none');
  const isSame = Buffer.compare(encode(saved), encode(again)) === 0;
  check(isSame, 'a session that loaded the state saved another one at once');
}

/** What a new session saves at once that was given a state. */
async function savedAgain(state: Uint8Array, extensions: readonly Extension[]): Promise<Uint8Array> {
  const swarm = createSwarm({ torrent: sharedTorrent(), allowsFaults: true });
  const { session } = await swarm.addPeer({ state, extensions, isStarted: false });
  const again = session.saveState();
  await swarm.stop();
  return again;
}

async function checkCarriedState(subject: Subject, clean: CleanTrials): Promise<void> {
  const state = await clean.savedState();
  const { name } = subject.createExtension('local');
  const saved = savedValue(state, name);
  if (saved === undefined) return;
  const found = savedValue(await savedAgain(state, []), name);
  check(found !== undefined, 'a session without the extension lost its state');
  check(
    Buffer.compare(encode(saved), encode(found)) === 0,
    'a session without the extension changed its state',
  );
}

/** A download that is under way while `meanwhile` happens. */
function runCourse(
  subject: Subject,
  options: Partial<ArenaOptions>,
  meanwhile: (arena: Arena) => Promise<void> = async () => {},
): ReturnType<typeof runTrial> {
  const course: Scenario = {
    ...scenarios.download,
    async run(arena) {
      arena.dialFromLocal();
      await meanwhile(arena);
      await arena.until(() => arena.local.isComplete, transferMs);
    },
  };
  return runTrial(subject, 'download', options, course);
}
