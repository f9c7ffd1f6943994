import { endpoint } from '@peerloom/core';
import type { PeerContext, SessionContext, TorrentContext } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { blockLength, firstBlock } from '../fixtures/blocks.js';
import { rawMessage } from '../fixtures/messages.js';
import { Recorder } from '../fixtures/recorder.js';

const closed = expect.objectContaining({ code: 'PLUGIN_CONTEXT_CLOSED', name: 'ContextClosedError' });
const nobody = endpoint('10.3.0.1', 1000);

interface Scene {
  readonly arena: Arena;
  readonly alpha: Recorder;
  readonly peer: PeerContext;
  readonly torrent: TorrentContext;
  readonly session: SessionContext;
}

async function scene(): Promise<Scene> {
  const alpha = new Recorder('alpha');
  const arena = await Arena.create({ plugins: [alpha.plugin], subject: 'half' });
  const remote = await arena.open();
  remote.sendExtensionHandshake({ x_any: 4 }, { v: 'fake' });
  remote.send({ type: 'bitfield', bits: arena.bits(1, 2) }, { type: 'interested' });
  await arena.roundTrip();
  const [peer] = alpha.peers;
  const [torrent] = alpha.torrents;
  if (peer === undefined || torrent === undefined) throw new TypeError('nothing was seen');
  return { arena, alpha, peer, torrent, session: alpha.session };
}

/** Everything that can be read, as plain values. */
function readPeer(peer: PeerContext): unknown {
  return {
    endpoint: peer.endpoint,
    id: peer.id,
    client: peer.client,
    connectionId: peer.connectionId,
    source: peer.source,
    isOutgoing: peer.isOutgoing,
    transport: peer.transport,
    isSeed: peer.isSeed,
    isInterested: peer.isInterested,
    isChoked: peer.isChoked,
    has: [peer.has(0), peer.has(1), peer.has(2)],
    pieceCount: peer.pieceCount,
    supportsExtensions: peer.supportsExtensions,
    transcript: peer.transcript,
    receivedBytes: peer.stats.receivedBytes,
    torrent: peer.torrent.infoHash,
  };
}

function readTorrent(torrent: TorrentContext): unknown {
  return {
    infoHash: torrent.infoHash,
    name: torrent.name,
    state: torrent.state,
    isPrivate: torrent.isPrivate,
    info: torrent.info?.name,
    pieces: torrent.pieces()?.count,
    have: torrent.have(0),
    trackers: torrent.trackers,
    piecesHave: torrent.stats.piecesHave,
  };
}

const peerWrites: Readonly<Record<string, (peer: PeerContext) => unknown>> = {
  send: (peer) => peer.send({ type: 'interested' }),
  sendRaw: (peer) => peer.sendRaw(1, new Uint8Array(1)),
  updateHandshake: (peer) => peer.updateHandshake(),
  register: (peer) => peer.register(rawMessage('x_new'), () => {}),
  choke: (peer) => peer.choke(),
  unchoke: (peer) => peer.unchoke(),
  disconnect: (peer) => peer.disconnect('again'),
  hold: (peer) => peer.hold({ reason: 'late', channels: [] }),
  deadline: (peer) => peer.deadline(1, 'late'),
  freezeSend: (peer) => peer.freezeSend(),
  upgradeSend: (peer) => peer.upgradeSend((bytes) => bytes),
  upgradeReceive: (peer) => peer.upgradeReceive((bytes) => bytes),
  setPrincipal: (peer) => peer.setPrincipal('somebody'),
  setLocalId: (peer) => peer.setLocalId(new Uint8Array(20)),
  'clock.setTimeout': (peer) => peer.clock.setTimeout(() => {}, 1),
  'clock.setInterval': (peer) => peer.clock.setInterval(() => {}, 1),
  'clock.setImmediate': (peer) => peer.clock.setImmediate(() => {}),
};

const torrentWrites: Readonly<Record<string, (torrent: TorrentContext) => unknown>> = {
  setMetadata: (torrent) => torrent.setMetadata(new Uint8Array(1)),
  addPeer: (torrent) => torrent.addPeer(nobody, 'manual'),
  holdPiece: (torrent) => torrent.holdPiece(0),
  setExclusive: (torrent) => torrent.setExclusive(9, true),
  setPiecePriority: (torrent) => torrent.setPiecePriority(9, 1),
  setFilePriority: (torrent) => torrent.setFilePriority(0, 1),
  setSequential: (torrent) => torrent.setSequential(true),
  setPieceDeadline: (torrent) => torrent.setPieceDeadline(9, 1),
  clearPieceDeadline: (torrent) => torrent.clearPieceDeadline(9),
  clearPieceDeadlines: (torrent) => torrent.clearPieceDeadlines(),
  deliverBlock: (torrent) => torrent.deliverBlock(firstBlock, new Uint8Array(blockLength)),
  abandonBlock: (torrent) => torrent.abandonBlock(firstBlock),
  pause: (torrent) => torrent.pause(),
  resume: (torrent) => torrent.resume(),
  'policy.deny': (torrent) => torrent.policy.deny('pex'),
  'clock.setTimeout': (torrent) => torrent.clock.setTimeout(() => {}, 1),
};

