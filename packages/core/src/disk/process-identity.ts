import { readFileSync } from 'node:fs';
import { errnoOf } from './storage-failure.js';

/** Tells a process from every other one, earlier and later ones with the same number included. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In the system's own words; `undefined` where it does not tell. */
  readonly startTime: string | undefined;
  /** Differs after each start of the machine; `undefined` where the system has none. */
  readonly bootId: string | undefined;
}

/** The processes of the machine. */
export interface ProcessTable {
  readonly self: ProcessIdentity;
  isAlive(process: ProcessIdentity): boolean;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** State and start time of a process, from Linux; `undefined` on other systems, and where there is none. */
function linuxProcess(pid: number): { readonly state: string; readonly startTime: string } | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // After the name, which may hold anything but ends with the last parenthesis: state, then 18 others, then the time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  return { state, startTime: fields[19] ?? '' };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

let self: ProcessIdentity | undefined;

function identify(): ProcessIdentity {
  const { pid } = process;
  const bootId = readText('/proc/sys/kernel/random/boot_id');
  return { pid, startTime: linuxProcess(pid)?.startTime, bootId };
}

/**
 * The processes of this machine. On Linux a number that another process has got since is noticed, and a
 * start of the machine; elsewhere a process counts as alive while any of its number is.
 */
export const systemProcesses: ProcessTable = {
  get self() {
    self ??= identify();
    return self;
  },
  isAlive({ pid, startTime, bootId }) {
    const here = this.self;
    if (bootId !== undefined && here.bootId !== undefined && bootId !== here.bootId) return false;
    if (!exists(pid)) return false;
    const found = linuxProcess(pid);
    if (found === undefined || startTime === undefined) return true;
    // A zombie has ended, though nobody has asked for its exit code yet.
    return found.startTime === startTime && found.state !== 'Z' && found.state !== 'X';
  },
};
