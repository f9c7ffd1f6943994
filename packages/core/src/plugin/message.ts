import type { BencodeInput, BencodeValue } from '../bencode/bencode.js';
import { decode, encode } from '../bencode/bencode.js';
import { copyBytes } from '../common/bytes.js';
import { PluginError } from '../common/errors.js';

/** Turns a message's payload into a value and back. */
export interface MessageCodec<T> {
  /** The payload of a message. A throw goes to whoever sends it. */
  encode(value: T): Uint8Array;
  /**
   * `payload` is a view that is valid during the call only. A throw is the remote's fault: the
   * connection closes with the error's message.
   */
  decode(payload: Uint8Array): T;
}

/** Options of {@link defineMessage}. */
export interface MessageOptions {
  /** Largest payload accepted and sent, in bytes. A larger one is refused before it is buffered. */
  readonly maxBytes: number;
}

/** A typed extension message (BEP 10): its name in `m`, codec and size limit. */
export interface MessageDefinition<T> {
  /** Name in `m`, 3 to 64 bytes of UTF-8. */
  readonly name: string;
  /** Turns payloads into values and back. */
  readonly codec: MessageCodec<T>;
  /** Largest payload accepted and sent, in bytes. */
  readonly maxBytes: number;
}

/** Largest `maxBytes` a message may have: the wire limit less its headers. */
export const maxExtensionPayloadBytes = 1024 * 1024 - 2;

/**
 * Defines a typed extension message. Called in two steps so that the value's type is given and the rest
 * inferred: `defineMessage<Chat>()('ex_chat', codec, { maxBytes: 1024 })`. The name goes into `m` of the
 * extension handshake (BEP 10): 3 to 64 bytes of UTF-8.
 *
 * Throws `PLUGIN_MESSAGE_NAME` or `PLUGIN_MESSAGE_LIMIT`.
 */
export function defineMessage<T>(): (
  name: string,
  codec: MessageCodec<T>,
  options: MessageOptions,
) => MessageDefinition<T> {
  return (name, codec, { maxBytes }) => {
    const bytes = new TextEncoder().encode(name).length;
    if (bytes < 3 || bytes > 64) {
      throw new PluginError('PLUGIN_MESSAGE_NAME', `a message name has 3 to 64 bytes: '${name}'`);
    }
    if (!Number.isInteger(maxBytes) || maxBytes < 0 || maxBytes > maxExtensionPayloadBytes) {
      throw new PluginError(
        'PLUGIN_MESSAGE_LIMIT',
        `maxBytes of '${name}' must be 0 to ${maxExtensionPayloadBytes}, not ${maxBytes}`,
      );
    }
    return Object.freeze({ name, codec, maxBytes });
  };
}

/** Payload as it is. What it decodes to is a copy that the plugin owns. */
export const rawCodec: MessageCodec<Uint8Array> = {
  encode: (value) => value,
  decode: (payload) => copyBytes(payload),
};

/** Payload as one bencoded value (BEP 3), strictly parsed. */
export const bencodeCodec: MessageCodec<BencodeValue> = {
  encode: (value) => encode(value as BencodeInput),
  decode: (payload) => decode(payload),
};

/** One plugin's end of a typed message on one connection. */
export interface MessageChannel<T> {
  /** Name of the message in `m`. */
  readonly name: string;
  /** Our id for it, 1–255: what the remote puts in front of the payload. */
  readonly localId: number;
  /** Whether the remote has named the message in its extension handshake. May change. */
  readonly supported: boolean;
  /**
   * Queues the message. False, and nothing sent, where the remote does not support it or a hold of
   * another plugin is open. Throws `PLUGIN_MESSAGE_LIMIT` for a payload over `maxBytes`,
   * {@link ContextClosedError} on a closed connection or channel.
   */
  send(value: T): boolean;
  /** Unregisters: the name is announced with id 0; messages in flight to it are ignored. */
  close(): void;
}
