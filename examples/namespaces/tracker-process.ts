import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What runs the tracker of a swarm: opentracker, where it is installed, else the example `tracker`. */
export interface TrackerProcess {
  readonly name: string;
  readonly child: ChildProcess;
}

/** Starts it on a host, for one torrent. It ends with the namespace. */
export function startTracker(
  launcher: readonly string[],
  address: string,
  port: number,
  infoHash: string,
  folder: string,
): TrackerProcess {
  const isInstalled = spawnSync('which', ['opentracker'], { stdio: 'ignore' }).status === 0;
  const argv = isInstalled ? opentracker(address, port, infoHash, folder) : ours(address, port, infoHash);
  const [program = '', ...args] = [...launcher, ...argv];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return { name: isInstalled ? 'opentracker' : '@peerloom/tracker', child };
}

/** Debian's serves what is in a file only, which it reads as another user. */
function opentracker(address: string, port: number, infoHash: string, folder: string): readonly string[] {
  const whitelist = join(folder, 'whitelist');
  const config = join(folder, 'opentracker.conf');
  writeFileSync(whitelist, `${infoHash}\n`);
  writeFileSync(config, `access.whitelist ${whitelist}\n`);
  chmodSync(folder, 0o755);
  return ['opentracker', '-i', address, '-p', String(port), '-P', String(port), '-f', config];
}

function ours(address: string, port: number, infoHash: string): readonly string[] {
  const program = fileURLToPath(new URL('tracker.js', import.meta.url));
  return [process.execPath, program, `${address}:${port}`, infoHash];
}
