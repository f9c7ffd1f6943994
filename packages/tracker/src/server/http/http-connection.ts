import {
  type Clock,
  type Connection,
  type ConnectionHandler,
  concatBytes,
  type TimerHandle,
} from '@peerloom/core/plugin';
import { type HttpHead, maxHeadBytes, parseHttpHead } from './http-head.js';
import { encodeHttpResponse, type HttpResponse, methods, plainResponse } from './http-response.js';

/** What a connection tells its server. */
export interface HttpConnectionOwner {
  readonly clock: Clock;
  /** Answers a `GET` or `HEAD`. */
  respond(head: HttpHead, connection: Connection): HttpResponse;
  /** What was sent is no request that is answered, or none of HTTP. */
  malformed(): void;
  /** The remote took too long, and was closed. */
  timedOut(): void;
  /** It begins to wait: where `isIdle` for its next request, so that nothing is lost when it is closed. */
  waits(connection: HttpConnection, isIdle: boolean): void;
  closed(connection: HttpConnection): void;
}

/** From the first byte of a request, or from the start of the connection, to the end of its head. */
const headTimeoutMs = 10_000;
/** From an answer to the first byte of the next request. */
const idleTimeoutMs = 30_000;
/** For a remote to read what it was sent. */
const drainTimeoutMs = 10_000;
/** Requests that are answered on one connection. */
const maxRequestsPerConnection = 100;

const lineEnd = '\r\n';
const headEnd = '\r\n\r\n';
const noBytes = new Uint8Array(0);

/** What a connection waits for: a whole head, the next request, or that what was sent is read. */
type Waiting = 'head' | 'idle' | 'drain' | 'end';

const timeouts: Readonly<Record<Waiting, number>> = {
  head: headTimeoutMs,
  idle: idleTimeoutMs,
  drain: drainTimeoutMs,
  end: drainTimeoutMs,
};

/**
 * One HTTP/1.1 connection of a client (RFC 9112): requests are answered in order, each before the next one is looked
 * at. As long as the remote does not read its answers, no more of its requests are.
 */
export class HttpConnection implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #owner: HttpConnectionOwner;
  /** Bytes of requests that have not been answered: a part of a head, and, while draining, what came in one read. */
  #input: Uint8Array = noBytes;
  #waiting: Waiting = 'head';
  #waitingSinceMs: number;
  #timer: TimerHandle;
  #requestCount = 0;
  #hasRemoteEnded = false;

  constructor(connection: Connection, owner: HttpConnectionOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.#waitingSinceMs = owner.clock.now();
    this.#timer = this.#startTimer();
    owner.waits(this, false);
    connection.setHandler(this);
  }

  /** The party that it belongs to, by address. */
  get address(): string {
    return this.#connection.remote.address;
  }

  /** How long it has been waiting for the same thing. */
  get waitingForMs(): number {
    return this.#owner.clock.now() - this.#waitingSinceMs;
  }

  onConnect(): void {}

  onData(chunk: Uint8Array): void {
    if (this.#waiting === 'end') return;
    this.#input = concatBytes(this.#input, chunk);
    this.#answerAll();
  }

  onDrain(): void {
    if (this.#waiting !== 'drain') return;
    this.#wait('head');
    this.#connection.resume();
    this.#answerAll();
  }

  onEnd(): void {
    this.#hasRemoteEnded = true;
    // Its answers are still to be sent.
    if (this.#waiting !== 'drain') this.finish();
  }

  onClose(): void {
    this.#owner.clock.clear(this.#timer);
    this.#input = noBytes;
    this.#owner.closed(this);
  }

  /** Sends what is to be sent, then closes. */
  finish(): void {
    if (this.#waiting === 'end') return;
    this.#input = noBytes;
    this.#wait('end');
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #answerAll(): void {
    let hasAnswered = false;
    while (this.#waiting !== 'drain' && this.#waiting !== 'end') {
      const text = this.#takeHead();
      if (text === undefined) break;
      hasAnswered = true;
      this.#answer(text);
    }
    if (this.#waiting === 'drain' || this.#waiting === 'end') return;
    // What it was cut from may be large.
    this.#input = new Uint8Array(this.#input);
    if (this.#hasRemoteEnded) this.finish();
    else if (this.#input.length === 0) this.#wait(this.#requestCount === 0 ? 'head' : 'idle');
    // A new request has its own time; bytes that trickle in for one do not prolong it.
    else if (hasAnswered || this.#waiting === 'idle') this.#restart('head');
  }

  /** The next head, without what ends it; `undefined` where it is not all there, or too long. */
  #takeHead(): string | undefined {
    let input = Buffer.from(this.#input.buffer, this.#input.byteOffset, this.#input.length);
    // RFC 9112, 2.2: a client may send an empty line after a body that it had.
    while (input.length >= lineEnd.length && input.toString('latin1', 0, lineEnd.length) === lineEnd) {
      input = input.subarray(lineEnd.length);
    }
    const end = input.subarray(0, maxHeadBytes + headEnd.length).indexOf(headEnd, 0, 'latin1');
    this.#input = input.subarray(end < 0 ? 0 : end + headEnd.length);
    if (end >= 0) return input.toString('latin1', 0, end);
    if (input.length > maxHeadBytes + headEnd.length) this.#refuse(plainResponse(431));
    return undefined;
  }

  #answer(text: string): void {
    const head = parseHttpHead(text);
    if ('status' in head) {
      this.#refuse(plainResponse(head.status));
      return;
    }
    this.#requestCount++;
    const isHead = head.method === 'HEAD';
    // Where a body begins and ends we would have to know to find the next request.
    const isKeptAlive = head.isKeptAlive && !head.hasBody && this.#requestCount < maxRequestsPerConnection;
    const response = this.#responseTo(head);
    // While it was made, the tracker may have been closed.
    if (this.#waiting === 'end') return;
    this.#send(encodeHttpResponse(response, { isHead, isKeptAlive }));
    if (!isKeptAlive) this.finish();
  }

  #responseTo(head: HttpHead): HttpResponse {
    const isKnown = methods.includes(head.method);
    if (isKnown && !head.hasBody) return this.#owner.respond(head, this.#connection);
    this.#owner.malformed();
    return plainResponse(isKnown ? 400 : 405);
  }

  #refuse(response: HttpResponse): void {
    this.#owner.malformed();
    this.#send(encodeHttpResponse(response, { isHead: false, isKeptAlive: false }));
    this.finish();
  }

  #send(bytes: Uint8Array): void {
    if (this.#connection.write([bytes], ignore)) return;
    this.#connection.pause();
    this.#restart('drain');
  }

  #wait(waiting: Waiting): void {
    if (this.#waiting !== waiting) this.#restart(waiting);
  }

  #restart(waiting: Waiting): void {
    this.#waiting = waiting;
    this.#waitingSinceMs = this.#owner.clock.now();
    this.#owner.waits(this, waiting === 'idle');
    this.#owner.clock.clear(this.#timer);
    this.#timer = this.#startTimer();
  }

  #startTimer(): TimerHandle {
    return this.#owner.clock.setTimeout(this.#onTimeout, timeouts[this.#waiting]);
  }

  readonly #onTimeout = (): void => {
    const waiting = this.#waiting;
    if (waiting === 'head' || waiting === 'drain') this.#owner.timedOut();
    if (waiting === 'drain' || waiting === 'end') {
      this.destroy();
      return;
    }
    if (this.#input.length > 0) {
      this.#send(encodeHttpResponse(plainResponse(408), { isHead: false, isKeptAlive: false }));
    }
    this.finish();
  };
}

function ignore(): void {}
