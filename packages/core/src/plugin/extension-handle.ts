/** An extension that was added to a session or torrent. */
export interface ExtensionHandle {
  /** Name of the extension. */
  readonly name: string;
  /** False once it has been removed, or was detached because it failed. */
  readonly isActive: boolean;
  /**
   * Takes it out. Resolves when its `removed` has settled or the deadline passed. A `required` extension
   * that leaves pauses its torrents until it is back, unless `allowOpen` is said, now or later.
   */
  remove(options?: RemoveExtensionOptions): Promise<void>;
}

/** How an extension is taken out. */
export interface RemoveExtensionOptions {
  /** Go on without a `required` extension. */
  readonly allowOpen?: boolean;
}
