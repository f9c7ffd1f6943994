import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: readonly string[]];

/** What a program printed, and its exit code; `null` where a signal ended it. */
export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest that any process may take to do what it was started for. */
const deadlineMs = 300_000;

/** Processes that run, so that none outlives this one. */
const running = new Set<Child>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

function start([program, ...args]: Command): Child {
  const child = spawn(program, args, { stdio: 'pipe' });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Runs a program to its end. Rejects when it can't be started. */
export async function run(command: Command): Promise<Outcome> {
  const child = start(command);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const timer = setTimeout(() => child.kill('SIGTERM'), deadlineMs);
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, stdout: `${Buffer.concat(stdout)}`, stderr: `${Buffer.concat(stderr)}` };
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

/** Whether a program runs here and ends with 0. */
export async function works(command: Command): Promise<boolean> {
  try {
    return (await run(command)).exitCode === 0;
  } catch {
    return false;
  }
}

/** Starts a program that stays, and resolves to what `find` makes of the first line it likes. */
export async function startUntil<T>(
  command: Command,
  find: (line: string) => T | undefined,
): Promise<{ readonly found: T; readonly stop: () => Promise<void> }> {
  const child = start(command);
  const closed = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await closed;
  };
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const timer = setTimeout(() => child.kill('SIGTERM'), deadlineMs);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = find(line);
      if (found === undefined) continue;
      // Nothing reads on after this; a full pipe would stop the program.
      child.stdout.resume();
      return { found, stop };
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`${command.join(' ')}: ended before it was ready\n${Buffer.concat(stderr)}`);
}
