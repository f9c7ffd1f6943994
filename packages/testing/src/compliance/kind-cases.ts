import { type BencodeInput, decode, encode } from '@peerloom/core';
import type { CleanTrials } from './clean-trials.js';
import type { ComplianceCase } from './compliance-case.js';
import { strangeTorrent } from './contents.js';
import type { CatalogRow, HookId } from './hook-catalog.js';
import type { HookCall, HookLog } from './hook-log.js';
import { runWith } from './interference-cases.js';
import {
  alertsOf,
  check,
  checkDone,
  checkFaults,
  checkLeftNothing,
  hasDisconnected,
  isBroadcast,
  type Subject,
  savedValue,
  type Trial,
} from './trial.js';

interface KindCase {
  readonly name: string;
  /** What the hook returns. */
  readonly answer: (id: HookId) => unknown;
  readonly check: (row: CatalogRow, trial: Trial) => void;
}

const savedExample: BencodeInput = { compliance: [1, 'two'] };

/**
 * Calls of a hook that concern the remote session's connection, or no connection at all, while the extension
 * was there.
 */
function remoteCalls(log: HookLog, id: HookId, { arena, removedAt }: Trial): HookCall[] {
  return log.of(id).filter(({ remote, sequence }) => {
    return sequence < removedAt && (remote === undefined || remote === arena.remoteAddress);
  });
}

/** What must not happen where a hook has said `true` or `false`. */
const effects: Partial<Record<HookId, (trial: Trial) => boolean>> = {
  'torrent.onPause': ({ arena }) => alertsOf(arena, 'torrentPaused').length === 0,
  'torrent.onAddPeer': ({ arena }) => arena.before.peers.length === 0,
  'peer.onRequest': (trial) => remoteCalls(trial.arena.before.log, 'peer.sentPiece', trial).length === 0,
  'peer.writeRequest': (trial) => remoteCalls(trial.arena.before.log, 'peer.sentRequest', trial).length === 0,
  'peer.canUnchoke': (trial) => remoteCalls(trial.arena.before.log, 'peer.sentUnchoke', trial).length === 0,
  'peer.canDisconnect': ({ arena }) =>
    !alertsOf(arena, 'peerDisconnected').some(
      ({ endpoint, reason }) => reason.code === 'TORRENT_PAUSED' && endpoint.address === arena.remoteAddress,
    ),
};

/** Hooks whose veto of everything ends the transfer. */
const endsTransfer: readonly HookId[] = ['torrent.onAddPeer', 'torrent.onResume'];

function checkStopped(row: CatalogRow, trial: Trial): void {
  const { arena } = trial;
  if (remoteCalls(arena.log, row.id, trial).length === 0) return;
  const past = remoteCalls(arena.after.log, row.id, trial).length;
  check(past === 0, `${past} calls of ${row.id} went on to later extensions`);
  check(effects[row.id]?.(trial) !== false, `the engine did not heed what ${row.id} returned`);
  if (!endsTransfer.includes(row.id)) checkDone(trial);
}

function checkIgnored(row: CatalogRow, trial: Trial): void {
  const { arena } = trial;
  const before = arena.before.log.of(row.id).length;
  const after = arena.after.log.of(row.id).length;
  if (!isBroadcast(row) && !hasDisconnected(arena))
    check(after === before, `only ${after} of ${before} calls of ${row.id} went on to later extensions`);
  checkDone(trial);
}

function checkDetached(row: CatalogRow, trial: Trial): void {
  const { arena } = trial;
  const [first] = remoteCalls(arena.log, row.id, trial);
  if (first === undefined) return;
  const closed = alertsOf(arena, 'peerDisconnected').some(
    ({ endpoint }) => endpoint.address === arena.remoteAddress,
  );
  const next = arena.log.of('torrent.newConnection').find(({ sequence }) => sequence > first.sequence);
  const later = arena.callsAfter(first.sequence).filter(({ id, remote, sequence }) => {
    const isSame = next === undefined || sequence < next.sequence;
    return isSame && id.startsWith('peer.') && remote === arena.remoteAddress;
  });
  check(later.length === 0, `detached, and called again: ${later.map(({ id }) => id).join(', ')}`);
  if (arena.isRequired) check(closed, 'a required extension was detached and the connection stayed open');
  else checkDone(trial);
}

function checkDeclined(row: CatalogRow, trial: Trial): void {
  const { arena } = trial;
  const below = row.id === 'session.newTorrent' ? 'torrent.' : 'peer.';
  const calls = arena.log.calls.filter(({ id, remote }) => {
    const isOurs = remote === undefined || remote === arena.remoteAddress;
    return isOurs && id.startsWith(below);
  });
  check(calls.length === 0, `declined, and called all the same: ${calls.map(({ id }) => id).join(', ')}`);
  if (!arena.isRequired || row.id === 'torrent.newConnection') checkDone(trial);
}

function checkFirst(row: CatalogRow, trial: Trial): void {
  const { arena } = trial;
  if (remoteCalls(arena.log, row.id, trial).length === 0) return;
  const past = remoteCalls(arena.after.log, row.id, trial).length;
  check(past === 0, `${past} calls of ${row.id} went on to later extensions`);
  if (row.id === 'session.onUnknownTorrent') {
    const isAdded = alertsOf(arena, 'torrentAdded').some(({ infoHash }) =>
      infoHash.equals(strangeTorrent().infoHash),
    );
    check(isAdded, 'the torrent that onUnknownTorrent returned was not added');
  }
  checkDone(trial);
}

function checkState(row: CatalogRow, trial: Trial): void {
  const { arena, state } = trial;
  if (row.id === 'session.saveState') {
    const value = savedValue(state, arena.name);
    check(sameValue(value, savedExample), 'the state that saveState returned was not kept');
  } else {
    check(arena.before.log.has(row.id), 'loadState was not called though a value was saved');
  }
  checkDone(trial);
}

function sameValue(a: BencodeInput | undefined, b: BencodeInput): boolean {
  return a !== undefined && Buffer.compare(encode(decode(encode(a))), encode(b)) === 0;
}

const kinds: Readonly<Record<CatalogRow['kind'], KindCase>> = {
  handled: { name: 'true stops the chain', answer: () => true, check: checkStopped },
  veto: { name: 'false is a no', answer: () => false, check: checkStopped },
  notify: { name: 'what it returns is ignored', answer: () => false, check: checkIgnored },
  detach: { name: 'false detaches', answer: () => false, check: checkDetached },
  create: { name: 'undefined is not interested', answer: () => undefined, check: checkDeclined },
  first: {
    name: 'the first value wins',
    answer: (id) => (id === 'session.onUnknownTorrent' ? { torrent: strangeTorrent().metainfo } : 1),
    check: checkFirst,
  },
  state: { name: 'the value is kept', answer: () => savedExample, check: checkState },
};

/** The case that says what a hook's return value means. */
export function kindCase(row: CatalogRow, subject: Subject, clean: CleanTrials): ComplianceCase {
  const { name, answer, check: checkKind } = kinds[row.kind];
  return {
    group: row.id,
    name,
    run: async () => {
      const trial = await runWith(row, subject, clean, () => answer(row.id));
      checkFaults(trial);
      checkLeftNothing(trial);
      checkKind(row, trial);
    },
  };
}
