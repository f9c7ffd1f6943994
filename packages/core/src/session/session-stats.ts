import type { PluginUsage, SessionStats } from '../plugin/session-context.js';
import type { Torrent } from '../torrent/torrent.js';
import type { SessionEngine } from './session-engine.js';

/** Counters of the session as they are now. */
export function sessionStats(engine: SessionEngine): SessionStats {
  const { meters, slots, counters, readCache } = engine;
  return {
    torrentCount: engine.torrents.length,
    peerCount: engine.peerCount,
    pendingIncomingCount: engine.incoming.size,
    downloadedBytes: meters.downloaded.total,
    uploadedBytes: meters.uploaded.total,
    receivedBytes: meters.received.total,
    sentBytes: meters.sent.total,
    downloadRate: meters.downloaded.rate,
    uploadRate: meters.uploaded.rate,
    receiveRate: meters.received.rate,
    sendRate: meters.sent.rate,
    ...torrentCounts(engine.torrents),
    wastedBytes: counters.wastedBytes,
    redundantBytes: counters.redundantBytes,
    hashFailures: counters.hashFailures,
    dialCount: counters.dials,
    dialsOpened: counters.dialsOpened,
    incomingCount: counters.incoming,
    disconnects: counters.disconnects,
    refusals: counters.refusals,
    alertsDropped: engine.alertReaders.droppedCount,
    readCacheHits: readCache.stats.hits,
    readCacheMisses: readCache.stats.misses,
    readCacheSlots: readCache.stats.slotsHeld,
    slotCapacity: slots.capacity,
    slotsInUse: slots.capacity - slots.freeCount - engine.readCache.stats.slotsHeld,
    plugins: pluginUsage(engine),
    counters: engine.metrics.read(),
  };
}

function torrentCounts(
  torrents: readonly Torrent[],
): Pick<SessionStats, 'torrentsByState' | 'pausedTorrentCount' | 'queuedTorrentCount' | 'piecesInWriting'> {
  const torrentsByState = {
    downloadingMetadata: 0,
    checkingFiles: 0,
    downloading: 0,
    finished: 0,
    seeding: 0,
    error: 0,
  };
  let [pausedTorrentCount, queuedTorrentCount, piecesInWriting] = [0, 0, 0];
  for (const { life, content } of torrents) {
    torrentsByState[life.state]++;
    if (life.isPaused) pausedTorrentCount++;
    if (life.isQueued) queuedTorrentCount++;
    piecesInWriting += content?.downloads.writingCount ?? 0;
  }
  return { torrentsByState, pausedTorrentCount, queuedTorrentCount, piecesInWriting };
}

function pluginUsage(engine: SessionEngine): Readonly<Record<string, PluginUsage>> {
  const plugins: Record<string, PluginUsage> = {};
  for (const [name, { holds, timers, channels }] of engine.usage.entries()) {
    const diskBufferBytes = engine.diskBuffers.bytesOf(name);
    const blocks = engine.torrents.reduce((sum, torrent) => sum + torrent.pieces.countWithPlugins(name), 0);
    if (holds + timers + channels + diskBufferBytes + blocks === 0) continue;
    plugins[name] = { diskBufferBytes, blocks, holds, timers, channels };
  }
  return plugins;
}
