import { endpoint, type LiveSettingName, type LiveSettings, settingsTable } from '@peerloom/core';
import { defineTorrentExtension, pluginApiVersion } from '@peerloom/core/plugin';
import { type FakePeer, makeTestTorrent } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';

const KiB = 1024;

const closedCount = (remotes: readonly FakePeer[]): number =>
  remotes.filter(({ isClosed }) => isClosed).length;

async function openMany(arena: Arena, count: number): Promise<FakePeer[]> {
  const remotes: FakePeer[] = [];
  for (let i = 0; i < count; i++) remotes.push(await arena.open());
  return remotes;
}

/** Adds torrents that have nothing; true for each that is queued. */
function addDownloads(arena: Arena, count: number): () => readonly boolean[] {
  const torrents = Array.from({ length: count }, (_, index) =>
    arena.session.addTorrent({ torrent: makeTestTorrent({ seed: `more ${index}` }).metainfo }),
  );
  return () => torrents.map(({ isQueued }) => isQueued);
}

/** Endpoints at which nobody answers; the dials under way to them. */
function blackHoles(arena: Arena, count: number): () => number {
  for (let i = 1; i <= count; i++) arena.torrent.addPeer(endpoint(`10.66.0.${i}`, 7000));
  return () => arena.node.host.connections.length;
}

