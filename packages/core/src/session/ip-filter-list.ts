import { type AddressKeyRange, keyRange, parseAddressRange } from '../common/address-range.js';
import { printable } from '../common/printable.js';
import { IpFilter } from './ip-filter.js';

/** Lines longer than this are bad; names in lists have been seen with a few hundred characters. */
const maxLineLength = 2_048;
/** Ranges taken of one list: ten times what large ones have. */
const maxRanges = 4_000_000;
/** Bad lines told one by one. */
const maxBadLinesTold = 100;
/** Access levels of eMule from this on mean that the range is let in. */
const firstAllowedLevel = 128;

/** A line of a list that could not be read. */
export interface IpFilterBadLine {
  /** From 1 on. */
  readonly line: number;
  /** The line, shortened and without control characters. */
  readonly text: string;
}

/** What {@link parseIpFilterList} read. */
export interface IpFilterList {
  /** What the good lines make. */
  readonly filter: IpFilter;
  /** Lines that gave a range. */
  readonly lineCount: number;
  /** The first hundred lines that were passed over because they are none of the formats. */
  readonly badLines: readonly IpFilterBadLine[];
  /** How many there are in all. */
  readonly badLineCount: number;
}

type Line = AddressKeyRange | 'nothing' | undefined;

/**
 * Reads a list of ranges to keep out. Each line is one of
 *
 * - `ADDRESS`, `ADDRESS/BITS` or `FIRST-LAST`, IPv4 or IPv6,
 * - `NAME:FIRST-LAST`, IPv4 (PeerGuardian's text format, `.p2p`),
 * - `FIRST - LAST , LEVEL , NAME` (eMule's `ipfilter.dat`); a level of 128 or more lets the range in,
 * - empty, or a comment after `#` or `//`.
 *
 * Never throws: lines that are nothing of this are passed over and told.
 */
export function parseIpFilterList(text: string): IpFilterList {
  const ranges: AddressKeyRange[] = [];
  const badLines: IpFilterBadLine[] = [];
  let badLineCount = 0;
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    line++;
    const isReadable = end - start <= maxLineLength && ranges.length < maxRanges;
    const read = isReadable ? readLine(text.slice(start, end).trim()) : undefined;
    if (read === undefined) {
      badLineCount++;
      if (badLines.length < maxBadLinesTold) {
        badLines.push({ line, text: printable(text.slice(start, Math.min(end, start + 100)).trim()) });
      }
    } else if (read !== 'nothing') {
      ranges.push(read);
    }
    start = end + 1;
  }
  return { filter: IpFilter.ofKeys(ranges), lineCount: ranges.length, badLines, badLineCount };
}

/** The range in a line; `undefined` where it is bad. */
function readLine(line: string): Line {
  if (line === '' || line.startsWith('#') || line.startsWith('//')) return 'nothing';
  return parseAddressRange(line) ?? readDat(line) ?? readP2p(line);
}

function readDat(line: string): Line {
  const match = /^([\da-fA-F.:]+)\s*-\s*([\da-fA-F.:]+)\s*,\s*(\d{1,3})\s*(?:,.*)?$/.exec(line);
  if (match === null) return undefined;
  const range = keyRange(match[1] ?? '', match[2] ?? '');
  return range !== undefined && Number(match[3]) >= firstAllowedLevel ? 'nothing' : range;
}

/** Names may have colons and dashes in them: the range is after the last colon. */
function readP2p(line: string): Line {
  const colon = line.lastIndexOf(':');
  if (colon < 0) return undefined;
  const dash = line.indexOf('-', colon);
  if (dash < 0) return undefined;
  return keyRange(line.slice(colon + 1, dash).trim(), line.slice(dash + 1).trim());
}
