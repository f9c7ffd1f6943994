/** Version of the plugin interface that this package speaks. */
export const pluginApiVersion = 1;

/** What every extension says of itself when it is added. */
export interface PluginIdentity {
  /** Unique in the scope it is added to: `[A-Za-z0-9_.@/-]`, at most 64 characters. */
  readonly name: string;
  /** The {@link pluginApiVersion} it was written for. */
  readonly apiVersion: number;
  /** Calls run `pre` first, then those that say nothing, then `post`. */
  readonly order?: 'pre' | 'post';
  /**
   * The scope may not go on without it: where the plugin declines, fails or leaves, connections are
   * closed or the scope stops, rather than going on unprotected.
   */
  readonly required?: boolean;
}
