import { makeTestTorrent, type TestTorrent } from '../swarm/test-torrent.js';

const pieceLength = 32 * 1024;
let shared: TestTorrent | undefined;
let strange: TestTorrent | undefined;

/** What the sessions of an arena share: six pieces, the last one short. */
export function sharedTorrent(): TestTorrent {
  shared ??= makeTestTorrent({ seed: 'compliance', pieceLength, lengthBytes: 6 * pieceLength - 1000 });
  return shared;
}

/** A torrent that the remote session may have and the local one has not. */
export function strangeTorrent(): TestTorrent {
  strange ??= makeTestTorrent({ seed: 'strange', name: 'strange', lengthBytes: 50_000 });
  return strange;
}
