import type { AlertType } from './alert.js';

/** Categories of alerts, as bits of a mask. */
export const alertCategories = {
  session: 1,
  torrent: 2,
  peer: 4,
  piece: 8,
  block: 16,
  plugin: 32,
  performance: 64,
  log: 128,
} as const;

/** Name of a category of alerts. */
export type AlertCategory = keyof typeof alertCategories;

/** Category of each alert. */
export const alertCategoryOf = {
  listenSucceeded: 'session',
  listenFailed: 'session',
  ipFilterChanged: 'session',
  settingsChanged: 'session',
  sessionStopped: 'session',
  sessionError: 'session',
  performanceWarning: 'performance',
  alertsDropped: 'session',
  torrentAdded: 'torrent',
  torrentRemoved: 'torrent',
  stateChanged: 'torrent',
  torrentPaused: 'torrent',
  torrentResumed: 'torrent',
  torrentQueued: 'torrent',
  torrentUnqueued: 'torrent',
  torrentChecked: 'torrent',
  torrentFinished: 'torrent',
  torrentError: 'torrent',
  fileOversized: 'torrent',
  storageMoved: 'torrent',
  storageMoveFailed: 'torrent',
  fileRenamed: 'torrent',
  fileRenameFailed: 'torrent',
  resumeLoaded: 'torrent',
  resumeRejected: 'torrent',
  resumeSaved: 'torrent',
  resumeSaveFailed: 'torrent',
  metadataReceived: 'torrent',
  metadataRejected: 'torrent',
  metadataFailed: 'torrent',
  peerConnected: 'peer',
  peerReady: 'peer',
  peerDisconnected: 'peer',
  peerError: 'peer',
  peerBanned: 'peer',
  peerUnbanned: 'peer',
  peerBlocked: 'peer',
  peerSnubbed: 'peer',
  invalidRequest: 'peer',
  pieceFinished: 'piece',
  hashFailed: 'piece',
  fileCompleted: 'piece',
  blockRequested: 'block',
  blockFinished: 'block',
  blockTimeout: 'block',
  blockUnwanted: 'block',
  blockSent: 'block',
  pluginFault: 'plugin',
  pluginWarning: 'plugin',
  pluginAdded: 'plugin',
  pluginRemoved: 'plugin',
  plugin: 'plugin',
  log: 'log',
} as const satisfies Record<AlertType, AlertCategory>;

/** Every category but `block` and `log`, which are not even built unless somebody asks. */
export const defaultAlertMask: number =
  Object.values(alertCategories).reduce<number>((mask, bit) => mask | bit, 0) &
  ~(alertCategories.block | alertCategories.log);

/** The mask of some categories. */
export function alertMask(...categories: readonly AlertCategory[]): number {
  return categories.reduce((mask, category) => mask | alertCategories[category], 0);
}
