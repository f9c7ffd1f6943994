import { constants } from 'node:os';
import { CliError } from './cli-error.js';

/**
 * One Ctrl-C may reach a process several times: from the terminal, which signals the whole group, and from
 * parents that pass on what they get. What comes within this time of the first counts as the same.
 */
const burstMs = 500;

/** A signal that asks the command to end. */
export type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** How to make an {@link Interrupt}. */
export interface InterruptOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Ends the process at once. */
  readonly exitNow: (exitCode: number) => void;
}

/** Turns signals into a graceful end, and, when they insist, into one at once. */
export class Interrupt {
  readonly #options: InterruptOptions;
  readonly #controller = new AbortController();
  #firstMs: number | undefined;

  constructor(options: InterruptOptions) {
    this.#options = options;
  }

  /** Aborts at the first signal, with a {@link CliError} that has the exit code of that signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Takes one signal from the system. */
  receive(name: EndingSignal): void {
    const exitCode = 128 + constants.signals[name];
    const nowMs = this.#options.now();
    if (this.#firstMs === undefined) {
      this.#firstMs = nowMs;
      this.#controller.abort(new CliError('CLI_INTERRUPTED', 'interrupted', { exitCode }));
    } else if (nowMs - this.#firstMs > burstMs) {
      this.#options.exitNow(exitCode);
    }
  }
}
