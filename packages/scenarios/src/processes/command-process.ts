import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Alert } from '@peerloom/core';
import { type CommandSummary, parseCommandLine } from './alert-line.js';

/** How long a process that was asked to end may take. */
const graceMs = 10_000;

/** Those that run. They end with this process, however that ends by itself. */
const running = new Set<ChildProcess>();
let isHeedingExit = false;

/** Not where this is imported: who starts no process has nothing to end. */
function heedExit(): void {
  if (isHeedingExit) return;
  isHeedingExit = true;
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
}

/** How to make a {@link CommandProcess}. */
export interface CommandProcessOptions {
  /** The program and its arguments, `--json` among them. */
  readonly argv: readonly string[];
  /** The folder that it runs in. */
  readonly folder: string;
  readonly onAlert: (alert: Alert) => void;
}

/** How a process ended. */
export interface CommandEnd {
  /** What it was killed by; `null` where it ended by itself. */
  readonly killedBy: NodeJS.Signals | null;
  /** `null` where it was killed. */
  readonly exitCode: number | null;
  /** `undefined` where it was killed before it could say. */
  readonly summary: CommandSummary | undefined;
  /** The last line that it wrote on standard error. */
  readonly problem: string;
}

/** One process of the `peerloom` command, whose alerts are heard. It does not outlive this one. */
export class CommandProcess {
  /** When it has ended and all that it wrote was read. Never rejects. */
  readonly ended: Promise<CommandEnd>;
  readonly #child: ChildProcess;

  constructor({ argv, folder, onAlert }: CommandProcessOptions) {
    const [program = '', ...args] = argv;
    heedExit();
    this.#child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.#child);
    this.ended = this.#end(onAlert);
  }

  async #end(onAlert: (alert: Alert) => void): Promise<CommandEnd> {
    const { stdout, stderr } = this.#child;
    let summary: CommandSummary | undefined;
    let problem = '';
    if (stdout) {
      createInterface({ input: stdout }).on('line', (line) => {
        const told = parseCommandLine(line);
        if (told.type === 'alert') onAlert(told.alert);
        else if (told.type === 'summary') summary = told.summary;
      });
    }
    if (stderr) {
      createInterface({ input: stderr }).on('line', (line) => {
        problem = line;
      });
    }
    try {
      const [exitCode, killedBy] = await once(this.#child, 'close');
      return { exitCode, killedBy, summary, problem };
    } catch (error) {
      return { exitCode: null, killedBy: null, summary, problem: String(error) };
    } finally {
      running.delete(this.#child);
    }
  }

  /** Ends it at once, as a crash would. Resolves when it has. */
  async kill(): Promise<CommandEnd> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }

  /** Asks it to end, as Ctrl-C does; where it does not, it is killed. Resolves when it has ended. */
  async interrupt(): Promise<CommandEnd> {
    this.#child.kill('SIGINT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}
