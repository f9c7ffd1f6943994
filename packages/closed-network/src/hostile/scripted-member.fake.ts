import type { Connection } from '@peerloom/core/plugin';
import { asDict, asInteger, bytesEqual, concatBytes, decode, encode } from '@peerloom/core/plugin';
import { DeterministicSecureRandom, type Swarm, type SwarmPeer } from '@peerloom/testing';
import {
  Authentication,
  type AuthenticationOwner,
  instanceLength,
} from '../authentication/authentication.js';
import { AuthenticationError } from '../authentication/authentication-error.js';
import { networkIdOf } from '../certificates/authority-key.js';
import type { Certificate } from '../certificates/certificate.js';
import { type Member, parseMember } from '../certificates/member.js';
import type { ClosedNetworkOptions } from '../closed-network-options.js';
import { Credentials } from '../credentials.js';
import type { NoiseChannel } from '../noise/handshake-state.js';
import { KeyPair, keyLength } from '../noise/key-pair.js';
import { RecordDecoder } from '../records/record-decoder.js';
import { RecordEncoder } from '../records/record-encoder.js';

const handshakeLength = 68;
const protocol = Buffer.from('\x13BitTorrent protocol', 'latin1');
const extensionBit = 0x10;
const fastBit = 0x04;
const port = 7000;
/** The id by which it takes messages of an authentication. */
const authId = 1;
const extended = 20;

/** Shows any certificate, and takes any: what somebody may claim who does not keep to the rules. */
export class Pretender extends Credentials {
  override readonly networkId: Uint8Array;
  override readonly member: Member | undefined;
  /** The certificates that remotes have shown to it. */
  readonly seen: Uint8Array[] = [];

  /** `shown` is the certificate that it shows instead of its own. */
  constructor(
    options: ClosedNetworkOptions,
    { shown, networkId }: { readonly shown?: Uint8Array; readonly networkId?: Uint8Array } = {},
  ) {
    super(options);
    const own = options.member === undefined ? undefined : parseMember(options.member);
    this.networkId = networkId ?? networkIdOf(own?.authority);
    this.member = own && { ...own, signedCertificate: shown ?? own.signedCertificate };
  }

  override certificateOf(signed: Uint8Array): Certificate {
    this.seen.push(signed.slice());
    return (this.member as Member).certificate;
  }
}

/** What a {@link ScriptedMember} is told. */
interface ScriptOptions {
  /** Whether it offers the fast extension (BEP 6). Default true. */
  readonly fast?: boolean;
}

/** A message of the wire as a {@link ScriptedMember} got it. */
export interface ScriptedFrame {
  readonly id: number;
  readonly payload: Uint8Array;
  /** Whether it came inside of an encrypted record. */
  readonly isEncrypted: boolean;
}

/**
 * A peer that goes through an authentication with whatever credentials it is given, and then says what a test tells
 * it to. All that it can read is kept.
 */
export class ScriptedMember implements AuthenticationOwner {
  /** All messages, oldest first; keep-alives are none. */
  readonly frames: ScriptedFrame[] = [];
  readonly #connection: Connection;
  readonly #isDialler: boolean;
  readonly #authentication: Authentication;
  readonly #random: DeterministicSecureRandom;
  readonly #swarm: Swarm;
  readonly #ownHandshake: Uint8Array;
  readonly #ownGreeting = encode({ m: { pl_auth: authId } });
  #remoteHandshake: Uint8Array | undefined;
  #remoteGreeting: Uint8Array | undefined;
  #remoteAuthId = 0;
  #rest: Uint8Array = new Uint8Array(0);
  #encoder: RecordEncoder | undefined;
  #decoder: RecordDecoder | undefined;
  #problem: string | undefined;
  #isConfirmed = false;
  #isClosed = false;