/** That a change takes effect while the session runs: one test for each setting of which something is kept or follows. */
const effects: Partial<Record<LiveSettingName, (arena: Arena) => Promise<void>>> = {
  async maxConnections(arena) {
    const remotes = await openMany(arena, 5);
    arena.session.applySettings({ maxConnections: 2 });
    await arena.roundTrip();
    expect(closedCount(remotes)).toBe(3);
    expect(arena.disconnects).toHaveLength(3);
  },
  async maxConnectionsPerTorrent(arena) {
    const remotes = await openMany(arena, 5);
    arena.session.applySettings({ maxConnectionsPerTorrent: 4 });
    await arena.roundTrip();
    expect(closedCount(remotes)).toBe(1);
    expect((await arena.open()).isClosed).toBe(true);
    arena.session.applySettings({ maxConnectionsPerTorrent: 5 });
    expect((await arena.open()).isClosed).toBe(false);
  },
  async maxPendingIncoming(arena) {
    arena.session.applySettings({ maxPendingIncomingPerPrefix: 100 });
    const remotes: FakePeer[] = [];
    for (let i = 0; i < 20; i++) remotes.push(await arena.open({ until: 'dialled' }));
    await arena.roundTrip();
    expect(arena.session.stats().pendingIncomingCount).toBe(20);
    arena.session.applySettings({ maxPendingIncoming: 8 });
    expect(arena.session.stats().pendingIncomingCount).toBe(8);
    await arena.roundTrip();
    expect(closedCount(remotes)).toBe(12);
  },
  async maxPendingIncomingPerPrefix(arena) {
    const network = arena.network.host('10.8.0.1');
    await arena.open({ network, until: 'dialled' });
    arena.session.applySettings({ maxPendingIncomingPerPrefix: 1 });
    const second = await arena.open({ network, until: 'dialled' });
    await arena.roundTrip();
    expect(second.isClosed).toBe(true);
  },
  async allowMultipleConnectionsPerIp(arena) {
    const network = arena.network.host('10.8.0.1');
    const first = await arena.open({ network });
    arena.session.applySettings({ allowMultipleConnectionsPerIp: false });
    const second = await arena.open({ network });
    expect([first.isClosed, second.isClosed]).toEqual([false, true]);
  },
  async maxHalfOpen(arena) {
    arena.session.applySettings({ maxHalfOpen: 1 });
    const dials = blackHoles(arena, 5);
    await arena.advance(2000);
    expect(dials()).toBe(1);
    arena.session.applySettings({ maxHalfOpen: 3 });
    await arena.advance(10);
    expect(dials()).toBe(3);
  },
  async torrentConnectBoost(arena) {
    arena.session.applySettings({ torrentConnectBoost: 0, connectionSpeed: 1 });
    const dials = blackHoles(arena, 5);
    await arena.advance(500);
    expect(dials()).toBe(1);
    arena.session.applySettings({ torrentConnectBoost: 4 });
    await arena.advance(10);
    expect(dials()).toBe(4);
  },
  async connectionSpeed(arena) {
    arena.session.applySettings({ torrentConnectBoost: 0, connectionSpeed: 1 });
    const dials = blackHoles(arena, 9);
    await arena.advance(500);
    expect(dials()).toBe(1);
    arena.session.applySettings({ connectionSpeed: 10 });
    await arena.advance(1500);
    expect(dials()).toBe(9);
  },
  async dialTimeoutMs(arena) {
    arena.session.applySettings({ dialTimeoutMs: 1000 });
    const dials = blackHoles(arena, 1);
    await arena.advance(500);
    expect(dials()).toBe(1);
    await arena.advance(1000);
    expect(arena.disconnects).toEqual(['network NETWORK_TIMEOUT']);
  },
  async handshakeTimeoutMs(arena) {
    const remote = await arena.open({ until: 'dialled' });
    arena.session.applySettings({ handshakeTimeoutMs: 1000 });
    await arena.advance(3000);
    expect(remote.isClosed).toBe(true);
  },
  async inactivityTimeoutMs(arena) {
    const remote = await arena.open();
    arena.session.applySettings({ inactivityTimeoutMs: 5000 });
    await arena.advance(7000);
    expect(remote.isClosed).toBe(true);
    expect(arena.disconnects).toEqual(['policy PEER_INACTIVE']);
  },
  async keepAliveIntervalMs(arena) {
    const remote = await arena.open();
    arena.session.applySettings({ keepAliveIntervalMs: 5000 });
    await arena.advance(12_000);
    expect(remote.receivedOf('keepAlive').length).toBeGreaterThanOrEqual(2);
  },
  async maxPeersPerTorrent(arena) {
    blackHoles(arena, 50);
    arena.session.applySettings({ torrentConnectBoost: 0, maxHalfOpen: 1, maxPeersPerTorrent: 10 });
    expect(arena.torrent.knownPeers()).toHaveLength(10);
  },
  async maxActiveDownloads(arena) {
    const areQueued = addDownloads(arena, 4);
    await arena.advance(1);
    expect(areQueued()).toEqual([false, false, true, true]);
    arena.session.applySettings({ maxActiveDownloads: 4 });
    await arena.advance(1);
    expect(areQueued()).toEqual([false, false, false, true]);
    arena.session.applySettings({ maxActiveDownloads: 2 });
    await arena.advance(1);
    expect(areQueued()).toEqual([false, true, true, true]);
  },
  async maxActiveTorrents(arena) {
    const areQueued = addDownloads(arena, 2);
    await arena.advance(1);
    arena.session.applySettings({ maxActiveTorrents: 2 });
    await arena.advance(1);
    expect(areQueued()).toEqual([false, true]);
  },
  async alertQueueSize(arena) {
    const following = arena.session.alerts();
    const own = arena.session.alerts({ capacity: 1000 });
    arena.session.applySettings({ alertQueueSize: 2 });
    await openMany(arena, 3);
    expect(following.droppedCount).toBeGreaterThan(0);
    expect(own.droppedCount).toBe(0);
    following.close();
    own.close();
  },
  async clientName(arena) {
    arena.session.applySettings({ clientName: 'Another 1.0' });
    const remote = await arena.open();
    const [handshake] = remote.receivedOf('extended');
    expect(Buffer.from(handshake?.payload ?? []).toString('latin1')).toContain('1:v11:Another 1.0');
  },
  async maxIncomingRequests(arena) {
    arena.session.applySettings({ maxIncomingRequests: 77 });
    const remote = await arena.open();
    const [handshake] = remote.receivedOf('extended');
    expect(Buffer.from(handshake?.payload ?? []).toString('latin1')).toContain('4:reqqi77e');
  },
  async maxWireMessageBytes(arena) {
    const remote = await arena.open();
    arena.session.applySettings({ maxWireMessageBytes: 32 * KiB });
    remote.send({ type: 'raw', id: 99, payload: new Uint8Array(33 * KiB) });
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol WIRE_MESSAGE_SIZE']);
  },
  async maxExtensionHandshakeBytes(arena) {
    const remote = await arena.open();
    arena.session.applySettings({ maxExtensionHandshakeBytes: KiB });
    remote.send({ type: 'extended', id: 0, payload: new Uint8Array(2 * KiB) });
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol WIRE_EXTENDED_SIZE']);
  },
  async maxUnknownMessagesPerMinute(arena) {
    const remote = await arena.open();
    arena.session.applySettings({ maxUnknownMessagesPerMinute: 1 });
    remote.flood({ type: 'raw', id: 99, payload: new Uint8Array(1) }, 2);
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol PEER_UNKNOWN_MESSAGES']);
  },
  async uploadSlots(arena) {
    const remotes = await openMany(arena, 6);
    for (const remote of remotes) remote.send({ type: 'interested' });
    await arena.advance(2000);
    const unchokedCount = () => arena.torrent.peers().filter(({ isChoked }) => !isChoked).length;
    expect(unchokedCount()).toBe(6);
    arena.session.applySettings({ uploadSlots: 2 });
    await arena.advance(1500);
    expect(unchokedCount()).toBe(2);
    arena.session.applySettings({ uploadSlots: 4 });
    await arena.advance(1500);
    expect(unchokedCount()).toBe(4);
  },
  async uploadSlotsByRate(arena) {
    const remotes = await openMany(arena, 6);
    for (const remote of remotes) remote.send({ type: 'interested' });
    await arena.advance(2000);
    arena.session.applySettings({ uploadSlotsByRate: true });
    await arena.advance(20_000);
    // Nobody takes anything: one slot is enough.
    expect(arena.torrent.peers().filter(({ isChoked }) => !isChoked)).toHaveLength(1);
    const { context } = arena;
    expect(context.session.settings.uploadSlotsByRate).toBe(true);
  },
  async pluginRemoveDeadlineMs(arena) {
    arena.session.addExtension({
      name: 'lingering',
      apiVersion: pluginApiVersion,
      removed: () => new Promise<void>(() => {}),
    });
    arena.session.applySettings({ pluginRemoveDeadlineMs: 100 });
    let isRemoved = false;
    void arena.session.removeExtension('lingering').then(() => {
      isRemoved = true;
    });
    await arena.advance(99);
    expect(isRemoved).toBe(false);
    await arena.advance(2);
    expect(isRemoved).toBe(true);
  },
};

