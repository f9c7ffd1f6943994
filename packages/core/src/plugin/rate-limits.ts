/**
 * How fast data may move through a torrent or a connection, in bytes a second over any ten seconds; 0: no limit
 * of its own. What limits the torrent and the session holds besides.
 */
export interface RateLimits {
  /** Of all bytes that come in, the protocol's included. */
  readonly downloadBytesPerSecond: number;
  /** Of the blocks that go out. Other messages are neither counted nor delayed. */
  readonly uploadBytesPerSecond: number;
}
