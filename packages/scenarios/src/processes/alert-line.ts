import { type Alert, InfoHash, isPeerloomError, PeerloomError, parseEndpoint } from '@peerloom/core';

/** What the command tells on a line of `--json`. */
export type CommandLine =
  | { readonly type: 'alert'; readonly alert: Alert }
  /** The last one. */
  | { readonly type: 'summary'; readonly summary: CommandSummary }
  /** A warning, or what is no JSON object with a type. */
  | { readonly type: 'other' };

/** How the command ended, in its own words. */
export interface CommandSummary {
  /** What it exits with. */
  readonly exitCode: number;
  /** In the order in which they were named. */
  readonly torrents: readonly TorrentSummary[];
}

/** What the summary says of a torrent. */
export interface TorrentSummary {
  /** Bytes of blocks that came. */
  readonly downloadedBytes: number;
  /** Bytes of blocks that were sent. */
  readonly uploadedBytes: number;
  /** Of those that came: nobody had asked for them, or they were had already. */
  readonly redundantBytes: number;
}

/** Understands a line that `peerloom … --json` has written. Never throws. */
export function parseCommandLine(line: string): CommandLine {
  try {
    const value = JSON.parse(line, revive);
    if (typeof value?.type !== 'string') return { type: 'other' };
    if (value.type === 'summary') return { type: 'summary', summary: { torrents: [], ...value } };
    return value.type === 'warning' ? { type: 'other' } : { type: 'alert', alert: value };
  } catch (error) {
    if (error instanceof SyntaxError || isPeerloomError(error)) return { type: 'other' };
    throw error;
  }
}

/** Makes of text what it was in the alert. */
function revive(key: string, value: unknown): unknown {
  if (typeof value === 'string') {
    if (key === 'infoHash') return InfoHash.fromHex(value);
    if (key === 'endpoint') return parseEndpoint(value);
  }
  if (key === 'error' && isErrorText(value)) return new PeerloomError(value.code, value.message);
  return value;
}

function isErrorText(value: unknown): value is { readonly code: string; readonly message: string } {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}
