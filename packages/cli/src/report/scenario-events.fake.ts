import { type Alert, Bitfield, endpoint, InfoHash } from '@peerloom/core';
import type { NodeProgress, NodeTraffic, ScenarioEvent } from '@peerloom/scenarios';

export const infoHash = InfoHash.fromHex('00'.repeat(20));
export const seedAt = endpoint('127.0.0.1', 7001);
export const leechAt = endpoint('127.0.0.2', 7002);

/** A session of a swarm that has begun to listen. */
export function nodeEvent(name: string, role: NodeProgress['role'], at = seedAt): ScenarioEvent {
  return { type: 'node', elapsedMs: 0, name, role, endpoint: at };
}

/** Where one session is: the pieces that it has of so many, each of 100 bytes. */
export function progressOf(
  name: string,
  pieceCount: number,
  had: readonly number[],
  rest: { readonly traffic?: readonly NodeTraffic[]; readonly downloadedBytes?: number } = {},
): NodeProgress {
  const pieces = new Bitfield(pieceCount);
  for (const piece of had) pieces.add(piece);
  return {
    name,
    role: 'leech',
    pieces,
    haveBytes: had.length * 100,
    totalBytes: pieceCount * 100,
    downloadedBytes: rest.downloadedBytes ?? had.length * 100,
    uploadedBytes: 0,
    downloadRate: 0,
    uploadRate: 0,
    peerCount: 1,
    traffic: rest.traffic ?? [],
  };
}

export function progressEvent(elapsedMs: number, ...nodes: readonly NodeProgress[]): ScenarioEvent {
  return { type: 'progress', elapsedMs, nodes };
}

export function alertEvent(elapsedMs: number, node: string, alert: Alert): ScenarioEvent {
  return { type: 'alert', elapsedMs, node, alert };
}
