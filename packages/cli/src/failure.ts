import { isPeerloomError } from '@peerloom/core';
import { CommanderError } from 'commander';
import { CliError } from './cli-error.js';
import { exitCodes } from './exit-code.js';

/** An error as it is shown: one line, and what the command exits with. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
}

/** Families of codes that say that what was given on the command line is wrong. */
const inputCode = /^(?:BENCODE|METAINFO|MAGNET|ENDPOINT|SETTING|CLOSED_NETWORK)_/;

/** What to tell of an error, whatever it is. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError)
    return { code: error.code, message: error.message, exitCode: error.exitCode };
  if (error instanceof CommanderError) return usageFailure(error);
  if (isPeerloomError(error)) {
    return { code: error.code, message: error.message, exitCode: exitCodeOf(error.code) };
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: 'CLI_UNEXPECTED',
    message: `unexpected: ${what}; PEERLOOM_DEBUG=1 shows where`,
    exitCode: exitCodes.failed,
  };
}

function exitCodeOf(code: string): number {
  if (code.startsWith('STORAGE_')) return exitCodes.disk;
  return inputCode.test(code) ? exitCodes.usage : exitCodes.failed;
}

/** The parser's message begins with `error: `, and may go on with a suggestion on a line of its own. */
function usageFailure({ message }: CommanderError): Failure {
  const text = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return { code: 'CLI_USAGE', message: text, exitCode: exitCodes.usage };
}
