import {
  type BencodeInput,
  type Connection,
  type DatagramSocket,
  type Endpoint,
  encode,
  endpoint,
  type Listener,
} from '@peerloom/core/plugin';
import type { MemoryHost } from '@peerloom/testing';
import { encodeUdpReply, type UdpReply } from '../protocol/udp-reply.js';
import { decodeUdpRequest, type UdpRequest } from '../protocol/udp-request.js';

/** A request that a scripted tracker got over HTTP. */
export interface ScriptedRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: string;
  readonly from: Endpoint;
}

/** What it answers: bytes as they are, or nothing, so that the connection stays open. */
export type ScriptedAnswer = Uint8Array | string | undefined;

/** An HTTP response around a bencoded value. */
export function bencoded(value: BencodeInput, status = '200 OK'): Uint8Array {
  const body = encode(value);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
}

/** An HTTP tracker that says what the test tells it to. */
export class ScriptedHttpTracker {
  readonly requests: ScriptedRequest[] = [];
  answer: (request: ScriptedRequest) => ScriptedAnswer = () => bencoded({ interval: 1800, peers: '' });
  readonly #listener: Listener;

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  static async listen(host: MemoryHost, address: string, port = 80): Promise<ScriptedHttpTracker> {
    let accept: (connection: Connection) => void = () => undefined;
    const listener = await host.listen(endpoint(address, port), (connection) => accept(connection));
    const tracker = new ScriptedHttpTracker(listener);
    accept = (connection) => tracker.#serve(connection);
    return tracker;
  }

  /** Values of `event` so far, `''` for none. */
  get events(): readonly string[] {
    return this.requests.map(({ query }) => query.get('event') ?? '');
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  #serve(connection: Connection): void {
    let text = '';
    connection.setHandler({
      onConnect: () => undefined,
      onData: (chunk) => {
        text += Buffer.from(chunk).toString('latin1');
        if (text.endsWith('\r\n\r\n')) this.#answer(connection, text);
      },
      onDrain: () => undefined,
      onEnd: () => connection.destroy(),
      onClose: () => undefined,
    });
  }

  #answer(connection: Connection, text: string): void {
    const [, target = ''] = text.split(' ');
    const [path = '', query = ''] = target.split('?');
    const request = { path, query: new URLSearchParams(query), headers: text, from: connection.remote };
    this.requests.push(request);
    const answer = this.answer(request);
    if (answer === undefined) return;
    const bytes = typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer;
    connection.write([bytes], () => undefined);
    connection.end();
  }
}

/** A UDP tracker that says what the test tells it to. */
export class ScriptedUdpTracker {
  readonly requests: { readonly request: UdpRequest; readonly from: Endpoint }[] = [];
  /** `undefined`: silence. By default it hands out the connection id 7, and peers to nobody. */
  answer: (request: UdpRequest, from: Endpoint) => UdpReply | undefined = usualAnswer;
  #socket: DatagramSocket | undefined;

  static async listen(host: MemoryHost, address: string, port: number): Promise<ScriptedUdpTracker> {
    const tracker = new ScriptedUdpTracker();
    tracker.#socket = await host.datagram(endpoint(address, port), (data, from) =>
      tracker.#receive(data, from),
    );
    return tracker;
  }

  /** What was asked, in order. */
  get actions(): readonly string[] {
    return this.requests.map(({ request }) =>
      request.action === 'announce' ? request.event : request.action,
    );
  }

  /** Sends a reply that nobody need have asked for. */
  send(reply: UdpReply, to: Endpoint): void {
    this.#socket?.send(encodeUdpReply(reply, to.family), to);
  }

  close(): void {
    this.#socket?.close();
  }

  #receive(data: Uint8Array, from: Endpoint): void {
    const request = decodeUdpRequest(data);
    if (request === undefined) return;
    this.requests.push({ request, from });
    const reply = this.answer(request, from);
    if (reply !== undefined) this.send(reply, from);
  }
}

/** What a tracker without peers answers. */
export function usualAnswer(request: UdpRequest): UdpReply {
  const { transactionId } = request;
  if (request.action === 'connect') return { action: 'connect', transactionId, connectionId: 7n };
  if (request.action === 'scrape') {
    const counts = request.infoHashes.map(() => ({ seeders: 3, completed: 2, leechers: 1 }));
    return { action: 'scrape', transactionId, counts };
  }
  return { action: 'announce', transactionId, intervalS: 1800, leechers: 1, seeders: 3, peers: [] };
}
