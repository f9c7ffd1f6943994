/** The example swarms, as functions, and the extensions and the server that they show. */
export { type ChatLine, ChatRoom, chat, chatKey } from './chat/chat-extension.js';
export { giveOnce } from './give-once/give-once-extension.js';
export type { CommandSummary, TorrentSummary } from './processes/alert-line.js';
export type { CommandEnd } from './processes/command-process.js';
export type { ProcessHost, ProcessNode } from './processes/process-node.js';
export { type LeechTimes, ProcessSwarm, type ProcessSwarmOptions } from './processes/process-swarm.js';
export type {
  NodeProgress,
  NodeRole,
  NodeTraffic,
  Scenario,
  ScenarioCheck,
  ScenarioEvent,
  ScenarioFigure,
  ScenarioOptions,
  ScenarioResult,
} from './scenario.js';
export { scenarios } from './scenarios.js';
export type { ByteRange } from './streaming/byte-range.js';
export { StreamServer, type StreamServerOptions } from './streaming/stream-server.js';
export { TorrentReader, torrentReader, torrentReaderKey } from './streaming/torrent-reader.js';
