import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IdlePeers } from '../memory/idle-peers.js';
import type { IdleTorrents } from '../memory/idle-torrents.js';
import { runForJson } from '../processes.js';
import type { Verdict } from '../verdict.js';

const KiB = 1024;

function collected<T>(name: string, ...args: readonly string[]): Promise<T> {
  const script = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return runForJson<T>([process.execPath, '--expose-gc', script, ...args]);
}

/** At most so much of something, with what people call its unit. */
function atMost(
  what: string,
  value: number,
  { bound, unit, digits }: { readonly bound: number; readonly unit: string; readonly digits: number },
): Verdict {
  return {
    what,
    wanted: `<= ${bound} ${unit}`,
    measured: `${value.toFixed(digits)} ${unit}`,
    isMet: value <= bound,
  };
}

/** What connections and torrents cost while nothing happens, each in a process of its own. */
export async function benchMemory(root: string): Promise<readonly Verdict[]> {
  const { peerCount, heapBytesPerPeer, longestTickGapMs } = await collected<IdlePeers>('idle-peers');
  const folder = join(root, 'torrents');
  await mkdir(folder);
  const torrents = await collected<IdleTorrents>('idle-torrents', folder);
  const { torrentCount, heapBytesPerTorrent, loadSeconds } = torrents;
  const peers = `${peerCount} idle peers`;
  const idle = `${torrentCount} idle torrents of 1000 pieces`;
  return [
    atMost(`${peers}: heap of each`, heapBytesPerPeer / KiB, { bound: 12, unit: 'KiB', digits: 1 }),
    // Ticks come about once a second: with a longer pause one was missed.
    atMost(`${peers}: longest pause between ticks`, longestTickGapMs, { bound: 1500, unit: 'ms', digits: 0 }),
    atMost(`${idle}: heap of each`, heapBytesPerTorrent / KiB, { bound: 16, unit: 'KiB', digits: 1 }),
    atMost(`${idle}: time to load`, loadSeconds, { bound: 5, unit: 's', digits: 1 }),
  ];
}
