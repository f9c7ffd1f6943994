import type { MessageChannel } from './message.js';

/** Options of `peer.hold`. */
export interface HoldOptions {
  /** One line, for alerts. */
  readonly reason: string;
  /** Channels that work while held; the plugin's own. */
  readonly channels: readonly Pick<MessageChannel<never>, 'name' | 'localId'>[];
  /** For authentication: any state message of the remote closes the connection. */
  readonly strict?: boolean;
  /** The connection closes where the hold is still open so long after the stream was. Default 10 000. */
  readonly deadlineMs?: number;
}

/** An open hold. */
export interface PeerHold {
  /** Whether it has been released, or has ended otherwise. */
  readonly isReleased: boolean;
  /** Ends this hold. The last one releases the connection. Later calls do nothing. */
  release(): void;
}

/** A running deadline. */
export interface PeerDeadline {
  /** Ends it in time. Later calls do nothing. */
  cancel(): void;
}

/**
 * Encrypts a direction of the stream: gets bytes in order, as many as are flushed at once, gives what goes
 * on the wire: in one piece, or in several, one after the other, which nobody joins. Stateful, synchronous. The input is
 * valid during the call only. The result may be empty or longer, never a view of the input; its memory is the
 * connection's from then on.
 */
export type SendTransform = (plain: Uint8Array) => Uint8Array | readonly Uint8Array[];

/**
 * Decrypts a direction of the stream: gets bytes in order, cut anywhere, gives the plain bytes that are
 * complete, in one piece or in several, and may keep one partial record. The input is valid during the call only.
 * Throws {@link StreamAuthenticationError} for forged bytes.
 */
export type ReceiveTransform = (wire: Uint8Array) => Uint8Array | readonly Uint8Array[];
