import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

/** The engines that the tests run against. */
export const engineNames = ['libtorrent', 'transmission', 'aria2', 'webtorrent'] as const;

/** One of {@link engineNames}. */
export type EngineName = (typeof engineNames)[number];

/** What else tests run: a browser and a tracker. */
export type ProgramName = EngineName | 'chromium' | 'opentracker';

/** Debian's Python, which has Debian's libtorrent module; another one may come first on the path. */
export const python = '/usr/bin/python3';

/** Debian's browser. */
export const chromium = '/usr/bin/chromium';

/** Whether a command runs, and ends well. */
function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Whether this package can load another. */
function resolves(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

const probes: Readonly<Record<ProgramName, () => boolean>> = {
  libtorrent: () => runs(python, '-c', 'import libtorrent'),
  transmission: () => runs('transmission-daemon', '--version'),
  aria2: () => runs('aria2c', '--version'),
  webtorrent: () => resolves('webtorrent'),
  chromium: () => runs(chromium, '--version'),
  opentracker: () => runs('opentracker', '-h'),
};

const found = new Map<ProgramName, boolean>();

function missingNote(name: ProgramName): string {
  const how = name === 'webtorrent' ? 'npm run build' : 'scripts/install-engines.sh of packages/interop';
  return `${name} is not installed; ${how} installs it`;
}

function isInstalled(name: ProgramName): boolean {
  let isFound = found.get(name);
  if (isFound === undefined) {
    isFound = probes[name]();
    found.set(name, isFound);
    if (!isFound) console.warn(missingNote(name));
  }
  return isFound;
}

/**
 * Skips the test where the engine is not installed: somebody who works on Peerloom need not have it. With
 * `PEERLOOM_INTEROP_REQUIRED=1` in the environment, as in CI, throws instead.
 */
export function requireEngine(name: ProgramName, skip: (note: string) => void): void {
  if (isInstalled(name)) return;
  if (process.env.PEERLOOM_INTEROP_REQUIRED === '1') throw new Error(missingNote(name));
  skip(missingNote(name));
}
