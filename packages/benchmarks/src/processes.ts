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

/** A program that stays until it is stopped. */
export interface Running<T> {
  readonly pid: number;
  /** What its output was searched for. */
  readonly found: T;
  stop(): Promise<void>;
}

/** Longest that any process may take to do what it was started for. */
const deadlineMs = 300_000;

/** Processes that run, so that none outlives this one. */
const running = new Set<Child>();
process.once('exit', () => {
  for (const child of running) kill(child);
});
process.once('SIGHUP', () => process.exit(129));
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

/** Kills a program and all that it has started: each has a group of processes of its own. */
function kill({ pid }: Child): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has gone already.
  }
}

function start([program, ...args]: Command): Child {
  const child = spawn(program, args, { stdio: 'pipe', detached: true });
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
  const timer = setTimeout(() => {
    stderr.push(Buffer.from(`killed after ${deadlineMs / 1000} seconds\n`));
    kill(child);
  }, deadlineMs);
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, stdout: `${Buffer.concat(stdout)}`, stderr: `${Buffer.concat(stderr)}` };
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

/** Runs a program that prints JSON and nothing else. Throws, with what it printed, unless it exits with 0. */
export async function runForJson<T>(command: Command): Promise<T> {
  const { exitCode, stdout, stderr } = await run(command);
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: exited with ${exitCode}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Whether a program runs here and ends with 0. */
export async function works(command: Command): Promise<boolean> {
  try {
    return (await run(command)).exitCode === 0;
  } catch {
    return false;
  }
}

/** Starts a program that stays, and resolves once `find` has made something of a line of its output. */
export async function startUntil<T>(
  command: Command,
  find: (line: string) => T | undefined,
): Promise<Running<T>> {
  const child = start(command);
  const closed = once(child, 'close');
  const stop = async (): Promise<void> => {
    kill(child);
    await closed;
  };
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const timer = setTimeout(() => kill(child), deadlineMs);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = find(line);
      if (found === undefined || child.pid === undefined) continue;
      // Nothing reads on after this; a full pipe would stop the program.
      child.stdout.resume();
      return { pid: child.pid, found, stop };
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`${command.join(' ')}: ended before it was ready\n${Buffer.concat(stderr)}`);
}
