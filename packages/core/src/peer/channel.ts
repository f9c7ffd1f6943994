import { ContextClosedError, PluginError } from '../common/errors.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { MessageChannel, MessageDefinition } from '../plugin/message.js';

/** What a channel asks of its connection. */
export interface ChannelHost {
  /** The remote's id for a message name; 0 where it has none. */
  remoteId(name: string): number;
  /** Whether this channel may send now. */
  maySend(localId: number): boolean;
  sendExtended(remoteId: number, payload: Uint8Array): void;
  unregister(channel: Channel<unknown>): void;
}

/** A typed message registered on one connection. */
export class Channel<T> implements MessageChannel<T> {
  readonly localId: number;
  readonly definition: MessageDefinition<T>;
  readonly scope: PluginScope;
  readonly #host: ChannelHost;
  readonly #handler: (value: T) => void;
  #isClosed = false;

  constructor(
    host: ChannelHost,
    scope: PluginScope,
    localId: number,
    definition: MessageDefinition<T>,
    handler: (value: T) => void,
  ) {
    this.#host = host;
    this.scope = scope;
    this.localId = localId;
    this.definition = definition;
    this.#handler = handler;
  }

  get name(): string {
    return this.definition.name;
  }

  get supported(): boolean {
    return !this.#isClosed && this.#host.remoteId(this.name) !== 0;
  }

  send(value: T): boolean {
    if (this.#isClosed) throw new ContextClosedError(`channel '${this.name}'`);
    const remoteId = this.#host.remoteId(this.name);
    if (remoteId === 0 || !this.#host.maySend(this.localId)) return false;
    const payload = this.definition.codec.encode(value);
    if (payload.length > this.definition.maxBytes) {
      throw new PluginError(
        'PLUGIN_MESSAGE_LIMIT',
        `a '${this.name}' message of ${payload.length} bytes; its limit is ${this.definition.maxBytes}`,
      );
    }
    this.#host.sendExtended(remoteId, payload);
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.unregister(this as Channel<unknown>);
  }

  /** Hands a payload to the plugin. Returns what is wrong with it where it can't be decoded. */
  receive(payload: Uint8Array): unknown {
    let value: T;
    try {
      value = this.definition.codec.decode(payload);
    } catch (error) {
      return error ?? new Error('undecodable');
    }
    this.scope.run(`channel ${this.name}`, () => this.#handler(value));
    return undefined;
  }
}