const sessionWrites: Readonly<Record<string, (session: SessionContext, arena: Arena) => unknown>> = {
  addTorrent: (session, arena) => session.addTorrent({ torrent: arena.content.magnet }),
  ban: (session) => session.ban({ endpoint: nobody }, { reason: 'test' }),
  unban: (session) => session.unban({ endpoint: nobody }),
  postAlert: (session) => session.postAlert('late'),
  registerTransport: (session) => session.registerTransport({ name: 'x', dial: () => undefined }),
  counter: (session) => session.counter('late'),
  gauge: (session) => session.gauge('late', () => 1),
  'clock.setTimeout': (session) => session.clock.setTimeout(() => {}, 1),
  'network.dial': (session) => session.network.dial(nobody, { timeoutMs: 1 }),
};

/** Ways to lose an object, and whether only the connection is gone. */
const endings: Readonly<Record<string, (arena: Arena) => void>> = {
  'the connection is gone': (arena) => arena.remote.destroy(),
  'the torrent is removed': (arena) => void arena.session.removeTorrent(arena.infoHash),
  'the plugin is removed': (arena) => void arena.session.removeExtension('alpha'),
  'the session has stopped': (arena) => void arena.session.stop(),
};

describe.each(Object.entries(endings))('a context after %s', (what, end) => {
  it('of a connection reads the last values; writes throw', async () => {
    const { arena, peer } = await scene();
    const before = readPeer(peer);
    end(arena);
    await arena.advance(100);
    expect(peer.isClosed).toBe(true);
    expect(readPeer(peer)).toEqual(before);
    for (const [name, write] of Object.entries(peerWrites)) {
      expect(() => write(peer), name).toThrow(closed);
    }
    await arena.end();
  });

  if (what === 'the connection is gone') return;

  it('of a torrent reads the last values; writes throw, promises reject', async () => {
    const { arena, torrent } = await scene();
    const before = readTorrent(torrent);
    const pending = torrent.readBlock(0, 0).catch((error: unknown) => error);
    end(arena);
    await arena.advance(100);
    expect(readTorrent(torrent)).toEqual(before);
    for (const [name, write] of Object.entries(torrentWrites)) {
      expect(() => write(torrent), name).toThrow(closed);
    }
    expect(torrent.peers()).toEqual([]);
    await expect(torrent.readBlock(0, 0)).rejects.toEqual(closed);
    expect(await pending).toEqual(closed);
    await arena.end();
  });

  if (what === 'the torrent is removed') return;

  it('of a session reads the last values; writes throw, promises reject', async () => {
    const { arena, session } = await scene();
    const before = { peerId: session.peerId, settings: session.settings };
    end(arena);
    await arena.advance(100);
    expect({ peerId: session.peerId, settings: session.settings }).toEqual(before);
    expect([session.torrents(), session.torrent(arena.infoHash)]).toEqual([[], undefined]);
    for (const [name, write] of Object.entries(sessionWrites)) {
      expect(() => write(session, arena), name).toThrow(closed);
    }
    await expect(session.network.listen(endpoint('0.0.0.0', 0), () => {})).rejects.toEqual(closed);
    await expect(session.network.datagram(endpoint('0.0.0.0', 0), () => {})).rejects.toEqual(closed);
    await expect(session.network.resolve('name')).rejects.toEqual(closed);
    expect(session.stats().plugins.alpha).toBeUndefined();
    await arena.end();
  });
});

describe('facades', () => {
  it('are one for each object and plugin, and different for different plugins', async () => {
    const { arena, alpha, peer, torrent, session } = await scene();
    expect(torrent.peers()).toHaveLength(1);
    expect(torrent.peers()[0]).toBe(peer);
    expect(peer.torrent).toBe(torrent);
    expect(torrent.session).toBe(session);
    expect(session.torrents()[0]).toBe(torrent);
    expect(session.torrent(arena.infoHash)).toBe(torrent);
    expect(alpha.peers).toHaveLength(1);
    expect(arena.peer).not.toBe(peer);
    expect(arena.context).not.toBe(torrent);
    await arena.end();
  });

  it('have no state that can be reached or changed from outside', async () => {
    const { arena, peer, torrent, session } = await scene();
    for (const facade of [peer, torrent, session]) {
      const own = Object.keys(facade);
      expect(own.filter((key) => !['clock', 'network', 'policy', 'session'].includes(key))).toEqual([]);
      expect(() => Object.assign(facade, { isChoked: false, infoHash: 1, peerId: 1 })).toThrow(TypeError);
    }
    peer.id?.fill(0);
    session.peerId.fill(0);
    expect(peer.id?.some((byte) => byte !== 0)).toBe(true);
    expect(session.peerId.some((byte) => byte !== 0)).toBe(true);
    await arena.end();
  });
});
