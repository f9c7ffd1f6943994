import { setImmediate } from 'node:timers/promises';
import { createSecureContext, type SecureContextOptions, TLSSocket, type TLSSocketOptions } from 'node:tls';
import { SeededRandom } from '@peerloom/core';
import { type Connection, endpoint, InfoHash } from '@peerloom/core/plugin';
import { type MemoryHost, MemoryNetwork, VirtualClock } from '@peerloom/testing';
import type { Announcement, AnnounceReply } from '../announcement.js';
import { parseTrackerUrl } from '../tracker-url.js';
import { ConnectionDuplex } from './connection-duplex.js';
import { HttpTrackers } from './http-tracker.js';
import { testAuthority, testCertificate, testCertificateKey } from './test-certificates.fake.js';
import { TlsClient } from './tls-client.js';

export const trackerAddress = '198.51.100.9';

/** Of an announce: what a tracker is told does not matter here. */
const announcement: Announcement = {
  infoHash: InfoHash.fromBytes(new Uint8Array(20).fill(7)),
  peerId: new Uint8Array(20).fill(0x41),
  port: 6881,
  uploadedBytes: 0,
  downloadedBytes: 0,
  leftBytes: 1,
  corruptBytes: 0,
  event: 'started',
  key: 1,
  numWant: 50,
  trackerId: undefined,
};

/**
 * Lets a little time pass. TLS is computed between turns of the event loop, for which the virtual clock alone does not
 * wait.
 */
export async function passTime(clock: VirtualClock): Promise<void> {
  await clock.advance(10);
  await setImmediate();
}

/** What the other side of TLS is. */
export interface TlsServerOptions extends SecureContextOptions, Pick<TLSSocketOptions, 'ALPNProtocols'> {}

/** A server that speaks TLS by node's own means over connections of the memory network. */
export class TlsServer {
  /** Heads of requests. */
  readonly requests: string[] = [];
  /** Names that were asked for; `false` for none. */
  readonly names: (string | false | null)[] = [];
  /** Sends the answer to a request. */
  answer: (socket: TLSSocket, request: string) => void = () => undefined;
  readonly #options: TlsServerOptions;

  constructor(options: TlsServerOptions = {}) {
    this.#options = { key: testCertificateKey, cert: testCertificate, ...options };
  }

  async listen(host: MemoryHost, address = trackerAddress, port = 443): Promise<void> {
    await host.listen(endpoint(address, port), (connection) => this.#serve(connection));
  }

  #serve(connection: Connection): void {
    const { ALPNProtocols, ...options } = this.#options;
    const socket = new TLSSocket(new ConnectionDuplex(connection, Number.POSITIVE_INFINITY), {
      isServer: true,
      secureContext: createSecureContext(options),
      ...(ALPNProtocols !== undefined && { ALPNProtocols }),
    });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.endsWith('\r\n\r\n')) return;
      this.names.push((socket as TLSSocket & { servername?: string | false }).servername ?? null);
      this.requests.push(text);
      this.answer(socket, text);
    });
    // Clients that go away, or do not like the certificate.
    socket.on('error', () => undefined);
  }
}

/** A host of the memory network that asks trackers, and one on which they are. */
export class HttpsScene {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({
    clock: this.clock,
    random: new SeededRandom(1),
    maxChunkBytes: 700,
  });
  readonly own = this.network.host('203.0.113.1');
  readonly remote = this.network.host(trackerAddress);

  /** Listens without TLS: `onData` is told of what a client sends. */
  async listenPlain(onData: (connection: Connection) => void): Promise<void> {
    await this.remote.listen(endpoint(trackerAddress, 443), (connection) => {
      connection.setHandler({
        onConnect: () => undefined,
        onData: () => onData(connection),
        onDrain: () => undefined,
        onEnd: () => connection.destroy(),
        onClose: () => undefined,
      });
    });
  }

  /** Announces at the tracker's address to whom the URL names. */
  announce(
    text: string,
    tls = new TlsClient(testAuthority),
    { signal } = new AbortController(),
  ): Promise<AnnounceReply> {
    const url = parseTrackerUrl(text);
    if (url === undefined) throw new RangeError(`no URL of a tracker: ${text}`);
    const http = new HttpTrackers({ network: this.own, clock: this.clock, tls, userAgent: 'test' });
    const route = { url, remote: endpoint(trackerAddress, url.port), localAddress: undefined };
    return this.#whileTimePasses(http.announce(route, announcement, signal));
  }

  /** What comes of an announce: `reply`, or the code of what failed. */
  async outcome(text: string, tls?: TlsClient): Promise<string> {
    return this.announce(text, tls).then(
      () => 'reply',
      (error: { readonly code: string }) => error.code,
    );
  }

  /** Lets what has ended close. */
  async settle(): Promise<void> {
    for (let i = 0; i < 50; i++) await passTime(this.clock);
  }

  async #whileTimePasses<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => undefined);
    while (!isSettled) await passTime(this.clock);
    return settled;
  }
}
