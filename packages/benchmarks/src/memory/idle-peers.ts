// Prints, as one line of JSON (`IdlePeers`), what idle connections cost a session that seeds. Needs --expose-gc, and the
// system's 127.0.0.0/8 for addresses.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MemoryStorage, parseMetainfo, pluginApiVersion, Session } from '@peerloom/core';
import { python } from '../engines/python.js';
import { heapBytes } from './heap.js';
import { oneFileTorrent, pieceCount } from './one-file-torrent.js';

/** What was measured. */
export interface IdlePeers {
  readonly peerCount: number;
  readonly heapBytesPerPeer: number;
  /** Longest time from one tick of the session to the next while they came and stayed. */
  readonly longestTickGapMs: number;
}

const script = fileURLToPath(new URL('../engines/idle_peers.py', import.meta.url));
/** Peers that come before the measurement: what the first ones of all cost is not what each costs. */
const warmUpCount = 100;
const peerCount = 2000;
/** For how long they stay. */
const idleMs = 10_000;
const maxConnections = 2 * peerCount;

let longestTickGapMs = 0;
let lastTickMs: number | undefined;
const tickWatch = {
  name: 'tick_watch',
  apiVersion: pluginApiVersion,
  onTick: () => {
    const nowMs = performance.now();
    longestTickGapMs = Math.max(longestTickGapMs, nowMs - (lastTickMs ?? nowMs));
    lastTickMs = nowMs;
  },
};

const session = new Session({
  storage: new MemoryStorage(),
  settings: { maxConnections, maxConnectionsPerTorrent: maxConnections },
  extensions: [tickWatch],
});
const torrent = session.addTorrent({
  torrent: parseMetainfo(oneFileTorrent('idle', 0)),
  assumeComplete: true,
});
await torrent.checked();
const { port } = await session.listen('127.0.0.1:0');

const peers = spawn(python, [script, `${port}`, torrent.infoHash.hex, `${pieceCount}`], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: peers.stdout })[Symbol.asyncIterator]();

/** Has so many more peers connect. */
async function connect(count: number): Promise<void> {
  const wanted = torrent.peers().length + count;
  peers.stdin.write(`${count}\n`);
  if ((await lines.next()).done === true) throw new Error('the peers have ended');
  while (torrent.peers().filter(({ isReady }) => isReady).length < wanted) await sleep(50);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

await connect(warmUpCount);
const before = await heapBytes();
await connect(peerCount);
await sleep(idleMs);
const after = await heapBytes();
const stayed = torrent.peers().length - warmUpCount;
if (stayed !== peerCount) throw new Error(`${stayed} of ${peerCount} peers stayed`);
const result: IdlePeers = { peerCount, heapBytesPerPeer: (after - before) / peerCount, longestTickGapMs };
peers.stdin.end();
await session.stop();
console.log(JSON.stringify(result));