describe('a setting changed while the session runs', () => {
  it.each(Object.entries(effects))('%s takes effect', async (name, effect) => {
    const subject = name.startsWith('uploadSlots') ? 'seed' : 'leech';
    const arena = await Arena.create({ subject });
    await effect(arena);
    arena.session.applySettings({ dialTimeoutMs: 100 });
    await arena.end();
  });

  it('is told of by an alert, and seen by extensions', async () => {
    const arena = await Arena.create();
    const before = arena.session.settings;
    arena.session.applySettings({ uploadSlots: 3, maxConnections: 7, dialTimeoutMs: before.dialTimeoutMs });
    expect(before.uploadSlots).not.toBe(3);
    expect(Object.isFrozen(before)).toBe(true);
    expect(arena.session.settings).toEqual({ ...before, uploadSlots: 3, maxConnections: 7 });
    expect(arena.context.session.settings).toBe(arena.session.settings);
    arena.session.applySettings({ uploadSlots: 3 });
    await arena.advance(1);
    const names = arena.node.alertsOf('settingsChanged').map((alert) => [...alert.names].sort());
    expect(names).toEqual([['maxConnections', 'uploadSlots']]);
    await arena.end();
  });

  it('changes nothing where one of several is wrong, unknown or needs a new session', async () => {
    const arena = await Arena.create();
    const before = arena.session.settings;
    const wrong: [object, string][] = [
      [{ maxConnections: 0 }, 'SETTING_RANGE'],
      [{ maxConnections: '5' }, 'SETTING_TYPE'],
      [{ maxConnection: 5 }, 'SETTING_UNKNOWN'],
      [{ sendBufferLowBytes: 1024 * KiB }, 'SETTING_RANGE'],
      [{ diskPoolBytes: 8 * 1024 * KiB }, 'SETTING_FIXED'],
      [{ peerIdPrefix: '-XX0000-' }, 'SETTING_FIXED'],
    ];
    for (const [settings, code] of wrong) {
      const partial: Partial<LiveSettings> = { uploadSlots: 1, ...settings };
      expect(() => arena.session.applySettings(partial)).toThrow(expect.objectContaining({ code }));
    }
    const same: object = { diskPoolBytes: before.diskPoolBytes };
    arena.session.applySettings(same);
    expect(arena.session.settings).toBe(arena.session.settings);
    expect(arena.session.settings).toEqual(before);
    await arena.advance(1);
    expect(arena.node.alertsOf('settingsChanged')).toEqual([]);
    await arena.end();
    expect(() => arena.session.applySettings({ uploadSlots: 1 })).toThrow(
      expect.objectContaining({ code: 'SESSION_STOPPED' }),
    );
  });

  it('may be changed by what the change brings about', async () => {
    const arena = await Arena.create({
      plugins: [
        defineTorrentExtension({ name: 'meddler', apiVersion: pluginApiVersion }, () => ({
          newConnection: () => ({
            onDisconnect: () => {
              if (arena.session.settings.maxConnections === 3)
                arena.session.applySettings({ maxConnections: 1 });
            },
          }),
        })),
      ],
    });
    const remotes = await openMany(arena, 5);
    arena.session.applySettings({ maxConnections: 3 });
    await arena.roundTrip();
    // The one whose end it was is counted until its end is complete.
    expect(closedCount(remotes)).toBeGreaterThanOrEqual(4);
    await arena.end();
  });

  it('is one of the table, and each that is fixed says so', () => {
    const fixed = Object.entries(settingsTable).filter(([, spec]) => 'isFixed' in spec);
    expect(fixed.map(([name]) => name).sort()).toEqual(['diskPoolBytes', 'peerIdPrefix']);
  });
});
