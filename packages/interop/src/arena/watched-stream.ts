import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TorrentHandle } from '@peerloom/core';
import { StreamServer } from '@peerloom/scenarios';
import { withDeadline } from '../engines/deadline.js';

const channel = 'http.server.request.start';

/** What Node tells of a request that has come. */
interface RequestStart {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A request that was answered, to the end or not. */
export interface StreamAnswer {
  readonly range: string | undefined;
  readonly status: number;
  /** Offset of the first byte of a part of the file; `undefined` where none was sent. */
  readonly firstByte: number | undefined;
}

/** A server of the largest file of a torrent, and what it was asked. */
export class WatchedStream {
  readonly url: string;
  readonly #server: StreamServer;
  readonly #port: number;
  readonly #answers: StreamAnswer[] = [];
  readonly #open = new Set<ServerResponse>();
  #onIdle = (): void => {};

  private constructor(server: StreamServer) {
    this.#server = server;
    this.url = server.url;
    this.#port = Number(new URL(server.url).port);
    subscribe(channel, this.#onRequest);
  }

  static async listen(torrent: TorrentHandle): Promise<WatchedStream> {
    return new WatchedStream(await StreamServer.listen(torrent));
  }

  readonly #onRequest = (message: unknown): void => {
    const { request, response } = message as RequestStart;
    if (request.socket.localPort !== this.#port) return;
    this.#open.add(response);
    response.once('close', () => {
      const [, firstByte] = /^bytes (\d+)-/.exec(`${response.getHeader('content-range')}`) ?? [];
      this.#answers.push({
        range: request.headers.range,
        status: response.statusCode,
        firstByte: firstByte === undefined ? undefined : Number(firstByte),
      });
      this.#open.delete(response);
      if (this.#open.size === 0) this.#onIdle();
    });
  };

  /** In the order in which they ended. */
  get answers(): readonly StreamAnswer[] {
    return this.#answers;
  }

  /** Resolves once no request is being answered. */
  idle(): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      if (this.#open.size === 0) resolve();
    });
    return withDeadline(idle, 'all answers to end', () => this.describe());
  }

  describe(): string {
    const answers = this.#answers.map((answer) => JSON.stringify(answer));
    return ['stream:', ...answers, `${this.#open.size} being answered`].join('\n  ');
  }

  async stop(): Promise<void> {
    await this.#server.close();
    unsubscribe(channel, this.#onRequest);
  }
}