  private constructor(
    swarm: Swarm,
    connection: Connection,
    isDialler: boolean,
    credentials: Credentials,
    { fast = true }: ScriptOptions,
  ) {
    this.#swarm = swarm;
    this.#connection = connection;
    this.#isDialler = isDialler;
    this.#random = new DeterministicSecureRandom(`script ${connection.remote.address}`);
    this.#authentication = new Authentication(
      credentials,
      isDialler,
      this.#random.bytes(instanceLength),
      this,
    );
    const { infoHash } = swarm.content;
    const reserved = Uint8Array.of(0, 0, 0, 0, 0, extensionBit, 0, fast ? fastBit : 0);
    this.#ownHandshake = concatBytes(protocol, reserved, infoHash.toBytes(), this.#random.bytes(20));
    connection.setHandler({
      onConnect: () => this.#write(this.#ownHandshake),
      onData: (chunk) => this.#receive(chunk),
      onDrain: () => {},
      onEnd: () => connection.end(),
      onClose: () => {
        this.#isClosed = true;
      },
    });
    if (!isDialler) this.#write(this.#ownHandshake);
  }

  /** Dials a session, from a host of its own. */
  static dial(
    swarm: Swarm,
    target: SwarmPeer,
    credentials: Credentials,
    options: ScriptOptions = {},
  ): ScriptedMember {
    const connection = swarm.host().dial(target.endpoint, { timeoutMs: 10_000 });
    return new ScriptedMember(swarm, connection, true, credentials, options);
  }

  /** Has a session dial it, on a host of its own. */
  static async accept(swarm: Swarm, dialler: SwarmPeer, credentials: Credentials): Promise<ScriptedMember> {
    const host = swarm.host();
    const accepted: ScriptedMember[] = [];
    const local = { address: host.addresses[0] ?? '', port, family: 4 } as const;
    const listener = await host.listen(local, (connection) => {
      void listener.close();
      accepted.push(new ScriptedMember(swarm, connection, false, credentials, {}));
    });
    dialler.torrent.addPeer(local);
    await swarm.clock.runUntil(() => accepted.length > 0, { timeoutMs: 10_000, what: 'to be dialled' });
    return accepted[0] as ScriptedMember;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the remote has proved to it that it is of the network. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** Code of why it went no further with the authentication itself. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Messages of the authentication that it got. */
  get authMessages(): readonly ScriptedFrame[] {
    return this.frames.filter(({ id, payload }) => id === extended && payload[0] === authId);
  }

  /** All messages but those of the authentication, and the extension handshake that comes before it. */
  get otherMessages(): readonly ScriptedFrame[] {
    const { authMessages } = this;
    return this.frames.slice(1).filter((frame) => !authMessages.includes(frame));
  }

  close(): void {
    this.#connection.end();
  }

  /** Sends a message as it is in a frame: its id, and what follows. */
  sendFrame(id: number, payload: Uint8Array = new Uint8Array(0)): void {
    const frame = new Uint8Array(5 + payload.length);
    new DataView(frame.buffer).setUint32(0, 1 + payload.length);
    frame[4] = id;
    frame.set(payload, 5);
    this.#write(frame);
  }

  #write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#connection.write(this.#encoder === undefined ? [bytes] : this.#encoder.encode(bytes), () => {});
  }

  #receive(chunk: Uint8Array): void {
    const pieces = this.#decoder === undefined ? [chunk] : this.#decoder.decode(chunk);
    this.#rest = concatBytes(this.#rest, ...pieces);
    if (this.#remoteHandshake === undefined) {
      if (this.#rest.length < handshakeLength) return;
      this.#remoteHandshake = this.#rest.slice(0, handshakeLength);
      this.#rest = this.#rest.slice(handshakeLength);
      this.sendFrame(extended, concatBytes(Uint8Array.of(0), this.#ownGreeting));
    }
    for (let frame = this.#takeFrame(); frame !== undefined; frame = this.#takeFrame()) {
      if (frame.length > 0) this.#handle(frame);
    }
  }

  #takeFrame(): Uint8Array | undefined {
    const { buffer, byteOffset, length } = this.#rest;
    if (length < 4) return undefined;
    const end = 4 + new DataView(buffer, byteOffset).getUint32(0);
    if (length < end) return undefined;
    const frame = this.#rest.slice(4, end);
    this.#rest = this.#rest.slice(end);
    return frame;
  }

  #handle(frame: Uint8Array): void {
    const [id = 0] = frame;
    const payload = frame.slice(1);
    this.frames.push({ id, payload, isEncrypted: this.#decoder !== undefined });
    if (id !== extended) return;
    if (payload[0] === authId) this.#attempt(() => this.#authenticate(payload.subarray(1)));
    if (payload[0] !== 0 || this.#remoteGreeting !== undefined) return;
    this.#remoteGreeting = payload.slice(1);
    const names = asDict(asDict(decode(this.#remoteGreeting))?.m);
    this.#remoteAuthId = asInteger(names?.pl_auth) ?? 0;
    if (this.#isDialler) this.#attempt(() => this.#authentication.start());
  }

  #authenticate(message: Uint8Array): void {
    if (this.#authentication.receive(message) !== undefined) this.#isConfirmed = true;
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      this.#problem = error.code;
    }
  }

  // What the authentication asks for.

  get transcript(): Uint8Array | undefined {
    const [remote, greeting] = [this.#remoteHandshake, this.#remoteGreeting];
    if (remote === undefined || greeting === undefined) return undefined;
    const own = this.#ownHandshake;
    return this.#isDialler
      ? concatBytes(own, remote, this.#ownGreeting, greeting)
      : concatBytes(remote, own, greeting, this.#ownGreeting);
  }

  get wallTimeMs(): number {
    return this.#swarm.clock.wallTimeMs();
  }

  makeEphemeral(): KeyPair {
    return new KeyPair(this.#random.bytes(keyLength));
  }

  isOwnEphemeral(publicKey: Uint8Array): boolean {
    return bytesEqual(publicKey, new Uint8Array(keyLength));
  }

  send(message: Uint8Array): void {
    this.sendFrame(extended, concatBytes(Uint8Array.of(this.#remoteAuthId), message));
  }

  freezeSend(): void {}

  upgrade({ send, receive }: NoiseChannel): void {
    this.#encoder = new RecordEncoder(send);
    this.#decoder = new RecordDecoder(receive);
    const late = this.#rest;
    this.#rest = new Uint8Array(0);
    if (late.length > 0) this.#rest = concatBytes(...this.#decoder.decode(late));
  }
}
