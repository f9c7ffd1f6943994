import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

const unitBytes: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 * 1024 };
const minPieceLength = 16 * 1024;
const maxPieceLength = 256 * 1024 * 1024;
/** Longer waits do not fit in a timer of Node. */
const maxSeconds = 2_000_000;

/** The value of `--piece-size` in bytes: `N`, `NKiB` or `NMiB`. Throws {@link CliError}. */
export function parsePieceSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})(KiB|MiB)?$/.exec(text) ?? [];
  const bytes = Number(digits) * (unitBytes[unit] ?? 0);
  const isPowerOfTwo = Number.isInteger(Math.log2(bytes));
  if (isPowerOfTwo && bytes >= minPieceLength && bytes <= maxPieceLength) return bytes;
  throw new CliError(
    'CLI_PIECE_SIZE',
    `--piece-size '${escapeText(text)}': must be a power of two from 16KiB to 256MiB`,
  );
}

/** The value, in milliseconds, of an option that is given in seconds. Throws {@link CliError}. */
export function parseSeconds(option: string): (text: string) => number {
  return (text) => {
    const seconds = /^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
    if (seconds > 0 && seconds <= maxSeconds) return seconds * 1000;
    throw new CliError(
      'CLI_SECONDS',
      `${option} '${escapeText(text)}': must be seconds, more than 0 and at most ${maxSeconds}`,
    );
  };
}
