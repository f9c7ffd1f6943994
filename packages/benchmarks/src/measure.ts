import { fileURLToPath } from 'node:url';
import { MiB } from './payload.js';
import { type Command, run } from './processes.js';
import { python } from './python.js';

const script = fileURLToPath(new URL('../engines/measure.py', import.meta.url));

/** What one process did, from its start to its exit. */
export interface Sample {
  readonly mibPerSecond: number;
  /** User and system time of all its threads. */
  readonly cpuSecondsPerGiB: number;
  /** Most memory resident at any time, mapped files included. */
  readonly peakMiB: number;
}

/** What `measure.py` prints. */
interface Measured {
  readonly exitCode: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Runs a process that moves or checks `totalMiB` of data. Throws, with what it printed, unless it exits with 0. */
export async function measure(command: Command, totalMiB: number): Promise<Sample> {
  const { exitCode, stdout, stderr } = await run([python, script, ...command]);
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: was not measured\n${stderr}`);
  const measured = JSON.parse(stdout) as Measured;
  if (measured.exitCode !== 0) {
    throw new Error(`${command.join(' ')}: exited with ${measured.exitCode}\n${stderr}`);
  }
  return {
    mibPerSecond: totalMiB / measured.seconds,
    cpuSecondsPerGiB: measured.cpuSeconds / (totalMiB / 1024),
    peakMiB: measured.peakBytes / MiB,
  };
}
