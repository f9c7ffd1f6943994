/** Names a plugin's public face for typed lookup; see {@link definePluginKey}. */
export interface PluginKey<T> {
  /** The extension's name. */
  readonly name: string;
  /** @internal Carries the type only. */
  readonly type?: (value: T) => T;
}

/**
 * A typed key under which other plugins and applications find the plugin object that the extension
 * `name` made for a session, torrent or peer. `T` is what the extension promises to keep stable; it is
 * exported, with the key, by the extension's package.
 */
export function definePluginKey<T>(name: string): PluginKey<T> {
  return Object.freeze({ name });
}
