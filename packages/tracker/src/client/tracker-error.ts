import { isPeerloomError, PeerloomError } from '@peerloom/core/plugin';

/** A tracker that cannot be used, or a request to one that failed. Codes start with `TRACKER_`. */
export class TrackerError extends PeerloomError {
  /** How long the tracker asks not to be asked again (BEP 31), in ms; `Infinity`: never again. */
  readonly retryInMs: number | undefined;

  constructor(
    code: string,
    message: string,
    { cause, retryInMs }: { readonly cause?: unknown; readonly retryInMs?: number } = {},
  ) {
    super(code, message, { cause });
    this.retryInMs = retryInMs;
  }
}

/** What failed, as an error of ours: a {@link TrackerError} as it is, anything else as what could not be reached. */
export function asTrackerError(error: unknown): TrackerError {
  if (error instanceof TrackerError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isPeerloomError(error) && error.code === 'NETWORK_TIMEOUT') {
    return new TrackerError('TRACKER_TIMEOUT', message, { cause: error });
  }
  return new TrackerError('TRACKER_CONNECT', message, { cause: error });
}

const maxTextLength = 300;

/** What a tracker says to people, as one line that is safe to show: at most 300 characters. */
export function printableText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, maxTextLength * 4));
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, maxTextLength);
}
