import type { AlertHub } from '../alerts/alert-hub.js';
import type { InfoHash } from '../common/info-hash.js';
import type { MetadataStore } from '../ports/metadata-store.js';
import { asStorageError } from './as-storage-error.js';

/** A torrent's info dictionary from one session to the next, where its storage keeps it. What fails is an alert. */
export class KeptMetadata {
  readonly #store: MetadataStore | undefined;
  readonly #infoHash: InfoHash;
  readonly #alerts: AlertHub;
  #saving: Promise<void> | undefined;

  constructor(store: MetadataStore | undefined, infoHash: InfoHash, alerts: AlertHub) {
    this.#store = store;
    this.#infoHash = infoHash;
    this.#alerts = alerts;
  }

  get isPossible(): boolean {
    return this.#store !== undefined;
  }

  /** What is being saved, if anything; never rejects. */
  get saved(): Promise<void> | undefined {
    return this.#saving;
  }

  /** What was kept, whatever it is; `undefined` where nothing was, or it can't be read. */
  async load(maxBytes: number): Promise<Uint8Array | undefined> {
    const infoHash = this.#infoHash;
    try {
      return await this.#store?.load(infoHash.hex, maxBytes);
    } catch (error) {
      this.#alerts.post('metadataRejected', {
        infoHash,
        error: asStorageError(error, 'reading the metadata'),
      });
      return undefined;
    }
  }

  /** @param after What may still be at work on what is kept. */
  save(info: Uint8Array, after: Promise<void>): void {
    this.#saving = this.#attempt('keeping the metadata', async (store) => {
      await after;
      await store.save(this.#infoHash.hex, info);
    });
  }

  async forget(): Promise<void> {
    await this.#saving;
    await this.#attempt('forgetting the metadata', (store) => store.remove(this.#infoHash.hex));
  }

  async #attempt(action: string, work: (store: MetadataStore) => Promise<void>): Promise<void> {
    const infoHash = this.#infoHash;
    try {
      if (this.#store) await work(this.#store);
    } catch (error) {
      this.#alerts.post('resumeSaveFailed', { infoHash, error: asStorageError(error, action) });
    }
  }
}
