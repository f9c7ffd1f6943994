/**
 * What a torrent is doing. Being paused is a flag beside it.
 *
 * - `downloadingMetadata`: only the infohash is known yet.
 * - `checkingFiles`: what is on the medium is being hashed.
 * - `downloading`: wanted pieces are missing.
 * - `finished`: all wanted pieces are had, others are not.
 * - `seeding`: all pieces are had.
 * - `error`: stopped by a failure; `resume` tries again.
 */
export type TorrentState =
  | 'downloadingMetadata'
  | 'checkingFiles'
  | 'downloading'
  | 'finished'
  | 'seeding'
  | 'error';
