import type { BencodeInput } from '../bencode/bencode.js';
import { encode } from '../bencode/bencode.js';
import { PluginError } from '../common/errors.js';
import type { HandshakeBuilder } from '../plugin/peer-context.js';

/** Collects the keys of our extension handshake (BEP 10). */
export class ExtensionHandshakeBuilder implements HandshakeBuilder {
  readonly #dict: { [key: string]: BencodeInput } = Object.create(null);

  has(key: string): boolean {
    return key in this.#dict;
  }

  set(key: string, value: BencodeInput): void {
    if (this.has(key)) {
      throw new PluginError('PLUGIN_HANDSHAKE_KEY', `the extension handshake has a key '${key}' already`);
    }
    encode(value);
    this.#dict[key] = value;
  }

  /** All keys, in the order they were set. */
  entries(): readonly (readonly [string, BencodeInput])[] {
    return Object.entries(this.#dict);
  }
}
