import { PluginError } from '../common/errors.js';

/**
 * Local ids of extension messages, 1–255, one a name for the life of a session: an id is never given to
 * another name, so that a late message can't be taken for another.
 */
export class MessageIds {
  readonly #ids = new Map<string, number>();

  /** `names` are the engine's own: they have ids whatever plugins register. */
  constructor(...names: readonly string[]) {
    for (const name of names) this.idOf(name);
  }

  /** The id of a name, given on first use. Throws `PLUGIN_MESSAGE_IDS` where none is left. */
  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    if (id > 255) {
      throw new PluginError('PLUGIN_MESSAGE_IDS', `no extension message id is left for '${name}'`);
    }
    this.#ids.set(name, id);
    return id;
  }
}
