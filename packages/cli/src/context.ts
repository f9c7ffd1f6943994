import type { Output } from './output/output.js';

/** What every command is given. */
export interface CommandContext {
  readonly output: Output;
  /** Aborts, with a `CliError`, when the command is to end early: a signal came, or nobody reads its output. */
  readonly signal: AbortSignal;
}
