import { describeFailure } from '../failure.js';
import type { Output } from './output.js';

/** Writes one JSON object on a line of its own. */
export function writeJson(output: Output, object: object): void {
  output.line(JSON.stringify(object));
}

/** What {@link withSummary} needs to know of a command. */
export interface SummaryOptions {
  readonly output: Output;
  readonly isJson: boolean;
  readonly command: string;
  /** Fields that the command adds, read when it has ended. */
  readonly fields: () => Readonly<Record<string, unknown>>;
}

/**
 * Runs a command that resolves with its exit code. With `--json` the last line tells how it ended, also
 * where it fails.
 */
export async function withSummary(
  { output, isJson, command, fields }: SummaryOptions,
  run: () => Promise<number>,
): Promise<number> {
  if (!isJson) return run();
  const write = (rest: Readonly<Record<string, unknown>>): void =>
    writeJson(output, { type: 'summary', command, ...rest, ...fields() });
  let exitCode: number;
  try {
    exitCode = await run();
  } catch (error) {
    const { exitCode, code, message } = describeFailure(error);
    write({ exitCode, error: { code, message } });
    throw error;
  }
  write({ exitCode });
  return exitCode;
}
