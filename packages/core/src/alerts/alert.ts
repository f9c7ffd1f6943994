import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Endpoint } from '../common/endpoint.js';
import type { PeerloomError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { TorrentState } from '../common/torrent-state.js';

/** Fields of every alert that concerns one torrent. */
interface OfTorrent {
  readonly infoHash: InfoHash;
}

/** Fields of every alert that concerns one connection. */
interface OfPeer extends OfTorrent {
  readonly endpoint: Endpoint;
}

/** Scope in which a plugin acts. */
export type PluginScopeName = 'session' | 'torrent' | 'peer';

/**
 * Fields of each alert, by its type. An alert is a plain object with its `type` and these fields.
 */
export interface AlertFields {
  /** A listening socket is open. `endpoint` has the port that was bound. */
  listenSucceeded: { readonly endpoint: Endpoint };
  /** A listening socket could not be opened. */
  listenFailed: { readonly endpoint: Endpoint; readonly error: PeerloomError };
  /** The session has stopped; the last alert. */
  sessionStopped: object;
  /** Something that the session was asked to do failed, with no torrent to blame. */
  sessionError: { readonly error: PeerloomError };
  /** The engine works, but slower or less safely than it could. */
  performanceWarning: { readonly message: string };
  /** This many alerts did not fit in a reader's queue. */
  alertsDropped: { readonly count: number };

  torrentAdded: OfTorrent & { readonly name: string };
  torrentRemoved: OfTorrent;
  stateChanged: OfTorrent & { readonly previous: TorrentState; readonly state: TorrentState };
  torrentPaused: OfTorrent;
  torrentResumed: OfTorrent;
  /** It waits for a place in the queue: it was added, resumed or done with checking when there was none, or stopped. */
  torrentQueued: OfTorrent;
  /** The queue has a place for it: it goes on. */
  torrentUnqueued: OfTorrent;
  /** The initial or a forced check is done. */
  torrentChecked: OfTorrent & { readonly piecesHave: number; readonly pieceCount: number };
  /** All wanted pieces are had. */
  torrentFinished: OfTorrent;
  /** The torrent has stopped because of an error. `resume` tries again. */
  torrentError: OfTorrent & { readonly error: PeerloomError };
  /**
   * A file on the medium is longer than the torrent says. What belongs to the torrent is used; the rest
   * stays as it is.
   */
  fileOversized: OfTorrent & {
    readonly file: number;
    readonly path: string;
    readonly lengthBytes: number;
    readonly expectedBytes: number;
  };
  metadataReceived: OfTorrent & { readonly name: string };
  /** What was taken for metadata is not: wrong hash, or malformed. */
  metadataFailed: OfTorrent & { readonly error: PeerloomError };

  peerConnected: OfPeer & { readonly isOutgoing: boolean; readonly transport: string };
  /** Handshakes are done and no hold is open. */
  peerReady: OfPeer & { readonly peerId: string; readonly client: string | undefined };
  peerDisconnected: OfPeer & { readonly reason: DisconnectReason };
  /** The remote broke a rule of the protocol; a disconnect follows. */
  peerError: OfPeer & { readonly code: string; readonly message: string };
  peerBanned: {
    /** `undefined` where a principal was banned. */
    readonly endpoint: Endpoint | undefined;
    readonly principal: string | undefined;
    readonly reason: string;
    readonly plugin: string | undefined;
    /** -1 for ever. */
    readonly durationMs: number;
  };
  peerUnbanned: { readonly endpoint: Endpoint | undefined; readonly principal: string | undefined };
  /** A session was given another IP filter; the counts are of what it met. */
  ipFilterChanged: {
    readonly rangeCount: number;
    /** Connections that were closed. */
    readonly disconnectedCount: number;
    /** Known peers that were forgotten, those of the connections included. */
    readonly forgottenCount: number;
  };
  /** A connection was refused before it became a peer. */
  peerBlocked: { readonly endpoint: Endpoint; readonly code: string; readonly message: string };
  /** A peer has not answered requests in time; it is asked for little until it does. */
  peerSnubbed: OfPeer;
  /** A request was for what does not exist or what we do not have. */
  invalidRequest: OfPeer & { readonly piece: number; readonly begin: number; readonly length: number };

  pieceFinished: OfTorrent & { readonly piece: number };
  hashFailed: OfTorrent & { readonly piece: number };
  fileCompleted: OfTorrent & { readonly file: number; readonly path: string };
  blockRequested: OfPeer & { readonly piece: number; readonly begin: number; readonly length: number };
  blockFinished: OfPeer & { readonly piece: number; readonly begin: number; readonly length: number };
  blockTimeout: OfPeer & { readonly piece: number; readonly begin: number; readonly length: number };
  blockUnwanted: OfPeer & { readonly piece: number; readonly begin: number; readonly length: number };
  blockSent: OfPeer & { readonly piece: number; readonly begin: number; readonly length: number };

  /** A plugin threw, or returned what it may not. */
  pluginFault: {
    readonly plugin: string;
    readonly scope: PluginScopeName;
    /** Hook, or `channel <name>`, `timer`, `deadline`, `transform`, … */
    readonly hook: string;
    readonly error: unknown;
    readonly infoHash: InfoHash | undefined;
    readonly endpoint: Endpoint | undefined;
    /** What the engine did about it. */
    readonly action: PluginFaultAction;
  };
  /** A plugin is not written as the interface asks; it goes on working. */
  pluginWarning: { readonly plugin: string; readonly message: string };
  pluginAdded: { readonly plugin: string; readonly infoHash: InfoHash | undefined };
  pluginRemoved: { readonly plugin: string; readonly infoHash: InfoHash | undefined };
  /** What plugins post themselves. */
  plugin: {
    readonly plugin: string;
    /** The plugin's own name for it. */
    readonly event: string;
    readonly infoHash: InfoHash | undefined;
    readonly endpoint: Endpoint | undefined;
    readonly data: Readonly<Record<string, unknown>>;
  };
  log: { readonly message: string; readonly infoHash?: InfoHash; readonly endpoint?: Endpoint };
}

/** What followed a plugin's fault. */
export type PluginFaultAction =
  | 'peerClosed'
  | 'pluginDetached'
  | 'torrentStopped'
  | 'torrentsStopped'
  | 'torrentRefused'
  | 'stateKept'
  | 'reported';

export type AlertType = keyof AlertFields;

/** One alert, by type: `AlertOf<'pieceFinished'>`. */
export type AlertOf<T extends AlertType> = { readonly type: T } & AlertFields[T];

/** Any alert: a union discriminated by `type`. */
export type Alert = { [T in AlertType]: AlertOf<T> }[AlertType];
