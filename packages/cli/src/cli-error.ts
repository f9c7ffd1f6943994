import { PeerloomError, type PeerloomErrorOptions } from '@peerloom/core';
import { exitCodes } from './exit-code.js';

/**
 * A reason for the command to end: one line that says what and where, a stable code, and what to exit with
 * (by default 2, usage or input).
 */
export class CliError extends PeerloomError {
  readonly exitCode: number;

  constructor(
    code: string,
    message: string,
    { exitCode = exitCodes.usage, ...options }: PeerloomErrorOptions & { readonly exitCode?: number } = {},
  ) {
    super(code, message, options);
    this.exitCode = exitCode;
  }
}
