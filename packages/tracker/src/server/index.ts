export type { AnnounceEvent } from '../protocol/announce-event.js';
export type { SwarmCounts } from './announce.js';
export type { UnlistedReason } from './swarm/swarm-store.js';
export type { TorrentWhitelist } from './torrent-whitelist.js';
export type { TrackerAnnounce, TrackerProtocol } from './tracker-announce.js';
export { type TrackerListening, TrackerServer } from './tracker-server.js';
export { TrackerServerError } from './tracker-server-error.js';
export type { TrackerServerLimits, TrackerServerOptions } from './tracker-server-options.js';
export type { RefusalReason, TrackerServerStats } from './tracker-stats.js';
