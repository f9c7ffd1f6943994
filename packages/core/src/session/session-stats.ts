import type { PluginUsage, SessionStats } from '../plugin/session-context.js';
import type { SessionEngine } from './session-engine.js';

/** Counters of the session as they are now. */
export function sessionStats(engine: SessionEngine): SessionStats {
  const { meters, slots } = engine;
  return {
    torrentCount: engine.torrents.length,
    peerCount: engine.peerCount,
    pendingIncomingCount: engine.incoming.size,
    downloadedBytes: meters.downloaded.total,
    uploadedBytes: meters.uploaded.total,
    downloadRate: meters.downloaded.rate,
    uploadRate: meters.uploaded.rate,
    slotCapacity: slots.capacity,
    slotsInUse: slots.capacity - slots.freeCount - engine.readCache.stats.slotsHeld,
    plugins: pluginUsage(engine),
    counters: engine.metrics.read(),
  };
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
