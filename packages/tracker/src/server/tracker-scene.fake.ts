import { SeededRandom } from '@peerloom/core';
import {
  asDict,
  type BencodeDict,
  type Connection,
  type ConnectionHandler,
  concatBytes,
  type DatagramSocket,
  decode,
  type Endpoint,
  endpoint,
  InfoHash,
} from '@peerloom/core/plugin';
import { DeterministicSecureRandom, MemoryNetwork, VirtualClock } from '@peerloom/testing';
import type { TrackerAnnounce } from './tracker-announce.js';
import { TrackerServer } from './tracker-server.js';
import type { TrackerServerOptions } from './tracker-server-options.js';

/** Addresses of the tracker's host. */
export const trackerAddress = { 4: '198.51.100.1', 6: '2001:db8:ffff::1' } as const;
const port = 6969;

/** An infohash that is told apart by a number; its bytes are not ASCII, nor UTF-8. */
export function infoHashOf(n: number): InfoHash {
  return InfoHash.fromBytes(Uint8Array.from({ length: 20 }, (_, i) => (i === 0 ? n : 0xf0 + (i % 16))));
}

/** Bytes as text of a query. */
export function percentEncode(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** A text, one byte a character. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Fields of an announce; others are those of a leech that has just started. */
export interface AnnounceFields {
  readonly infoHash?: InfoHash;
  readonly peerId?: Uint8Array;
  readonly port?: number;
  readonly left?: number;
  readonly event?: string;
  readonly numwant?: number;
  readonly compact?: 0 | 1;
  readonly extra?: string;
}

/** The target of an announce over HTTP. */
export function announceTarget(fields: AnnounceFields = {}): string {
  const parameters = [
    `info_hash=${percentEncode((fields.infoHash ?? infoHashOf(1)).toBytes())}`,
    `peer_id=${percentEncode(fields.peerId ?? new Uint8Array(20).fill(0x41))}`,
    `port=${fields.port ?? 6881}`,
    `uploaded=0&downloaded=0&left=${fields.left ?? 100}`,
    ...(fields.event === undefined ? [] : [`event=${fields.event}`]),
    ...(fields.numwant === undefined ? [] : [`numwant=${fields.numwant}`]),
    ...(fields.compact === undefined ? [] : [`compact=${fields.compact}`]),
    ...(fields.extra === undefined ? [] : [fields.extra]),
  ];
  return `/announce?${parameters.join('&')}`;
}

/** A bare client of the HTTP port, which keeps what it hears. */
export class HttpClient implements ConnectionHandler {
  readonly connection: Connection;
  #received: Uint8Array = new Uint8Array(0);
  isClosed = false;
  hasEnded = false;
  /** Whether it reads the end of the other side, and then ends too, as well-behaved clients do. */
  endsToo = true;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.setHandler(this);
  }

  /** All that it has heard, one character a byte. */
  get text(): string {
    return Buffer.from(this.#received).toString('latin1');
  }

  /** Status codes of the responses so far. */
  get statuses(): number[] {
    return Array.from(this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
  }

  /** Body of the one response that it got. */
  get body(): Uint8Array {
    const start = this.text.indexOf('\r\n\r\n');
    return this.#received.slice(start + 4);
  }

  send(text: string): void {
    this.connection.write([latin1(text)], () => undefined);
  }

  onConnect(): void {}
  onDrain(): void {}
  onData(chunk: Uint8Array): void {
    this.#received = concatBytes(this.#received, chunk);
  }
  onEnd(): void {
    this.hasEnded = true;
    if (this.endsToo) this.connection.end();
  }
  onClose(): void {
    this.isClosed = true;
  }
}

/** A bare client of the UDP port, which keeps what it hears. */
export class UdpClient {
  readonly socket: DatagramSocket;
  readonly received: Uint8Array[];
  readonly #scene: TrackerScene;
  readonly #to: Endpoint;

  constructor(socket: DatagramSocket, received: Uint8Array[], scene: TrackerScene, to: Endpoint) {
    this.socket = socket;
    this.received = received;
    this.#scene = scene;
    this.#to = to;
  }

  /** Sends a datagram; the first reply within a second, or `undefined`. */
  async ask(datagram: Uint8Array): Promise<Buffer | undefined> {
    const { length } = this.received;
    this.socket.send(datagram, this.#to);
    await this.#scene.clock.advance(1_000);
    const reply = this.received[length];
    return reply && Buffer.from(reply);
  }

  /** Asks for a connection id. */
  async connect(): Promise<Uint8Array> {
    const reply = await this.ask(connectPacket());
    if (reply?.length !== 16 || reply.readUInt32BE(0) !== 0) throw new Error('no connection id');
    return new Uint8Array(reply.subarray(8));
  }
}

/** A connect request (BEP 15). */
export function connectPacket(transactionId = 7): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64BE(0x41727101980n, 0);
  bytes.writeUInt32BE(transactionId, 12);
  return new Uint8Array(bytes);
}

/** An announce (BEP 15). `event`: 0 none, 1 completed, 2 started, 3 stopped. */
export function announcePacket(
  connectionId: Uint8Array,
  fields: Omit<AnnounceFields, 'event' | 'compact' | 'extra'> & {
    readonly event?: number;
    readonly options?: Uint8Array;
  } = {},
): Uint8Array {
  const bytes = Buffer.alloc(98);
  bytes.set(connectionId);
  bytes.writeUInt32BE(1, 8);
  bytes.writeUInt32BE(7, 12);
  bytes.set((fields.infoHash ?? infoHashOf(1)).toBytes(), 16);
  bytes.set(fields.peerId ?? new Uint8Array(20).fill(0x41), 36);
  bytes.writeBigUInt64BE(BigInt(fields.left ?? 100), 64);
  bytes.writeUInt32BE(fields.event ?? 0, 80);
  bytes.writeInt32BE(fields.numwant ?? -1, 92);
  bytes.writeUInt16BE(fields.port ?? 6881, 96);
  return concatBytes(bytes, fields.options ?? new Uint8Array(0));
}

/** A scrape (BEP 15). */
export function scrapePacket(connectionId: Uint8Array, ...infoHashes: readonly InfoHash[]): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.set(connectionId);
  bytes.writeUInt32BE(2, 8);
  bytes.writeUInt32BE(7, 12);
  return concatBytes(bytes, ...infoHashes.map((infoHash) => infoHash.toBytes()));
}

/** Endpoints of a compact list, as text. */
export function compactPeers(bytes: Uint8Array, addressBytes = 4): string[] {
  const size = addressBytes + 2;
  expectEven(bytes.length, size);
  return Array.from({ length: bytes.length / size }, (_, i) => {
    const entry = Buffer.from(bytes.slice(i * size, (i + 1) * size));
    return `${entry.subarray(0, addressBytes).join('.')}:${entry.readUInt16BE(addressBytes)}`;
  }).sort();
}

function expectEven(length: number, size: number): void {
  if (length % size !== 0) throw new Error(`${length} bytes are no list of entries of ${size}`);
}

/** A tracker on a host of its own in virtual time, with the clients that a test asks for. */
export class TrackerScene {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly tracker: TrackerServer;
  readonly announces: TrackerAnnounce[] = [];

  private constructor(options: Partial<TrackerServerOptions>) {
    this.network = new MemoryNetwork({ clock: this.clock, random: new SeededRandom(1), latencyMs: 10 });
    this.tracker = new TrackerServer({
      network: this.network.host([trackerAddress[4], trackerAddress[6]]),
      clock: this.clock,
      secureRandom: new DeterministicSecureRandom(1),
      onAnnounce: (announce) => this.announces.push(announce),
      ...options,
    });
  }

  /** Listens with both protocols and families. */
  static async open(options: Partial<TrackerServerOptions> = {}): Promise<TrackerScene> {
    const scene = new TrackerScene(options);
    for (const address of Object.values(trackerAddress)) {
      await scene.tracker.listenHttp(endpoint(address, port));
      await scene.tracker.listenUdp(endpoint(address, port));
    }
    return scene;
  }

  /** A client at an address, connected. */
  async client(address: string): Promise<HttpClient> {
    const client = new HttpClient(this.network.host(address).dial(serverFor(address), { timeoutMs: 5_000 }));
    await this.clock.advance(100);
    return client;
  }

  /** What one request is answered with, on a connection of its own. */
  async request(address: string, text: string): Promise<HttpClient> {
    const client = await this.client(address);
    client.send(text);
    await this.clock.runUntil(() => client.isClosed, {
      timeoutMs: 60_000,
      what: 'the end of the connection',
    });
    return client;
  }

  /** The body of a `GET`. */
  async get(address: string, target: string): Promise<Uint8Array> {
    const head = `GET ${target} HTTP/1.1\r\nHost: tracker\r\nConnection: close\r\n\r\n`;
    return (await this.request(address, head)).body;
  }

  /** The reply to an announce over HTTP. */
  async announce(address: string, fields: AnnounceFields = {}): Promise<BencodeDict> {
    const reply = asDict(decode(await this.get(address, announceTarget(fields))));
    if (reply === undefined) throw new Error('no dictionary');
    return reply;
  }

  /** A UDP client at an address. */
  async udp(address: string, localPort = 5000): Promise<UdpClient> {
    const received: Uint8Array[] = [];
    const socket = await this.network
      .host(address)
      .datagram(endpoint(address, localPort), (data) => received.push(data.slice()));
    return new UdpClient(socket, received, this, serverFor(address));
  }
}

function serverFor(address: string): Endpoint {
  return endpoint(trackerAddress[address.includes(':') ? 6 : 4], port);
}
