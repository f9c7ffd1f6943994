import { TrackerError } from '../tracker-error.js';

/** An answer to an HTTP request. */
export interface HttpResponse {
  readonly status: number;
  /** By lower-case name; values of one name joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** Status line and header lines, with their line ends. */
const maxHeadBytes = 16 * 1024;
/** The body. */
export const maxBodyBytes = 1024 * 1024;
/** All that comes, framing of chunks included. */
const maxReceivedBytes = 2 * maxBodyBytes;
const maxChunkLineBytes = 1024;
/** Chunks take time however small they are. */
const maxChunks = 10_000;

type State = 'status' | 'headers' | 'body' | 'chunkSize' | 'chunk' | 'chunkEnd' | 'done';

/**
 * Reads one HTTP/1 response (RFC 9112) from bytes that come cut anywhere: with a length, in chunks, or up to the end
 * of the connection. Keeps 16 KiB of head and 1 MiB of body at most. Trailers are not waited for.
 */
export class HttpResponseParser {
  #state: State = 'status';
  readonly #line = new GrowingBuffer();
  #headBytes = 0;
  #receivedBytes = 0;
  #status = 0;
  #headers = new Map<string, string>();
  readonly #body = new GrowingBuffer();
  #chunkCount = 0;
  /** Bytes of the body, or of the chunk, that are still to come; `Infinity`: up to the end of the connection. */
  #wanted = 0;

  /** Whether the response is complete. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** The response, once it is complete. */
  get response(): HttpResponse {
    return { status: this.#status, headers: this.#headers, body: this.#body.bytes() };
  }

  /** Takes bytes, which may be used again afterwards. Throws `TRACKER_HTTP` or `TRACKER_TOO_LARGE`. */
  push(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length;
    if (this.#receivedBytes > maxReceivedBytes) throw tooLarge();
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      at = this.#isInBody() ? this.#takeBody(bytes, at) : this.#takeLine(bytes, at);
    }
  }

  /** The remote sends no more. Throws `TRACKER_HTTP` where the response is not complete. */
  end(): void {
    if (this.#state === 'done') return;
    if (this.#state !== 'body' || Number.isFinite(this.#wanted)) throw malformed('it is cut short');
    this.#state = 'done';
  }

  #isInBody(): boolean {
    return this.#state === 'body' || this.#state === 'chunk';
  }

  #takeBody(bytes: Uint8Array, from: number): number {
    const part = bytes.subarray(from, from + Math.min(this.#wanted, bytes.length - from));
    if (!this.#body.add(part, maxBodyBytes)) throw tooLarge();
    this.#wanted -= part.length;
    if (this.#wanted === 0) this.#state = this.#state === 'body' ? 'done' : 'chunkEnd';
    return from + part.length;
  }

  #takeLine(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(0x0a, from);
    const part = bytes.subarray(from, end < 0 ? bytes.length : end + 1);
    const isHead = this.#state === 'status' || this.#state === 'headers';
    if (isHead) this.#headBytes += part.length;
    const maxBytes = isHead ? maxHeadBytes : maxChunkLineBytes;
    if (this.#headBytes > maxHeadBytes || !this.#line.add(part, maxBytes)) throw tooLarge();
    if (end >= 0) this.#takeWholeLine(lineOf(this.#line));
    return from + part.length;
  }

  #takeWholeLine(line: string): void {
    if (this.#state === 'status') this.#takeStatus(line);
    else if (this.#state === 'chunkSize') this.#takeChunkSize(line);
    else if (this.#state === 'chunkEnd') this.#endChunk(line);
    else if (line === '') this.#beginBody();
    else this.#takeHeader(line);
  }

  #endChunk(line: string): void {
    if (line !== '') throw malformed('a chunk is longer than it says');
    this.#state = 'chunkSize';
  }

  #takeStatus(line: string): void {
    const match = /^HTTP\/1\.\d (\d{3})(?: |$)/.exec(line);
    if (match === null) throw malformed('no status line of HTTP/1');
    this.#status = Number(match[1]);
    this.#state = 'headers';
  }

  #takeHeader(line: string): void {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    const [, name = '', value = ''] = match ?? [];
    if (match === null) throw malformed('a header line without a name');
    const key = name.toLowerCase();
    const before = this.#headers.get(key);
    this.#headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }

  #beginBody(): void {
    if (this.#status < 200) {
      // Something provisional: the answer follows.
      this.#headers = new Map();
      this.#state = 'status';
      return;
    }
    const coding = this.#headers.get('transfer-encoding');
    if (this.#status === 204 || this.#status === 304) {
      this.#state = 'done';
    } else if (coding !== undefined) {
      if (coding.toLowerCase() !== 'chunked') throw malformed('an unknown transfer coding');
      this.#state = 'chunkSize';
    } else {
      this.#wanted = this.#contentLength();
      this.#state = this.#wanted === 0 ? 'done' : 'body';
    }
  }

  #contentLength(): number {
    const text = this.#headers.get('content-length');
    if (text === undefined) return Number.POSITIVE_INFINITY;
    const [first = '', ...others] = text.split(/[ \t]*,[ \t]*/);
    const isOne = /^\d{1,15}$/.test(first) && others.every((other) => other === first);
    if (!isOne) throw malformed('no usable content length');
    if (Number(first) > maxBodyBytes) throw tooLarge();
    return Number(first);
  }

  #takeChunkSize(line: string): void {
    const digits = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?$/.exec(line)?.[1];
    if (digits === undefined) throw malformed('a chunk without a length');
    if (++this.#chunkCount > maxChunks) throw tooLarge();
    this.#wanted = Number.parseInt(digits, 16);
    this.#state = this.#wanted === 0 ? 'done' : 'chunk';
  }
}

/** Bytes that come in parts, which may be many and small: only the bytes themselves take memory. */
class GrowingBuffer {
  #bytes = new Uint8Array(0);
  #length = 0;

  /** False where there would be more than `maxBytes`. */
  add(part: Uint8Array, maxBytes: number): boolean {
    const length = this.#length + part.length;
    if (length > maxBytes) return false;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(maxBytes, Math.max(1024, 2 * length)));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(part, this.#length);
    this.#length = length;
    return true;
  }

  /** All bytes; good until the next change. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}

/** Takes a line out of its buffer, without its end. */
function lineOf(buffer: GrowingBuffer): string {
  const line = Buffer.from(buffer.bytes()).toString('latin1');
  buffer.clear();
  return line.replace(/\r?\n$/, '');
}

function tooLarge(): TrackerError {
  return new TrackerError(
    'TRACKER_TOO_LARGE',
    'the reply is longer than 1 MiB, in too many chunks, or its head is longer than 16 KiB',
  );
}

function malformed(problem: string): TrackerError {
  return new TrackerError('TRACKER_HTTP', `not an HTTP response: ${problem}`);
}
