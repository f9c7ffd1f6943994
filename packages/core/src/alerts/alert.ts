import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Endpoint } from '../common/endpoint.js';
import type { PeerloomError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { TorrentState } from '../common/torrent-state.js';
import type { SettingName } from '../settings/settings-table.js';

/** Fields of every alert that concerns one torrent. */
interface OfTorrent {
  /** The torrent. */
  readonly infoHash: InfoHash;
}

/** Fields of every alert that concerns one piece. */
interface OfPiece extends OfTorrent {
  /** Index of the piece, from 0. */
  readonly piece: number;
}

/** Fields of every alert that concerns one connection. */
interface OfPeer extends OfTorrent {
  /** Address and port of the remote. */
  readonly endpoint: Endpoint;
}

/** Fields of every alert that concerns one block. */
interface OfBlock extends OfPeer {
  /** Index of the piece, from 0. */
  readonly piece: number;
  /** Where the block begins in the piece, in bytes. */
  readonly begin: number;
  /** Length of the block, in bytes. */
  readonly length: number;
}

/** Scope in which a plugin acts. */
export type PluginScopeName = 'session' | 'torrent' | 'peer';

/**
 * Fields of each alert, by its type. An alert is a plain object with its `type` and these fields. The
 * comments are what `docs/ALERTS.md` is made from.
 */
export interface AlertFields {
  /** A listening socket is open. */
  listenSucceeded: {
    /** Where it listens, with the port that was bound. */
    readonly endpoint: Endpoint;
  };
  /** A listening socket could not be opened; `listen` rejects with the same error. */
  listenFailed: {
    /** Where it was to listen. */
    readonly endpoint: Endpoint;
    /** Why not (`NETWORK_…`). */
    readonly error: PeerloomError;
  };
  /** Settings were changed while the session runs, and hold from now on. */
  settingsChanged: {
    /** Those that have another value than before. */
    readonly names: readonly SettingName[];
  };
  /** The session has stopped; the last alert. */
  sessionStopped: object;
  /**
   * Something failed with no torrent to blame: a host name could not be resolved, stopping took too long
   * (`SESSION_STOP`), a connection failed inside of the engine (`PEER_INTERNAL`).
   */
  sessionError: {
    /** What failed. */
    readonly error: PeerloomError;
  };
  /** The engine works, but slower or less safely than it could. */
  performanceWarning: {
    /** One line for people. */
    readonly message: string;
  };
  /** Alerts did not fit into a reader's queue (`alertQueueSize`); comes in their place. */
  alertsDropped: {
    /** How many, since the last alert of this type. */
    readonly count: number;
  };

  /** A torrent was added to the session. */
  torrentAdded: OfTorrent & {
    /** Its name; before metadata is known that of the magnet link, or the infohash. */
    readonly name: string;
  };
  /** A torrent has left the session, because it was removed or the session has stopped. */
  torrentRemoved: OfTorrent;
  /** What the torrent is doing has changed. */
  stateChanged: OfTorrent & {
    /** The state before. */
    readonly previous: TorrentState;
    /** The state now. */
    readonly state: TorrentState;
  };
  /** The torrent was paused, by the application, an extension, or because a required extension is missing. */
  torrentPaused: OfTorrent;
  /** The torrent is no longer paused. It may still wait in the queue. */
  torrentResumed: OfTorrent;
  /** It waits for a place in the queue: it was added, resumed or done with checking when there was none, or stopped. */
  torrentQueued: OfTorrent;
  /** The queue has a place for it: it goes on. */
  torrentUnqueued: OfTorrent;
  /** The initial or a forced check is done. */
  torrentChecked: OfTorrent & {
    /** Pieces that are there and right. */
    readonly piecesHave: number;
    /** Pieces of the torrent. */
    readonly pieceCount: number;
  };
  /** All wanted pieces are had. */
  torrentFinished: OfTorrent;
  /** The torrent has stopped because of an error. `resume` tries again. */
  torrentError: OfTorrent & {
    /** What failed, most often the storage (`STORAGE_…`). */
    readonly error: PeerloomError;
  };
  /**
   * A file on the medium is longer than the torrent says. What belongs to the torrent is used; the rest
   * stays as it is.
   */
  fileOversized: OfTorrent & {
    /** Index of the file in the torrent, from 0. */
    readonly file: number;
    /** Its path in the torrent, joined by `/`. */
    readonly path: string;
    /** How long it is, in bytes. */
    readonly lengthBytes: number;
    /** How long the torrent says that it is, in bytes. */
    readonly expectedBytes: number;
  };
  /** The torrent's data is in another place. */
  storageMoved: OfTorrent & {
    /** Where it is now, in the words of its storage: a folder. */
    readonly place: string;
  };
  /** The torrent's data could not be moved: it is where it was. */
  storageMoveFailed: OfTorrent & {
    /** Where it was to go. */
    readonly place: string;
    /** Why not: `STORAGE_EXISTS` where something is in the way. */
    readonly error: PeerloomError;
  };
  /** A file of the torrent has another path. */
  fileRenamed: OfTorrent & {
    /** Index of the file in the torrent, from 0. */
    readonly file: number;
    /** Its path now, joined by `/`. */
    readonly path: string;
  };
  /** A file could not be renamed: it has the path that it had. */
  fileRenameFailed: OfTorrent & {
    /** Index of the file in the torrent, from 0. */
    readonly file: number;
    /** The path that was asked for. */
    readonly path: string;
    /** Why not: `STORAGE_EXISTS` where something is there. */
    readonly error: PeerloomError;
  };
  /**
   * What was kept of the data when the torrent was closed, or its process ended, is used: not all has to be
   * hashed.
   */
  resumeLoaded: OfTorrent & {
    /** Pieces that are taken to be there. */
    readonly piecesTrusted: number;
    /** Pieces that are hashed, because their write was begun and not ended, or because their files have changed. */
    readonly piecesToCheck: number;
    /** Blocks that are there of pieces that are not complete. */
    readonly blocksKept: number;
  };
  /** What was kept of the data is not used, in whole or in part. What it was about is hashed. */
  resumeRejected: OfTorrent & {
    /** Why not: `STORAGE_RESUME_DAMAGED`, or `STORAGE_CHANGED` where somebody else has changed a file. */
    readonly error: PeerloomError;
    /** How many files have been changed; 0 where all is rejected. */
    readonly fileCount: number;
  };
  /** What is known of the data is kept: the torrent's next start will use it. */
  resumeSaved: OfTorrent;
  /**
   * What is known of the torrent, its data or its metadata, can't be kept. It goes on, where nothing has to be
   * written.
   */
  resumeSaveFailed: OfTorrent & {
    /** Why not: `STORAGE_READ_ONLY`, say. */
    readonly error: PeerloomError;
  };
  /** The info dictionary has become known, and is right. */
  metadataReceived: OfTorrent & {
    /** The torrent's name, as the info dictionary has it. */
    readonly name: string;
    /** It was not received this time, but kept by the storage. */
    readonly isKept: boolean;
  };
  /** What the storage had kept of the metadata is not used: it is fetched again. */
  metadataRejected: OfTorrent & {
    /** Why not: `METAINFO_INFO_HASH` where it is damaged, another `METAINFO_…`, or `STORAGE_…`. */
    readonly error: PeerloomError;
  };
  /** What was taken for metadata is not: wrong hash, too large, or malformed. */
  metadataFailed: OfTorrent & {
    /** What is wrong with it (`METAINFO_…`). */
    readonly error: PeerloomError;
  };

  /** A connection is open; handshakes follow. */
  peerConnected: OfPeer & {
    /** Whether we dialled. */
    readonly isOutgoing: boolean;
    /** What carries it: `tcp`, or the name of an extension's transport. */
    readonly transport: string;
  };
  /** Handshakes are done and no hold is open. */
  peerReady: OfPeer & {
    /** The remote's peer id, as 40 hexadecimal digits. */
    readonly peerId: string;
    /** What the remote says that it is (`v` of BEP 10). */
    readonly client: string | undefined;
  };
  /** A connection has ended, or could not be made. */
  peerDisconnected: OfPeer & {
    /** Who ended it, and why. */
    readonly reason: DisconnectReason;
  };
  /** The remote broke a rule of the protocol; a disconnect follows. */
  peerError: OfPeer & {
    /** Which rule (`WIRE_…` or `PEER_…`). */
    readonly code: string;
    /** One line for people. */
    readonly message: string;
  };
  /** An address or principal was banned, by the application or an extension. */
  peerBanned: {
    /** Who; `undefined` where a principal was banned. */
    readonly endpoint: Endpoint | undefined;
    /** Who; `undefined` where an address was banned. */
    readonly principal: string | undefined;
    /** One line for people. */
    readonly reason: string;
    /** The extension that did; `undefined` for the application. */
    readonly plugin: string | undefined;
    /** How long, in milliseconds; -1 for ever. */
    readonly durationMs: number;
  };
  /** A ban was lifted, or its time is up. */
  peerUnbanned: {
    /** Whose; `undefined` where a principal was banned. */
    readonly endpoint: Endpoint | undefined;
    /** Whose; `undefined` where an address was banned. */
    readonly principal: string | undefined;
  };
  /** A session was given another IP filter; the counts are of what it met. */
  ipFilterChanged: {
    /** Ranges of the new filter; 0 where there is none. */
    readonly rangeCount: number;
    /** Connections that were closed. */
    readonly disconnectedCount: number;
    /** Known peers that were forgotten, those of the connections included. */
    readonly forgottenCount: number;
  };
  /** An incoming connection was refused before it became a peer. */
  peerBlocked: {
    /** Where it came from. */
    readonly endpoint: Endpoint;
    /** Why (`PEER_…` or `TORRENT_…`). */
    readonly code: string;
    /** One line for people. */
    readonly message: string;
  };
  /** A peer has not answered requests in time; it is asked for little until it does. */
  peerSnubbed: OfPeer;
  /** A request was for what does not exist or what we do not have. */
  invalidRequest: OfBlock;

  /** A downloaded piece is right and written. */
  pieceFinished: OfPiece;
  /** A downloaded piece is wrong: it is thrown away and fetched again. */
  hashFailed: OfPiece;
  /** All pieces of a file are had. */
  fileCompleted: OfTorrent & {
    /** Index of the file in the torrent, from 0. */
    readonly file: number;
    /** Its path in the torrent, joined by `/`. */
    readonly path: string;
  };
  /** A block was asked for. */
  blockRequested: OfBlock;
  /** A block that was asked for has come. */
  blockFinished: OfBlock;
  /** A block did not come in time; others may be asked for it. */
  blockTimeout: OfBlock;
  /** A block came that was not asked for, or no longer; it is thrown away. */
  blockUnwanted: OfBlock;
  /** A block was queued for a peer that asked for it. */
  blockSent: OfBlock;

  /** A plugin threw, or returned what it may not. */
  pluginFault: {
    /** Name of the extension. */
    readonly plugin: string;
    /** Where it acted. */
    readonly scope: PluginScopeName;
    /** Hook, or `channel <name>`, `timer`, `deadline`, `transform`, … */
    readonly hook: string;
    /** What was thrown. */
    readonly error: unknown;
    /** The torrent concerned, where there is one. */
    readonly infoHash: InfoHash | undefined;
    /** The remote concerned, where there is one. */
    readonly endpoint: Endpoint | undefined;
    /** What the engine did about it. */
    readonly action: PluginFaultAction;
  };
  /** A plugin is not written as the interface asks; it goes on working. */
  pluginWarning: {
    /** Name of the extension. */
    readonly plugin: string;
    /** One line for its author. */
    readonly message: string;
  };
  /** An extension was added. */
  pluginAdded: {
    /** Name of the extension. */
    readonly plugin: string;
    /** The torrent it was added to; `undefined` for the session. */
    readonly infoHash: InfoHash | undefined;
  };
  /** An extension was removed, or detached after a fault. */
  pluginRemoved: {
    /** Name of the extension. */
    readonly plugin: string;
    /** The torrent it was removed from; `undefined` for the session. */
    readonly infoHash: InfoHash | undefined;
  };
  /** What extensions post themselves (`session.postAlert`). */
  plugin: {
    /** Name of the extension. */
    readonly plugin: string;
    /** The extension's own name for it. */
    readonly event: string;
    /** The torrent it is about, where there is one. */
    readonly infoHash: InfoHash | undefined;
    /** The remote it is about, where there is one. */
    readonly endpoint: Endpoint | undefined;
    /** What the extension tells; its shape is the extension's to document. */
    readonly data: Readonly<Record<string, unknown>>;
  };
  /** For people who look for a fault in the engine. The engine posts none so far. */
  log: {
    /** One line. */
    readonly message: string;
    /** The torrent it is about, where there is one. */
    readonly infoHash?: InfoHash;
    /** The remote it is about, where there is one. */
    readonly endpoint?: Endpoint;
  };
}

/** What followed a plugin's fault. */
export type PluginFaultAction =
  /** The connection was closed. */
  | 'peerClosed'
  /** The plugin left the torrent or session. */
  | 'pluginDetached'
  /** The torrent was paused: a required extension is missing. */
  | 'torrentStopped'
  /** All torrents were paused: a required extension is missing. */
  | 'torrentsStopped'
  /** The torrent was not added. */
  | 'torrentRefused'
  /** The state that was saved before is kept. */
  | 'stateKept';

/** Name of an alert: the `type` by which alerts are told apart. */
export type AlertType = keyof AlertFields;

/** One alert, by type: `AlertOf<'pieceFinished'>`. */
export type AlertOf<T extends AlertType> = { readonly type: T } & AlertFields[T];

/** Any alert: a union discriminated by `type`. */
export type Alert = { [T in AlertType]: AlertOf<T> }[AlertType];
