import { stat } from 'node:fs/promises';
import { type Clock, isPeerloomError, type TimerHandle } from '@peerloom/core';
import type { Warn } from '../output/warning.js';
import { type Extension, type OptionSource, optionSourceOf } from './load-extensions.js';

/** How often files are looked at. */
const periodMs = 5000;

/** An extension that takes other options while it runs. */
interface Reloadable {
  reload(options: Record<string, string>): void;
}

/**
 * Looks at the files that options of extensions were read from, and gives the options anew to extensions with a method
 * `reload` where one has changed. What goes wrong is a warning: the extension goes on as it was.
 */
export class OptionWatch {
  readonly #clock: Clock;
  readonly #warn: Warn;
  readonly #watched: readonly Watched[];
  readonly #timer: TimerHandle | undefined;
  #isBusy = false;

  constructor(extensions: readonly Extension[], clock: Clock, warn: Warn) {
    this.#clock = clock;
    this.#warn = warn;
    this.#watched = extensions.flatMap((extension) => {
      const source = optionSourceOf(extension);
      return source === undefined || source.files.length === 0 || !isReloadable(extension)
        ? []
        : [new Watched(extension, source)];
    });
    if (this.#watched.length > 0) this.#timer = clock.setInterval(() => void this.#look(), periodMs);
  }

  /** Looks no more. */
  close(): void {
    if (this.#timer !== undefined) this.#clock.clear(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (const watched of this.#watched) {
      await watched.look().catch((error: unknown) => {
        const code = isPeerloomError(error) ? error.code : 'CLI_EXT_OPTION';
        this.#warn({ code, message: error instanceof Error ? error.message : String(error) });
      });
    }
    this.#isBusy = false;
  }
}

class Watched {
  readonly #extension: Reloadable;
  readonly #source: OptionSource;
  #seen: Promise<string>;

  constructor(extension: Reloadable, source: OptionSource) {
    this.#extension = extension;
    this.#source = source;
    this.#seen = this.#fingerprint();
  }

  async look(): Promise<void> {
    const before = await this.#seen;
    const now = await this.#fingerprint();
    if (now === before) return;
    this.#seen = Promise.resolve(now);
    this.#extension.reload(await this.#source.read());
  }

  async #fingerprint(): Promise<string> {
    const statuses = await Promise.all(this.#source.files.map((file) => stat(file).catch(() => undefined)));
    return statuses
      .map((status) => `${status?.ino} ${status?.mtimeMs} ${status?.size} ${status?.mode}`)
      .join('\n');
  }
}

function isReloadable(extension: object): extension is Reloadable {
  return 'reload' in extension && typeof extension.reload === 'function';
}
