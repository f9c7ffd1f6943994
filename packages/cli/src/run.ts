import { CommanderError } from 'commander';
import type { CommandContext } from './context.js';
import { exitCodes } from './exit-code.js';
import { describeFailure } from './failure.js';
import { escapeText } from './output/escape-text.js';
import { makeProgram } from './program.js';

/** Options of {@link run}. */
export interface RunOptions {
  /** Whether errors are shown with where they come from (`PEERLOOM_DEBUG`). */
  readonly showsStacks: boolean;
}

/** Runs the command line; resolves with the exit code when all is said. Never rejects. */
export async function run(
  args: readonly string[],
  context: CommandContext,
  { showsStacks }: RunOptions,
): Promise<number> {
  let exitCode: number = exitCodes.done;
  const program = makeProgram(context, (code) => {
    exitCode = code;
  });
  try {
    if (args.length === 0) {
      context.output.problem(program.helpInformation().trimEnd());
      return exitCodes.usage;
    }
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
    return tellFailure(error, context, { showsStacks });
  }
}

/** Says in one line what ended the command; gives what to exit with. */
export function tellFailure(error: unknown, { output }: CommandContext, { showsStacks }: RunOptions): number {
  const { code, message, exitCode } = describeFailure(error);
  // Who has closed the output wants to hear nothing.
  if (code !== 'CLI_OUTPUT_CLOSED') output.problem(`peerloom: ${escapeText(message)} (${code})`);
  if (showsStacks && error instanceof Error) output.problem(stackOf(error));
  return exitCode;
}

/** The stack of an error and of those underneath. */
function stackOf(error: Error): string {
  const stack = error.stack ?? String(error);
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack;
}
