import { asDict, type BencodeDict, type BencodeInput, decode, encode } from '../bencode/bencode.js';
import { bytesEqual, copyBytes } from '../common/bytes.js';
import { addressBytes } from '../common/endpoint.js';
import { ContextClosedError, PluginError, WireError } from '../common/errors.js';
import { limits } from '../common/limits.js';
import type { HookHost } from '../dispatch/hook-host.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { MessageChannel, MessageDefinition } from '../plugin/message.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import type { TimerHandle } from '../ports/clock.js';
import { type ExtensionHandshake, readExtensionHandshake } from '../wire/extension-handshake.js';
import { dontHaveName } from '../wire/messages.js';
import { Channel, type ChannelHost } from './channel.js';
import { ExtensionHandshakeBuilder } from './handshake-builder.js';
import type { HoldGate } from './hold-gate.js';
import type { MessageSender } from './message-sender.js';
import type { PeerEnvironment } from './peer-environment.js';
import type { PeerState } from './peer-state.js';

const updateIntervalMs = 1000;

/** BEP 10 on one connection: our channels, the remote's ids, and the handshakes that announce them. */
export class ExtensionProtocol implements ChannelHost {
  readonly #environment: PeerEnvironment;
  readonly #state: PeerState;
  readonly #hooks: HookHost<PeerPlugin>;
  readonly #sender: MessageSender;
  readonly #holds: HoldGate;
  readonly #channels = new Map<string, Channel<unknown>>();
  readonly #byLocalId = new Map<number, Channel<unknown>>();
  #remoteIds = new Map<string, number>();
  /** Names and keys as they were last announced, encoded. */
  #announcedIds = new Map<string, number>();
  /** Ids of channels that were closed: messages to them may still be on their way. */
  readonly #retiredIds = new Set<number>();
  #announcedKeys = new Map<string, Uint8Array>();
  #isFullSent = false;
  #lastSentAtMs = Number.NEGATIVE_INFINITY;
  #updateTimer: TimerHandle | undefined;
  /** First extension-handshake payloads, for the transcript. */
  firstSent: Uint8Array | undefined;
  firstReceived: Uint8Array | undefined;

  constructor(
    environment: PeerEnvironment,
    state: PeerState,
    hooks: HookHost<PeerPlugin>,
    sender: MessageSender,
    holds: HoldGate,
  ) {
    this.#environment = environment;
    this.#state = state;
    this.#hooks = hooks;
    this.#sender = sender;
    this.#holds = holds;
  }

  /** Our id for `lt_donthave` (BEP 54). */
  get dontHaveId(): number {
    return this.#environment.messageIds.idOf(dontHaveName);
  }

