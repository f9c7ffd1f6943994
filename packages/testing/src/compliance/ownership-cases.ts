import type { BlockRequest, PeerContext, PieceHold } from '@peerloom/core';
import { type Arena, remoteAddress } from './arena.js';
import type { ComplianceCase } from './compliance-case.js';
import type { HookSite, Interference } from './instrument.js';
import { type Scenario, scenarios, spoilFirstPiece } from './scenarios.js';
import {
  check,
  checkDone,
  checkFaults,
  checkLeftNothing,
  runTrial,
  type Subject,
  type Trial,
} from './trial.js';

const transferMs = 240_000;
const pauseMs = 2000;
const downloadBytesPerSecond = 30_000;
const uploadBytesPerSecond = 5000;
/** The remote session does not have it at first, so that it does not come while it is kept for that. */
const keptPiece = 4;
/** The one that the remote session has, or sends wrong. */
const badPiece = 0;

/** What an extension has set of a torrent or a connection ends with it, whatever else it does. */
export function ownershipCases(subject: Subject): ComplianceCase[] {
  const cases: Readonly<Record<string, (subject: Subject) => Promise<void>>> = {
    'has its limits of rates end with it': checkRateLimits,
    'has a piece that it kept for one peer come from any when it leaves': checkExclusive,
    'has a failed piece that it holds freed when it leaves': checkPieceHold,
  };
  return Object.entries(cases).map(([name, run]) => ({
    group: 'extension',
    name,
    run: () => run(subject),
  }));
}

async function checkRateLimits(subject: Subject): Promise<void> {
  const act = ({ torrent, peer }: HookSite, result: unknown): unknown => {
    torrent?.setRateLimits({ downloadBytesPerSecond });
    peer?.setRateLimits({ uploadBytesPerSecond });
    return result;
  };
  const trial = await runOwning(subject, { id: 'torrent.newConnection', act }, async (arena) => {
    arena.dialFromLocal();
    await arena.until(() => arena.localPeer !== undefined, pauseMs);
    const limitsOf = (peer: PeerContext | undefined) => [
      arena.before.torrents[0]?.rateLimits.downloadBytesPerSecond,
      peer?.rateLimits.uploadBytesPerSecond,
    ];
    const peer = arena.localPeer;
    const set = limitsOf(peer);
    check(set[0] === downloadBytesPerSecond && set[1] === uploadBytesPerSecond, `limits are ${set}`);
    await arena.removeExtension();
    const left = limitsOf(peer);
    check(left[0] === 0 && (left[1] === 0 || peer?.isClosed === true), `limits were left behind: ${left}`);
  });
  checkFaults(trial);
  checkLeftNothing(trial);
}

async function checkExclusive(subject: Subject): Promise<void> {
  const act = ({ torrent, peer }: HookSite, result: unknown): unknown => {
    if (peer?.endpoint.address === remoteAddress) torrent?.setExclusive(keptPiece, peer);
    return result;
  };
  const setUp = { ...scenarios.download.setUp, remoteHave: [badPiece] };
  const course = async (arena: Arena): Promise<void> => {
    const { torrent, session } = arena.local;
    arena.swarm.connect(arena.local, arena.remote);
    await arena.until(() => torrent.pieces()?.has(badPiece) === true, transferMs);
    arena.swarm.connect(arena.local, arena.bystander);
    const almostAll = arena.swarm.content.metainfo.info.layout.pieceCount - 1;
    await arena.until(() => (torrent.pieces()?.count ?? 0) >= almostAll, transferMs);
    await arena.advance(pauseMs);
    const others = arena.before.log.of('peer.sentRequest').filter(({ args, remote }) => {
      return (args[0] as BlockRequest).piece === keptPiece && remote !== remoteAddress;
    });
    check(others.length === 0, 'a piece that is kept for one peer was asked of another');
    await arena.settled(session.removeExtension(arena.name));
    session.addExtension(subject.createExtension('local'));
    await arena.until(() => arena.local.isComplete, transferMs);
  };
  const trial = await runOwning(subject, { id: 'peer.onConnected', act }, course, {
    setUp,
    isDone: scenarios.download.isDone,
  });
  checkFaults(trial);
  checkLeftNothing(trial);
  checkDone(trial);
}

async function checkPieceHold(subject: Subject): Promise<void> {
  let hold: PieceHold | undefined;
  const act = ({ torrent }: HookSite, result: unknown): unknown => {
    if (hold !== undefined || torrent === undefined) return result;
    const released = torrent.holdPiece(badPiece);
    check(released.isOpen, 'a piece that is held after it failed is not open');
    released.release();
    check(!released.isOpen, 'a piece that was released is still open');
    hold = torrent.holdPiece(badPiece);
    return result;
  };
  const { setUp } = scenarios.badPiece;
  const course = async (arena: Arena): Promise<void> => {
    spoilFirstPiece(arena);
    arena.swarm.connect(arena.local, arena.remote);
    await arena.until(() => hold !== undefined, transferMs);
    await arena.removeExtension();
  };
  const trial = await runOwning(subject, { id: 'torrent.onPieceFailed', act }, course, { setUp });
  checkFaults(trial);
  checkLeftNothing(trial);
  check(hold !== undefined, 'no piece failed');
  check(!hold.isOpen, 'the hold of an extension that has left is still open');
}

/** A course of events in which the extension does something in a hook. */
function runOwning(
  subject: Subject,
  interference: Interference,
  run: Scenario['run'],
  more: Partial<Scenario> = {},
): Promise<Trial> {
  const { setUp } = scenarios.download;
  const course: Scenario = { setUp, isDone: () => true, run, ...more };
  return runTrial(subject, 'download', { ...course.setUp, interference: () => interference }, course);
}
