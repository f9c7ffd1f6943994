import type { Connection, NetworkError } from '@peerloom/core/plugin';
import { asTrackerError, TrackerError } from '../tracker-error.js';
import { type HttpResponse, HttpResponseParser } from './response-parser.js';

/**
 * Sends a request over a connection that has just been dialled, and reads the response; the connection is closed
 * afterwards. Rejects with {@link TrackerError}, or the reason of `signal`.
 */
export function httpExchange(
  connection: Connection,
  request: Uint8Array,
  signal: AbortSignal,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const parser = new HttpResponseParser();
    const end = (): void => {
      signal.removeEventListener('abort', abort);
      connection.destroy();
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
    };
    const abort = (): void => fail(signal.reason);
    const take = (step: () => void): void => {
      try {
        step();
        if (!parser.isDone) return;
        end();
        resolve(parser.response);
      } catch (error) {
        fail(error);
      }
    };
    connection.setHandler({
      onConnect: () => void connection.write([request], () => undefined),
      onData: (chunk) => take(() => parser.push(chunk)),
      onDrain: () => undefined,
      onEnd: () => take(() => parser.end()),
      onClose: (error: NetworkError | undefined) =>
        fail(error === undefined ? closedEarly() : asTrackerError(error)),
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}

function closedEarly(): TrackerError {
  return new TrackerError('TRACKER_CONNECT', 'the tracker closed the connection without an answer');
}
