import { PluginError } from '../common/errors.js';
import type { DiskBufferLedger } from '../dispatch/disk-buffers.js';
import type { DiskBufferHolder } from '../plugin/disk-buffer-holder.js';

/** The block that one plugin sees in `onPiece`. */
export class BlockHolder implements DiskBufferHolder {
  readonly #plugin: string;
  readonly #ledger: DiskBufferLedger;
  readonly #onRelease: () => void;
  #buffer: Uint8Array | undefined;

  constructor(plugin: string, buffer: Uint8Array, ledger: DiskBufferLedger, onRelease: () => void) {
    this.#plugin = plugin;
    this.#buffer = buffer;
    this.#ledger = ledger;
    this.#onRelease = onRelease;
  }

  get buffer(): Uint8Array | undefined {
    return this.#buffer;
  }

  release(): Uint8Array {
    if (this.#buffer === undefined) {
      throw new PluginError('PLUGIN_BUFFER_RELEASED', 'the block was released, or the hook is over');
    }
    const copy = this.#ledger.take(this.#plugin, this.#buffer);
    this.#buffer = undefined;
    this.#onRelease();
    return copy;
  }

  /** The hook is over. */
  close(): void {
    this.#buffer = undefined;
  }
}
