import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

const unitBytes: Readonly<Record<string, number>> = {
  ...{ '': 1, KiB: 1024, MiB: 1024 * 1024, GiB: 1024 * 1024 * 1024 },
};
const minPieceLength = 16 * 1024;
const maxPieceLength = 256 * 1024 * 1024;
/** A block takes 16 s at this rate; with less, requests time out. */
const minRate = 1024;
const maxRate = 1024 * 1024 * 1024 * 1024;
/** Longer waits do not fit in a timer of Node. */
const maxSeconds = 2_000_000;

/** The value of `--piece-size` in bytes: `N`, `NKiB` or `NMiB`. Throws {@link CliError}. */
export function parsePieceSize(text: string): number {
  const bytes = parseBytes(text, /^(\d{1,12})(KiB|MiB)?$/);
  const isPowerOfTwo = Number.isInteger(Math.log2(bytes));
  if (isPowerOfTwo && bytes >= minPieceLength && bytes <= maxPieceLength) return bytes;
  throw new CliError(
    'CLI_PIECE_SIZE',
    `--piece-size '${escapeText(text)}': must be a power of two from 16KiB to 256MiB`,
  );
}

/** A limit of a rate: bytes a second, or a file that has it and may change. */
export type RateSource = number | { readonly file: string };

/** The value of an option that limits a rate: `N[KiB|MiB|GiB]` a second, or `@FILE`. Throws {@link CliError}. */
export function parseRateSource(option: string): (text: string) => RateSource {
  const parse = parseRate(option);
  return (text) => (text.startsWith('@') && text.length > 1 ? { file: text.slice(1) } : parse(text));
}

/** A rate in bytes a second: `N[KiB|MiB|GiB]`. `where` is for the message. Throws {@link CliError}. */
export function parseRate(where: string): (text: string) => number {
  return (text) => {
    const rate = parseBytes(text, /^(\d{1,12})(KiB|MiB|GiB)?$/);
    if (rate >= minRate && rate <= maxRate) return rate;
    throw new CliError(
      'CLI_RATE',
      `${where} '${escapeText(text)}': must be N, NKiB, NMiB or NGiB a second, from 1KiB to 1024GiB`,
    );
  };
}

/** Digits and a unit as `pattern` has them, in bytes; 0 where the text is something else. */
function parseBytes(text: string, pattern: RegExp): number {
  const [, digits = '', unit = ''] = pattern.exec(text) ?? [];
  return Number(digits) * (unitBytes[unit] ?? 0);
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
