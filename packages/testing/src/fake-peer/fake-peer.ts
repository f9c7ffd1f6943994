import {
  type Connection,
  type ConnectionHandler,
  type Endpoint,
  InfoHash,
  type Network,
  type NetworkError,
} from '@peerloom/core';
import { type BencodeInput, encode } from '@peerloom/core/plugin';
import type { VirtualClock } from '../clock/virtual-clock.js';
import { TestingError } from '../testing-error.js';
import { type FakeContent, type ServeOptions, serveBlocks } from './block-server.js';
import { type FakeExtensionHandshake, parseExtensionHandshake } from './extension-handshake.js';
import {
  decodeFakeHandshake,
  decodeFakeMessage,
  encodeFakeHandshake,
  encodeFakeMessage,
  type FakeHandshake,
  type FakeMessage,
  type FakeMessageOf,
  type FakeMessageType,
  type FakeReservedBits,
  fakeHandshakeLength,
  fakeReservedBytes,
} from './fake-message.js';
import { StreamReader } from './stream-reader.js';

/** Options of a {@link FakePeer}. */
export interface FakePeerOptions {
  /** The clock that it waits by. */
  readonly clock: VirtualClock;
  /** The network that it dials or listens in. */
  readonly network: Network;
  /** In its handshake. 20 bytes where they are given raw. */
  readonly infoHash: InfoHash | Uint8Array;
  /** 20 bytes. Default: `-FK0001-` and a number that no other fake peer of this clock has. */
  readonly peerId?: Uint8Array;
  /** 8 bytes, or the bits that are set. Default: extension protocol and fast extension. */
  readonly reserved?: Uint8Array | FakeReservedBits;
  /** Virtual time after which what is waited for is taken not to come. Default 30 000. */
  readonly timeoutMs?: number;
}

/** Keys of an extension handshake beside `m`, such as `reqq` or `metadata_size`. */
export type FakeHandshakeKeys = Readonly<Record<string, BencodeInput>>;

/** Options of one wait. */
export interface ExpectOptions {
  /** Virtual time after which it fails. Default: the peer's own. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 30_000;
const dialTimeoutMs = 30_000;
const peerCounts = new WeakMap<VirtualClock, number>();

/**
 * A peer that says what a test tells it to, in bytes that its own small codec makes, so that it shares no
 * fault with the engine. Everything received is kept, in order. What waits runs the clock.
 */
export class FakePeer {
  /** The connection that the script speaks over. */
  readonly connection: Connection;
  readonly #options: FakePeerOptions;
  readonly #reader = new StreamReader();
  readonly #received: FakeMessage[] = [];
  readonly #observers = new Set<(message: FakeMessage) => void>();
  readonly #peerId: Uint8Array;
  /** Messages that an `expect` has passed. */
  #cursor = 0;
  #isConnected: boolean;
  #handshake: FakeHandshake | undefined;
  #handshakeFault: string | undefined;
  #localIds: Readonly<Record<string, number>> = {};
  #remoteIds: Record<string, number> = {};
  #closed: { readonly error: NetworkError | undefined } | undefined;
  #receivedBytes = 0;

