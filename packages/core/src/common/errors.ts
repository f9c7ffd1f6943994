const brand: unique symbol = Symbol.for('peerloom.error');

/** Options every Peerloom error takes beside its message. */
export interface PeerloomErrorOptions {
  /** The error underneath, kept as `cause`. */
  readonly cause?: unknown;
}

/**
 * Base of every error that Peerloom throws or rejects with. `code` is stable across releases; the
 * message is for people and may change.
 */
export class PeerloomError extends Error {
  /** Stable, upper-case identifier such as `METAINFO_PIECE_LENGTH`. */
  readonly code: string;
  /** @internal Marks the class across copies of the package. */
  readonly [brand] = true;

  constructor(code: string, message: string, options: PeerloomErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** Whether `value` is a {@link PeerloomError}, also one from another copy of the package. */
export function isPeerloomError(value: unknown): value is PeerloomError {
  return value instanceof Error && (value as { [brand]?: unknown })[brand] === true;
}

/** Bencoded data that is malformed or passes a limit. Codes start with `BENCODE_`. */
export class BencodeError extends PeerloomError {
  /** Byte offset in the input where the fault was found; -1 where there is none. */
  readonly offset: number;

  constructor(code: string, message: string, offset = -1) {
    super(code, message);
    this.offset = offset;
  }
}

/** A .torrent file or info dictionary that cannot be used. Codes start with `METAINFO_`. */
export class MetainfoError extends PeerloomError {}

/** A magnet link that cannot be used. Codes start with `MAGNET_`. */
export class MagnetError extends PeerloomError {}

/** An address, port or endpoint that cannot be parsed. Codes start with `ENDPOINT_`. */
export class EndpointError extends PeerloomError {}

/** A setting that is unknown, of the wrong type or out of range. Codes start with `SETTING_`. */
export class SettingsError extends PeerloomError {}

/** A message of the peer protocol that breaks its rules. Codes start with `WIRE_`. */
export class WireError extends PeerloomError {}

/** A failure of the medium that holds a torrent's data. Codes start with `STORAGE_`. */
export class StorageError extends PeerloomError {
  /** Path of the file concerned, relative to the storage's root; empty where none is. */
  readonly path: string;

  constructor(code: string, message: string, path: string, options: PeerloomErrorOptions = {}) {
    super(code, message, options);
    this.path = path;
  }
}

/** A socket that could not be opened or that failed. Codes start with `NETWORK_`. */
export class NetworkError extends PeerloomError {}

/** A call on a session or torrent that its state does not allow. Codes start with `SESSION_`. */
export class SessionError extends PeerloomError {}

/** Wrong use of the plugin interface. Codes start with `PLUGIN_`. */
export class PluginError extends PeerloomError {}

/** An extension of the same name is already in this scope. Code `PLUGIN_DUPLICATE`. */
export class DuplicateExtensionError extends PluginError {
  constructor(name: string, scope: string) {
    super('PLUGIN_DUPLICATE', `an extension named '${name}' is already in this ${scope}`);
  }
}

/** A write through a context whose object or plugin is gone. Code `PLUGIN_CONTEXT_CLOSED`. */
export class ContextClosedError extends PluginError {
  constructor(what: string) {
    super('PLUGIN_CONTEXT_CLOSED', `${what}: the context is closed`);
  }
}

/** `hold` called after the handshake phase. Code `PLUGIN_HOLD_TOO_LATE`. */
export class HoldTooLateError extends PluginError {
  constructor() {
    super('PLUGIN_HOLD_TOO_LATE', 'hold is legal in newConnection, reservedBits and onHandshake only');
  }
}

/** A stream upgrade asked for where no message boundary is known. Code `PLUGIN_UPGRADE_BOUNDARY`. */
export class UpgradeBoundaryError extends PluginError {
  constructor(message: string) {
    super('PLUGIN_UPGRADE_BOUNDARY', message);
  }
}

/**
 * Thrown by a stream transform for bytes that fail authentication: the peer's fault, not the
 * plugin's. Code `PLUGIN_STREAM_AUTHENTICATION`.
 */
export class StreamAuthenticationError extends PluginError {
  constructor(message = 'the encrypted stream failed authentication') {
    super('PLUGIN_STREAM_AUTHENTICATION', message);
  }
}
