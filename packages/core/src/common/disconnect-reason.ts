/** Who or what ended a connection. */
export type DisconnectOrigin =
  /** The remote closed it. */
  | 'remote'
  /** The medium failed: refused, reset, timed out. */
  | 'network'
  /** The remote broke the protocol. */
  | 'protocol'
  /** We closed it by policy: idle, too many, paused, banned … */
  | 'policy'
  /** A plugin asked for it. */
  | 'plugin'
  /** A plugin failed. */
  | 'fault';

/** Why a connection ended. */
export interface DisconnectReason {
  /** Who or what ended it. */
  readonly origin: DisconnectOrigin;
  /** Stable identifier, for example `PEER_HANDSHAKE_TIMEOUT`, `WIRE_MESSAGE_SIZE`. */
  readonly code: string;
  /** One line for people. */
  readonly message: string;
  /** The plugin concerned, where there is one. */
  readonly plugin?: string;
}
