import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/peerloom.js', import.meta.url));

/** How a run of the command ended. */
export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** The built command, running as a process. */
export class CliProcess {
  readonly #child: ChildProcess;
  readonly #stdout: string[] = [];
  readonly #stderr: string[] = [];
  readonly #ended: Promise<CliResult>;
  #onLine: () => void = () => {};

  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [bin, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      // What outlives a command stays in the folder of the test.
      env: { ...process.env, XDG_STATE_HOME: join(cwd, 'state'), ...env },
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('no pipes');
    createInterface({ input: stdout }).on('line', (line) => {
      this.#stdout.push(line);
      this.#onLine();
    });
    createInterface({ input: stderr }).on('line', (line) => {
      this.#stderr.push(line);
      this.#onLine();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (exitCode) => {
        resolve({ exitCode, stdout: this.#stdout, stderr: this.#stderr });
        this.#onLine();
      });
    });
  }

  /** Lines of standard output so far. */
  get lines(): readonly string[] {
    return this.#stdout;
  }

  /** Lines of standard error so far. */
  get problems(): readonly string[] {
    return this.#stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Nobody reads its standard output any more. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  end(): Promise<CliResult> {
    return this.#ended;
  }

  /** Resolves with what `find` makes of a line of standard output, once it makes something of one. */
  line<T>(find: (line: string) => T | undefined): Promise<T> {
    return this.#find(this.#stdout, find);
  }

  /** The same for standard error. */
  problem<T>(find: (line: string) => T | undefined): Promise<T> {
    return this.#find(this.#stderr, find);
  }

  async #find<T>(lines: readonly string[], find: (line: string) => T | undefined): Promise<T> {
    let next = 0;
    for (;;) {
      for (; next < lines.length; next++) {
        const found = find(lines[next] ?? '');
        if (found !== undefined) return found;
      }
      if (this.#child.exitCode !== null) throw new Error(`ended: ${this.#stderr.join(' ')}`);
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
  }
}

/** A folder for one test, and the processes started in it. */
export class CliBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'peerloom-cli-'));
  readonly #processes: CliProcess[] = [];

  path(...elements: readonly string[]): string {
    return join(this.folder, ...elements);
  }

  start(args: readonly string[], env?: Readonly<Record<string, string>>): CliProcess {
    const started = new CliProcess(args, this.folder, env);
    this.#processes.push(started);
    return started;
  }

  /** Runs the command to its end. */
  run(...args: readonly string[]): Promise<CliResult> {
    return this.start(args).end();
  }

  async close(): Promise<void> {
    for (const started of this.#processes) started.kill('SIGKILL');
    await Promise.all(this.#processes.map((started) => started.end()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Objects of a `--json` output. */
export function jsonLines(lines: readonly string[]): readonly Readonly<Record<string, unknown>>[] {
  return lines.map((line) => JSON.parse(line));
}

/** The last object of a `--json` output. */
export function summaryOf(lines: readonly string[]): Readonly<Record<string, unknown>> {
  return jsonLines(lines).at(-1) ?? {};
}
