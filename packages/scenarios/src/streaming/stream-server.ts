import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SessionError, type TorrentHandle } from '@peerloom/core';
import { type ByteRange, parseByteRange } from './byte-range.js';
import { mediaTypeOf } from './media-type.js';
import { type TorrentReader, torrentReader, torrentReaderKey } from './torrent-reader.js';

const maxConnections = 64;

/** Options of {@link StreamServer.listen}. */
export interface StreamServerOptions {
  /** Index of the file in the torrent, from 0. Default: the largest. */
  readonly file?: number;
  /** Default: 127.0.0.1, so that nobody else on the network is served. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
}

/**
 * Serves one file of a torrent over HTTP while it is downloaded, as media players ask for it: with ranges (RFC 9110,
 * section 14). What a player asks for is downloaded first; where it is not there yet the answer waits. No faster than
 * the player takes it, anything is read.
 */
export class StreamServer {
  readonly #server: Server;
  readonly #reader: TorrentReader;
  readonly #file: number;
  readonly #sizeBytes: number;
  readonly #path: string;
  readonly #mediaType: string;
  readonly #etag: string;
  readonly #closed = new AbortController();

  /**
   * Adds the extension `torrent-reader` to the torrent where it is not there, and listens. Rejects with
   * `SESSION_NO_METADATA`, `SESSION_OUT_OF_RANGE`, and system errors. Closes by itself where the torrent stops in
   * error or is removed before it is downloaded.
   */
  static async listen(torrent: TorrentHandle, options: StreamServerOptions = {}): Promise<StreamServer> {
    const server = new StreamServer(torrent, options.file);
    server.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
    await once(server.#server, 'listening');
    torrent.finished().catch(() => server.close());
    return server;
  }

  private constructor(torrent: TorrentHandle, file = largestFile(torrent)) {
    const { lengthBytes, path } = torrent.info?.layout.files[file] ?? {};
    if (lengthBytes === undefined) throw new SessionError('SESSION_OUT_OF_RANGE', `there is no file ${file}`);
    const name = path?.at(-1) ?? '';
    this.#reader = readerOf(torrent);
    this.#file = file;
    this.#sizeBytes = lengthBytes;
    this.#path = `/${encodeURIComponent(name)}`;
    this.#mediaType = mediaTypeOf(name);
    this.#etag = `"${torrent.infoHash.hex}-${file}"`;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.maxConnections = maxConnections;
  }

  /** What to give to a player. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}${this.#path}`;
  }

  /** Ends all answers, and resolves when every connection is closed. Later calls do nothing. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isHead = request.method === 'HEAD';
    if (!isHead && request.method !== 'GET') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const path = request.url?.split('?', 1)[0];
    if (path !== this.#path) {
      if (path === '/') response.writeHead(302, { Location: this.#path }).end();
      else response.writeHead(404).end();
      return;
    }
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('ETag', this.#etag);
    response.setHeader('Content-Type', this.#mediaType);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (isListed(request.headers['if-none-match'], this.#etag)) {
      response.writeHead(304).end();
      return;
    }
    const range = isHead ? undefined : this.#rangeOf(request);
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'Content-Range': `bytes */${this.#sizeBytes}`, 'Content-Length': 0 }).end();
      return;
    }
    const { first, last } = range ?? { first: 0, last: this.#sizeBytes - 1 };
    response.statusCode = range === undefined ? 200 : 206;
    response.setHeader('Content-Length', last - first + 1);
    if (range !== undefined) {
      response.setHeader('Content-Range', `bytes ${first}-${last}/${this.#sizeBytes}`);
    }
    if (isHead) response.end();
    else await this.#send({ first, last }, response);
  }

  /** A part that was begun of something else (`If-Range`) is to be had as a whole. */
  #rangeOf({ headers }: IncomingMessage): ByteRange | 'unsatisfiable' | undefined {
    const condition = headers['if-range'];
    if (condition !== undefined && condition !== this.#etag) return undefined;
    return parseByteRange(headers.range, this.#sizeBytes);
  }

  async #send(range: ByteRange, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#closed.signal]);
    // The player learns the size before the first byte is there.
    response.flushHeaders();
    try {
      for await (const chunk of this.#reader.read(this.#file, range, signal)) {
        if (!response.write(chunk)) await once(response, 'drain', { signal });
      }
      response.end();
    } catch {
      // The player has gone, the server closes, or the data cannot be had: a cut-off answer says that it is one.
      response.destroy();
    }
  }
}

function largestFile(torrent: TorrentHandle): number {
  const { layout } = torrent.info ?? {};
  if (layout === undefined) throw new SessionError('SESSION_NO_METADATA', 'the metadata is not known yet');
  const sizes = layout.files.map(({ isPad, lengthBytes }) => (isPad ? -1 : lengthBytes));
  return sizes.indexOf(Math.max(...sizes));
}

function readerOf(torrent: TorrentHandle): TorrentReader {
  if (torrent.plugin(torrentReaderKey) === undefined) torrent.addExtension(torrentReader());
  const reader = torrent.plugin(torrentReaderKey);
  if (reader === undefined) throw new SessionError('SESSION_TORRENT_REMOVED', 'the torrent was removed');
  return reader;
}

/** Whether an entity tag is in a list of them, or the list is `*`. */
function isListed(list: string | undefined, etag: string): boolean {
  return list?.split(',').some((entry) => ['*', etag, `W/${etag}`].includes(entry.trim())) ?? false;
}
