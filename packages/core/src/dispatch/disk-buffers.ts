import { PluginError } from '../common/errors.js';

/** Bytes of blocks that one plugin may hold at a time. */
export const maxDiskBufferBytes = 16 * 1024 * 1024;

/** Accounts for the block buffers that plugins hold. */
export class DiskBufferLedger {
  readonly #owners = new Map<Uint8Array, string>();
  readonly #bytes = new Map<string, number>();

  /**
   * A copy of `bytes` that belongs to the plugin until given back. Throws `PLUGIN_BUFFER_LIMIT` past
   * {@link maxDiskBufferBytes}.
   */
  take(plugin: string, bytes: Uint8Array): Uint8Array {
    const held = this.bytesOf(plugin) + bytes.length;
    if (held > maxDiskBufferBytes) {
      throw new PluginError(
        'PLUGIN_BUFFER_LIMIT',
        `extension '${plugin}' holds ${held - bytes.length} bytes of blocks; the limit is ${maxDiskBufferBytes}`,
      );
    }
    const copy = new Uint8Array(bytes.length);
    copy.set(bytes);
    this.#owners.set(copy, plugin);
    this.#bytes.set(plugin, held);
    return copy;
  }

  /** Takes a buffer back. False where this plugin does not hold it. */
  giveBack(plugin: string, buffer: Uint8Array): boolean {
    if (this.#owners.get(buffer) !== plugin) return false;
    this.#owners.delete(buffer);
    const left = this.bytesOf(plugin) - buffer.length;
    if (left === 0) this.#bytes.delete(plugin);
    else this.#bytes.set(plugin, left);
    return true;
  }

  bytesOf(plugin: string): number {
    return this.#bytes.get(plugin) ?? 0;
  }
}