  register<T>(
    scope: PluginScope,
    message: MessageDefinition<T>,
    handler: (value: T) => void,
  ): MessageChannel<T> {
    if (this.#state.isClosed) throw new ContextClosedError(`register '${message.name}'`);
    if (this.#channels.has(message.name) || message.name === dontHaveName) {
      throw new PluginError(
        'PLUGIN_MESSAGE_REGISTERED',
        `the message '${message.name}' is registered on this connection already`,
      );
    }
    const localId = this.#environment.messageIds.idOf(message.name);
    const channel = new Channel(this, scope, localId, message, handler);
    const erased = channel as Channel<unknown>;
    this.#channels.set(message.name, erased);
    this.#byLocalId.set(localId, erased);
    this.#retiredIds.delete(localId);
    scope.usage.channels++;
    const disown = scope.own(() => channel.close());
    this.#disown.set(erased, disown);
    this.announceChanges();
    return channel;
  }

  readonly #disown = new Map<Channel<unknown>, () => void>();

  unregister(channel: Channel<unknown>): void {
    this.#disown.get(channel)?.();
    this.#disown.delete(channel);
    this.#channels.delete(channel.name);
    this.#byLocalId.delete(channel.localId);
    this.#retiredIds.add(channel.localId);
    channel.scope.usage.channels--;
    this.announceChanges();
  }

  channelOf(localId: number): Channel<unknown> | undefined {
    return this.#byLocalId.get(localId);
  }

  /** Whether we have announced the id on this connection and later taken it back. */
  isRetired(localId: number): boolean {
    return this.#retiredIds.has(localId);
  }

  remoteId(name: string): number {
    return this.#remoteIds.get(name) ?? 0;
  }

  maySend(localId: number): boolean {
    if (this.#state.isClosed) throw new ContextClosedError('channel');
    if (this.#holds.isHeld) return this.#holds.allowsChannel(localId);
    return this.#state.isReady;
  }

  sendExtended(remoteId: number, payload: Uint8Array): void {
    this.#sender.extended(remoteId, copyBytes(payload));
  }

  /** The handshake under a hold: the holders' channels and nothing else. */
  sendHeldHandshake(): void {
    const ids: { [name: string]: number } = Object.create(null);
    for (const [name, channel] of this.#channels) {
      if (this.#holds.allowsChannel(channel.localId)) ids[name] = channel.localId;
    }
    for (const [name, id] of Object.entries(ids)) this.#announcedIds.set(name, id);
    this.#send({ m: ids });
  }

  /** The complete handshake; plugins add keys. */
  sendFullHandshake(): void {
    this.#isFullSent = true;
    this.#sendChanges();
  }

  /** Announces what has changed since the last handshake, at most once a second. */
  announceChanges(): void {
    if (!this.#isFullSent || this.#state.isClosed || this.#updateTimer !== undefined) return;
    const waitMs = this.#lastSentAtMs + updateIntervalMs - this.#environment.clock.now();
    this.#updateTimer = this.#environment.clock.setTimeout(
      () => {
        this.#updateTimer = undefined;
        this.#sendChanges();
      },
      Math.max(0, waitMs),
    );
  }

  #sendChanges(): void {
    const ids = this.#changedIds();
    const keys = this.#changedKeys();
    if (Object.keys(ids).length === 0 && keys.length === 0 && this.firstSent !== undefined) return;
    const dict: { [key: string]: BencodeInput } = Object.create(null);
    dict.m = ids;
    for (const [key, value] of keys) dict[key] = value;
    this.#send(dict);
  }

  #changedIds(): { [name: string]: number } {
    const current = new Map<string, number>([[dontHaveName, this.dontHaveId]]);
    for (const [name, channel] of this.#channels) current.set(name, channel.localId);
    const changed: { [name: string]: number } = Object.create(null);
    for (const [name, id] of current) if (this.#announcedIds.get(name) !== id) changed[name] = id;
    for (const [name, id] of this.#announcedIds) {
      if (id !== 0 && !current.has(name)) changed[name] = 0;
    }
    for (const [name, id] of Object.entries(changed)) this.#announcedIds.set(name, id);
    return changed;
  }

  #changedKeys(): readonly (readonly [string, BencodeInput])[] {
    const builder = new ExtensionHandshakeBuilder();
    builder.set('m', {});
    this.#addOwnKeys(builder);
    this.#hooks.notify('addHandshake', builder);
    return builder.entries().filter(([key, value]) => {
      if (key === 'm') return false;
      const encoded = encode(value);
      const before = this.#announcedKeys.get(key);
      if (before !== undefined && bytesEqual(before, encoded)) return false;
      this.#announcedKeys.set(key, encoded);
      return true;
    });
  }

  #addOwnKeys(builder: ExtensionHandshakeBuilder): void {
    const { settings } = this.#environment;
    const { endpoint } = this.#state;
    const port = this.#environment.listenPort(endpoint.family);
    if (port !== undefined) builder.set('p', port);
    if (settings.clientName !== '') builder.set('v', settings.clientName);
    builder.set('reqq', settings.maxIncomingRequests);
    builder.set('yourip', addressBytes(endpoint.address));
    const isUploadOnly = this.isUploadOnly();
    // What was said is taken back by 0; a key that is left out changes nothing.
    if (isUploadOnly || this.#announcedKeys.has('upload_only'))
      builder.set('upload_only', Number(isUploadOnly));
  }

  /** Whether to say that we will download nothing more (BEP 21). Set by the connection. */
  isUploadOnly: () => boolean = () => false;

  #send(dict: BencodeInput): void {
    if (this.#updateTimer !== undefined) {
      this.#environment.clock.clear(this.#updateTimer);
      this.#updateTimer = undefined;
    }
    const payload = encode(dict);
    this.firstSent ??= payload;
    this.#lastSentAtMs = this.#environment.clock.now();
    this.#sender.extended(0, payload);
  }

  /**
   * Takes in the ids of a handshake from the remote: all, or under a hold those of the holders' channels.
   * Throws {@link WireError} for a malformed one.
   */
  receiveHandshake(payload: Uint8Array): { dict: BencodeDict; fields: ExtensionHandshake } {
    const bytes = copyBytes(payload);
    let dict: BencodeDict | undefined;
    try {
      dict = asDict(decode(bytes));
    } catch (error) {
      throw new WireError('WIRE_EXTENSION_HANDSHAKE', 'the extension handshake is not bencoded', {
        cause: error,
      });
    }
    if (dict === undefined) {
      throw new WireError('WIRE_EXTENSION_HANDSHAKE', 'the extension handshake is not a dictionary');
    }
    const fields = readExtensionHandshake(dict);
    this.firstReceived ??= bytes;
    return { dict, fields };
  }

  /** Applies the remote's ids; under a hold only those of the holders' channels. */
  applyIds(ids: ReadonlyMap<string, number>): void {
    for (const [name, id] of ids) {
      if (this.#holds.isHeld) {
        const channel = this.#channels.get(name);
        if (channel === undefined || !this.#holds.allowsChannel(channel.localId)) continue;
      }
      this.#remoteIds.set(name, id);
      if (this.#remoteIds.size > limits.maxRemoteExtensionNames) {
        throw new WireError(
          'WIRE_EXTENSION_HANDSHAKE',
          `more than ${limits.maxRemoteExtensionNames} message names`,
        );
      }
    }
  }

  close(): void {
    if (this.#updateTimer !== undefined) this.#environment.clock.clear(this.#updateTimer);
    this.#updateTimer = undefined;
    for (const channel of [...this.#channels.values()]) channel.close();
  }
}
