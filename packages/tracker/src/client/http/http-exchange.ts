import type { Connection, ConnectionHandler } from '@peerloom/core/plugin';
import { asTrackerError, TrackerError } from '../tracker-error.js';
import { type HttpResponse, HttpResponseParser } from './response-parser.js';

/** As a {@link ConnectionHandler}; what fails may be what lies over the connection. */
export interface HttpStreamHandler extends ConnectionHandler {
  onClose(error: Error | undefined): void;
}

/** What HTTP is spoken over: a connection, or TLS over one. */
export interface HttpStream extends Pick<Connection, 'write' | 'destroy'> {
  /** Sets who is told of events, in the turn in which the stream was made. */
  setHandler(handler: HttpStreamHandler): void;
}

/**
 * Sends a request over a stream that is just being opened, and reads the response; the stream is closed afterwards.
 * Rejects with {@link TrackerError}, or the reason of `signal`.
 */
export function httpExchange(
  stream: HttpStream,
  request: Uint8Array,
  signal: AbortSignal,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const parser = new HttpResponseParser();
    const end = (): void => {
      signal.removeEventListener('abort', abort);
      stream.destroy();
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
    stream.setHandler({
      onConnect: () => void stream.write([request], () => undefined),
      onData: (chunk) => take(() => parser.push(chunk)),
      onDrain: () => undefined,
      onEnd: () => take(() => parser.end()),
      onClose: (error: Error | undefined) =>
        fail(error === undefined ? closedEarly() : asTrackerError(error)),
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}

function closedEarly(): TrackerError {
  return new TrackerError('TRACKER_CONNECT', 'the tracker closed the connection without an answer');
}
