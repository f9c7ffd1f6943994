import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { python } from './engines/python.js';
import { MiB } from './payload.js';
import { type Command, run } from './processes.js';

const script = fileURLToPath(new URL('../engines/measure.py', import.meta.url));

/** Of processor time in `/proc`: the kernel's `USER_HZ`, which is the same on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** What one process did. */
export interface Sample {
  readonly mibPerSecond: number;
  /** User and system time of all its threads. */
  readonly cpuSecondsPerGiB: number;
  /** Most memory resident at any time since its start, mapped files included. */
  readonly peakMiB: number;
}

/** What was used to move or check so many bytes. */
interface Effort {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

function sampleOf({ bytes, seconds, cpuSeconds, peakBytes }: Effort): Sample {
  return {
    mibPerSecond: bytes / MiB / seconds,
    cpuSecondsPerGiB: cpuSeconds / (bytes / MiB / 1024),
    peakMiB: peakBytes / MiB,
  };
}

/** What `measure.py` prints. */
interface Measured extends Omit<Effort, 'bytes'> {
  readonly exitCode: number;
}

/**
 * Runs a process that moves or checks `bytes` of data, and measures it from its start to its exit. Throws, with what
 * it printed, unless it exits with 0.
 */
export async function measure(command: Command, bytes: number): Promise<Sample> {
  const { exitCode, stdout, stderr } = await run([python, script, ...command]);
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: was not measured\n${stderr}`);
  const measured = JSON.parse(stdout) as Measured;
  if (measured.exitCode !== 0) {
    throw new Error(`${command.join(' ')}: exited with ${measured.exitCode}\n${stderr}`);
  }
  return sampleOf({ ...measured, bytes });
}

/** What somebody who was served says about it. */
export interface Served {
  /** From the first byte to the last. */
  readonly seconds: number;
  readonly bytes: number;
}

/** Measures what a process that goes on running uses while it serves. Linux only. */
export async function measureServing(pid: number, serve: () => Promise<Served>): Promise<Sample> {
  const before = await cpuSecondsOf(pid);
  const served = await serve();
  const cpuSeconds = (await cpuSecondsOf(pid)) - before;
  return sampleOf({ ...served, cpuSeconds, peakBytes: await peakBytesOf(pid) });
}

async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field, the name, may have blanks in it; it ends with the last bracket. What follows begins with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[14 - 3], fields[15 - 3]];
  return (Number(user) + Number(system)) / ticksPerSecond;
}

async function peakBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return Number(kib) * 1024;
}
