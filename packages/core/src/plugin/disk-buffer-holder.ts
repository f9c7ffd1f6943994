/**
 * A received block inside `onPiece`, as libtorrent's `disk_buffer_holder`. Left alone, the engine goes
 * on with it.
 */
export interface DiskBufferHolder {
  /**
   * View of the engine's memory: to be read only, and valid during the hook only. `undefined` once
   * released.
   */
  readonly buffer: Uint8Array | undefined;
  /**
   * Takes the block: its bytes are copied into memory that the plugin owns, the engine's slot is freed,
   * and the block is *with the plugin*, until `torrent.deliverBlock`, `torrent.abandonBlock` or a
   * deadline of 60 s. The copy counts against the plugin (16 MiB) until it is given to
   * `session.freeDiskBuffer` or `deliverBlock`.
   *
   * Throws `PLUGIN_BUFFER_RELEASED` the second time or after the hook, `PLUGIN_BUFFER_LIMIT` past the
   * limit.
   */
  release(): Uint8Array;
}