  /** Takes over a connection that was dialled or accepted; made by {@link FakePeer.dial} and listeners. */
  constructor(connection: Connection, options: FakePeerOptions) {
    this.connection = connection;
    this.#options = options;
    this.#isConnected = connection.local !== undefined;
    this.#peerId = options.peerId ?? nextPeerId(options.clock);
    connection.setHandler(this.#handler());
  }

  /** Starts to dial a peer. What is sent before the connection is open waits. */
  static dial(remote: Endpoint, options: FakePeerOptions & { readonly localAddress?: string }): FakePeer {
    const { localAddress } = options;
    const dialOptions = { timeoutMs: dialTimeoutMs, ...(localAddress !== undefined && { localAddress }) };
    return new FakePeer(options.network.dial(remote, dialOptions), options);
  }

  /** Its 20-byte id. */
  get peerId(): Uint8Array {
    return this.#peerId;
  }

  /** All messages received, handshakes apart, oldest first. */
  get received(): readonly FakeMessage[] {
    return this.#received;
  }

  /** The messages received of one type. */
  receivedOf<T extends FakeMessageType>(type: T): FakeMessageOf<T>[] {
    return this.#received.filter((message): message is FakeMessageOf<T> => message.type === type);
  }

  /** All bytes received, handshake included. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The remote's handshake, once there. */
  get remoteHandshake(): FakeHandshake | undefined {
    return this.#handshake;
  }

  /** The remote's ids of extension messages by name, as its extension handshakes say up to now. */
  get remoteIds(): Readonly<Record<string, number>> {
    return this.#remoteIds;
  }

  /** Whether the connection has ended. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Calls `observer` for every message from now on; the result ends it. */
  observe(observer: (message: FakeMessage) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.connection.write([new Uint8Array(bytes)], ignore);
  }

  /** Sends messages in one write. Nothing is checked. */
  send(...messages: readonly FakeMessage[]): void {
    this.connection.write(messages.map(encodeFakeMessage), ignore);
  }

  /** Sends a message `count` times. */
  flood(message: FakeMessage, count: number): void {
    const bytes = encodeFakeMessage(message);
    this.connection.write(
      Array.from({ length: count }, () => bytes),
      ignore,
    );
  }

  /** Sends a handshake, with the peer's own values where none are given. */
  sendHandshake(fields: Partial<FakeHandshake> = {}): void {
    const { infoHash, reserved = { extensionProtocol: true, fast: true } } = this.#options;
    const own: FakeHandshake = {
      reserved: reserved instanceof Uint8Array ? reserved : fakeReservedBytes(reserved),
      infoHash: infoHash instanceof InfoHash ? infoHash.toBytes() : infoHash,
      peerId: this.#peerId,
    };
    this.sendBytes(encodeFakeHandshake({ ...own, ...fields }));
  }

  /** Sends an extension handshake (BEP 10): `m`, and other keys. The ids are ours for {@link sendExtended}. */
  sendExtensionHandshake(m: Readonly<Record<string, number>> = {}, extra: FakeHandshakeKeys = {}): void {
    this.#localIds = { ...this.#localIds, ...m };
    this.send({ type: 'extended', id: 0, payload: encode({ m, ...extra }) });
  }

  /** Sends an extension message under the id that the remote gave it. Throws where it gave none. */
  sendExtended(name: string, payload: Uint8Array): void {
    const id = this.#remoteIds[name] ?? 0;
    if (id === 0) throw this.#failure(`the remote does not take '${name}'`);
    this.send({ type: 'extended', id, payload });
  }

  /** Waits until the connection is open. Rejects where it fails. */
  async connected(): Promise<void> {
    await this.#until(() => this.#isConnected || this.isClosed, 'a connection');
    if (!this.#isConnected) throw this.#failure('no connection');
  }

  /** Waits for the remote's handshake. Rejects where something else comes. */
  async expectHandshake(options: ExpectOptions = {}): Promise<FakeHandshake> {
    const isDone = (): boolean =>
      this.#handshake !== undefined || this.#handshakeFault !== undefined || this.isClosed;
    await this.#until(isDone, 'a handshake', options.timeoutMs);
    if (this.#handshake === undefined) throw this.#failure(this.#handshakeFault ?? 'no handshake');
    return this.#handshake;
  }

  /** Sends a handshake and waits for the remote's. */
  async handshake(fields: Partial<FakeHandshake> = {}): Promise<FakeHandshake> {
    this.sendHandshake(fields);
    return this.expectHandshake();
  }

  /**
   * Waits for the next message of a type, among those that no earlier `expect` has passed; what comes
   * before it is passed. Rejects where none comes in time or the connection closes.
   */
  async expect<T extends FakeMessageType>(
    type: T,
    predicate: (message: FakeMessageOf<T>) => boolean = () => true,
    options: ExpectOptions = {},
  ): Promise<FakeMessageOf<T>> {
    let found: FakeMessageOf<T> | undefined;
    const isWanted = (message: FakeMessage): message is FakeMessageOf<T> => message.type === type;
    let next = this.#cursor;
    const look = (): boolean => {
      while (found === undefined && next < this.#received.length) {
        const message = this.#received[next++];
        if (message !== undefined && isWanted(message) && predicate(message)) found = message;
      }
      return found !== undefined || this.isClosed;
    };
    await this.#until(look, `'${type}'`, options.timeoutMs);
    if (found === undefined) throw this.#failure(`no '${type}'`);
    this.#cursor = next;
    return found;
  }

  /** Waits for the next extension handshake. Rejects as {@link expect} does. */
  async expectExtensionHandshake(options: ExpectOptions = {}): Promise<FakeExtensionHandshake> {
    const { payload } = await this.expect('extended', ({ id }) => id === 0, options);
    return parseExtensionHandshake(payload);
  }

  /** Waits for the payload of the next extension message of ours, by its name in our `m`. */
  async expectExtended(
    name: string,
    predicate: (payload: Uint8Array) => boolean = () => true,
    options: ExpectOptions = {},
  ): Promise<Uint8Array> {
    const wanted = this.#localIds[name];
    if (wanted === undefined) throw this.#failure(`'${name}' was not in our extension handshake`);
    const isWanted = ({ id, payload }: FakeMessageOf<'extended'>): boolean =>
      id === wanted && predicate(payload);
    return (await this.expect('extended', isWanted, options)).payload;
  }

  /** Waits until the connection is closed; its error, where it failed. */
  async expectClosed(options: ExpectOptions = {}): Promise<NetworkError | undefined> {
    await this.#until(() => this.isClosed, 'the end of the connection', options.timeoutMs);
    return this.#closed?.error;
  }

  /** Lets `ms` pass and rejects where a message of this type comes, or came and was not passed. */
  async expectNone(type: FakeMessageType, ms: number): Promise<void> {
    await this.#options.clock.advance(ms);
    const unwanted = this.#received.slice(this.#cursor).find((message) => message.type === type);
    if (unwanted !== undefined) throw this.#failure(`an unwanted '${type}'`);
  }

  /** Does what every peer does first: handshakes, and extension handshakes where both sides have BEP 10. */
  async greet(
    m: Readonly<Record<string, number>> = {},
    extra: FakeHandshakeKeys = {},
  ): Promise<FakeHandshake> {
    const handshake = await this.handshake();
    if (((handshake.reserved[5] ?? 0) & 0x10) !== 0) {
      this.sendExtensionHandshake(m, extra);
      await this.expectExtensionHandshake();
    }
    return handshake;
  }

  /** Answers requests with the blocks of `content` from now on; the result ends it. See {@link ServeOptions}. */
  serve(content: FakeContent, options: ServeOptions = {}): () => void {
    return serveBlocks(this, this.#options.clock, content, options);
  }

  /** Sends what is queued and closes. */
  end(): void {
    this.connection.end();
  }

  /** Closes at once. */
  destroy(): void {
    this.connection.destroy();
  }

  #handler(): ConnectionHandler {
    return {
      onConnect: () => {
        this.#isConnected = true;
      },
      onData: (chunk) => this.#receive(chunk),
      onDrain: ignore,
      onEnd: () => this.connection.end(),
      onClose: (error) => {
        this.#closed = { error };
      },
    };
  }

  #receive(chunk: Uint8Array): void {
    this.#receivedBytes += chunk.length;
    this.#reader.push(chunk);
    if (this.#handshake === undefined) this.#receiveHandshake();
    if (this.#handshake === undefined) return;
    for (let body = this.#reader.takeFrame(); body !== undefined; body = this.#reader.takeFrame()) {
      const message = decodeFakeMessage(body);
      this.#received.push(message);
      if (message.type === 'extended' && message.id === 0) {
        Object.assign(this.#remoteIds, parseExtensionHandshake(message.payload).m);
      }
      for (const observer of [...this.#observers]) observer(message);
    }
  }

  #receiveHandshake(): void {
    const bytes = this.#reader.take(fakeHandshakeLength);
    if (bytes === undefined) return;
    this.#handshake = decodeFakeHandshake(bytes);
    if (this.#handshake === undefined) this.#handshakeFault = 'what came is not a handshake';
  }

  #until(isDone: () => boolean, what: string, timeoutMs = this.#options.timeoutMs): Promise<void> {
    const wait = this.#options.clock.runUntil(isDone, { timeoutMs: timeoutMs ?? defaultTimeoutMs, what });
    return wait.catch((cause: unknown) => {
      throw this.#failure(`no ${what}`, cause);
    });
  }

  /** An error that tells what the peer has seen. */
  #failure(what: string, cause?: unknown): TestingError {
    const last = this.#received.slice(-12).map(({ type }) => type);
    const seen = last.length === 0 ? 'nothing' : last.join(', ');
    const state = this.#closed === undefined ? 'open' : (this.#closed.error?.code ?? 'closed');
    const message = `fake peer: ${what}; the connection is ${state}; last received: ${seen}`;
    return new TestingError('TESTING_SCRIPT', message, { cause });
  }
}

function ignore(): void {}

function nextPeerId(clock: VirtualClock): Uint8Array {
  const count = (peerCounts.get(clock) ?? 0) + 1;
  peerCounts.set(clock, count);
  return new TextEncoder().encode(`-FK0001-${String(count).padStart(12, '0')}`);
}
