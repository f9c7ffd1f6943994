import type { ChokerOptions, ChokerPeer } from './choker-peer.js';

/** A peer's turn while seeding lasts at least this long. */
const shortestTurnMs = 60_000;
/** In this time a peer that we unchoke should have sent something: an optimistic turn of 30 s (BEP 3). */
const trialMs = 30_000;

/** Negative where `a` deserves a slot more than `b`; 0 where chance may decide. */
export type Ranking = (a: ChokerPeer, b: ChokerPeer) => number;

/** Plugins' priorities first. */
function byPriority(a: ChokerPeer, b: ChokerPeer): number {
  return (b.priority ?? 0) - (a.priority ?? 0);
}

/**
 * Who has a slot keeps it against equals, for an unchoke takes time to pay. Who was given that time and still
 * sends nothing comes after those who wait: else a free rider would keep a slot that nobody has earned.
 */
function standing(peer: ChokerPeer, nowMs: number): number {
  if (!peer.isUnchoked) return 1;
  const isTried = nowMs - peer.unchokedAtMs >= trialMs;
  return isTried && peer.downloadRate === 0 ? 0 : 2;
}

/** Tit for tat: who sends us most, then who takes most from us (BEP 3). */
export function byReciprocation({ nowMs }: ChokerOptions): Ranking {
  return (a, b) =>
    byPriority(a, b) ||
    b.downloadRate - a.downloadRate ||
    standing(b, nowMs) - standing(a, nowMs) ||
    b.uploadRate - a.uploadRate;
}

/**
 * Round robin among downloaders, as libtorrent's: who has a turn keeps it until the quota is sent, the
 * fastest first; then who has waited longest; then who had a turn.
 */
export function byTurn({ nowMs, roundQuotaBytes }: ChokerOptions): Ranking {
  const stage = (peer: ChokerPeer): number => {
    if (!peer.isUnchoked) return 1;
    const isFresh = nowMs - peer.unchokedAtMs < shortestTurnMs;
    const isServed = peer.uploadedSinceUnchokeBytes >= roundQuotaBytes || peer.uploadRate === 0;
    return isServed && !isFresh ? 2 : 0;
  };
  return (a, b) => {
    const byStage = stage(a) - stage(b);
    const bySpeed = a.isUnchoked && b.isUnchoked ? b.uploadRate - a.uploadRate : 0;
    return byPriority(a, b) || byStage || bySpeed || waitingSinceMs(a) - waitingSinceMs(b);
  };
}

/** Since when the peer has had no turn, where it has none now. */
export function waitingSinceMs(peer: ChokerPeer): number {
  return Math.max(peer.connectedAtMs, peer.unchokedAtMs);
}
