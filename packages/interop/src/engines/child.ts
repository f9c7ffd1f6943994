import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { withDeadline } from './deadline.js';

/** Lines of output that are kept for the message of a failure. */
const keptLines = 60;

/** Processes that run, so that none outlives this one. */
const running = new Set<ChildProcessWithoutNullStreams>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

interface Waiter {
  readonly matches: (line: string) => boolean;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** A process of another engine, followed by the lines it prints. */
export class Child {
  readonly #command: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<number | null>;
  readonly #waiters = new Set<Waiter>();
  readonly #lines: string[] = [];
  #hasExited = false;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#command = command;
    this.#process = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    running.add(this.#process);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
    // A process that has gone is told by its exit; writing to it fails besides.
    this.#process.stdin.on('error', () => {});
    this.#exit = this.#watchExit();
  }

  async #watchExit(): Promise<number | null> {
    let code: number | null = null;
    try {
      [code] = await once(this.#process, 'close');
    } catch (error) {
      this.#lines.push(String(error));
    }
    running.delete(this.#process);
    this.#hasExited = true;
    for (const { reject } of this.#waiters) reject(new Error(`it exited with ${code}\n${this.describe()}`));
    this.#waiters.clear();
    return code;
  }

  #take(line: string): void {
    this.#lines.push(line);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(line)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(line);
    }
  }

  /** The command and the last lines it has printed. */
  describe(): string {
    return [`${this.#command}:`, ...this.#lines.slice(-keptLines)].join('\n  ');
  }

  /** Writes a line to its input. */
  write(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** The first line, of those printed already and those to come, that matches. Rejects when it exits. */
  line(matches: (line: string) => boolean, what: string): Promise<string> {
    const found = this.#lines.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    if (this.#hasExited) return Promise.reject(new Error(`it has exited\n${this.describe()}`));
    const promise = new Promise<string>((resolve, reject) => {
      this.#waiters.add({ matches, resolve, reject });
    });
    return withDeadline(promise, what, () => this.describe());
  }

  /** Waits for it to end by itself; its exit code, `null` where a signal ended it. */
  exited(): Promise<number | null> {
    return withDeadline(this.#exit, `${this.#command} to exit`, () => this.describe());
  }

  /** Asks it to end, as Ctrl-C does. */
  interrupt(): void {
    this.#process.kill('SIGINT');
  }

  /** Ends it, and waits for that. */
  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exit;
  }
}
