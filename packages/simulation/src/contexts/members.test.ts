import { endpoint } from '@peerloom/core';
import {
  defineMessage,
  defineTorrentExtension,
  type HandshakeBuilder,
  type MessageChannel,
  type PeerContext,
  pluginApiVersion,
  rawCodec,
  type SessionContext,
  type TorrentContext,
} from '@peerloom/core/plugin';
import { runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const message = defineMessage<Uint8Array>()('ex_members', rawCodec, { maxBytes: 16 });

/** What a plugin of the downloading side is handed, and hears at the start. */
interface Seen {
  session?: SessionContext;
  torrent?: TorrentContext;
  peer?: PeerContext;
  channel?: MessageChannel<Uint8Array>;
  handshakeHas?: readonly boolean[];
  queuedBytes?: readonly number[];
}

interface Scene {
  readonly swarm: Swarm;
  readonly seed: SwarmPeer;
  readonly leech: SwarmPeer;
  readonly session: SessionContext;
  readonly torrent: TorrentContext;
  readonly peer: PeerContext;
  readonly seen: Seen;
}

const identity = (name: string) => ({ name, apiVersion: pluginApiVersion });
const bystander = (name: string) => defineTorrentExtension(identity(name), () => ({}));

async function withScene(look: (scene: Scene) => Promise<void> | void): Promise<void> {
  const seen: Seen = {};
  const plugin = {
    ...identity('members'),
    added: (session: SessionContext) => {
      seen.session = session;
    },
    newTorrent: (torrent: TorrentContext) => {
      seen.torrent = torrent;
      return {
        newConnection: (peer: PeerContext) => {
          seen.peer = peer;
          seen.channel = peer.register(message, () => undefined);
          return {
            addHandshake: (dict: HandshakeBuilder) => {
              const before = dict.has('ex_key');
              dict.set('ex_key', 1);
              seen.handshakeHas = [dict.has('m'), before, dict.has('ex_key')];
            },
          };
        },
      };
    },
  };
  const content = { lengthBytes: 400_000, pieceLength: 16_384 };
  await runSwarm({ torrent: content, seed: 3 }, async (swarm) => {
    const seed = await swarm.addSeed({ host: { uploadBytesPerSecond: 40_000 } });
    const leech = await swarm.addLeech({ connectTo: [seed], extensions: [plugin] });
    await swarm.advance(3000);
    const { session, torrent, peer } = seen;
    if (!session || !torrent || !peer) throw new Error('the plugin has seen no connection');
    await look({ swarm, seed, leech, session, torrent, peer, seen });
  });
}

describe('what a plugin reads', () => {
  it('of a connection is what the remote is and what we want of it', async () => {
    await withScene(({ swarm, seed, peer, seen }) => {
      expect(peer.listenEndpoint).toEqual(seed.endpoint);
      expect(peer.isUploadOnly).toBe(true);
      expect(peer.weAreInterested).toBe(true);
      expect(peer.reserved?.extensionProtocol).toBe(true);
      expect(peer.principal).toBeUndefined();
      const before = peer.sendBufferBytes;
      peer.send({ type: 'have', piece: 0 });
      expect(peer.sendBufferBytes - before).toBe(9);
      peer.setPrincipal('somebody');
      expect(peer.principal).toBe('somebody');
      expect(seen.channel?.name).toBe('ex_members');
      expect(seen.handshakeHas).toEqual([true, false, true]);
      expect(swarm.peers.length).toBe(2);
    });
  });

  it('of a torrent is what is wanted and who is known', async () => {
    await withScene(({ seed, torrent }) => {
      expect(torrent.layout?.pieceCount).toBe(25);
      expect([torrent.isQueued, torrent.isClosed, torrent.isSequential]).toEqual([false, false, false]);
      expect(torrent.knownPeers()).toMatchObject([{ endpoint: seed.endpoint, isConnected: true }]);
      torrent.setFilePriority(0, 6);
      torrent.setPiecePriority(24, 2);
      expect([torrent.filePriority(0), torrent.piecePriority(23), torrent.piecePriority(24)]).toEqual([
        6, 6, 2,
      ]);
      torrent.setRateLimits({ downloadBytesPerSecond: 5000 });
      expect(torrent.rateLimits).toEqual({ downloadBytesPerSecond: 5000, uploadBytesPerSecond: 0 });
      torrent.setSequential(true);
      expect(torrent.isSequential).toBe(true);
    });
  });

  it('of a session is where it listens, its chance and whom it keeps out', async () => {
    await withScene(({ leech, session }) => {
      expect(session.isClosed).toBe(false);
      expect(session.listenEndpoints).toContainEqual(leech.endpoint);
      expect(session.random.integer(1)).toBe(0);
      expect(session.secureRandom.bytes(5)).toHaveLength(5);
      const target = { endpoint: endpoint('10.99.0.1', 6881) };
      session.ban(target, { reason: 'it was seen' });
      expect(session.bans()).toMatchObject([{ target, plugin: 'members' }]);
    });
  });
});

describe('what a plugin adds and takes out', () => {
  it('is an extension of the torrent or of the session, and a torrent', async () => {
    await withScene(async ({ swarm, session, torrent }) => {
      const ofTorrent = torrent.addExtension(bystander('of-torrent'));
      const ofSession = session.addExtension(bystander('of-session'));
      expect([ofTorrent.name, ofSession.name]).toEqual(['of-torrent', 'of-session']);
      torrent.removeExtension('of-torrent');
      const left = session.removeExtension('of-session');
      await swarm.advance(100);
      await left;
      expect([ofTorrent.isActive, ofSession.isActive]).toEqual([false, false]);
      const removed = session.removeTorrent(torrent.infoHash);
      await swarm.advance(100);
      await removed;
      expect([torrent.isClosed, session.isClosed, session.torrents().length]).toEqual([true, false, 0]);
    });
  });

  it('is its own torrent', async () => {
    await withScene(async ({ swarm, session, torrent }) => {
      // Its own promise ends with the context: the torrent is gone all the same.
      const removed = torrent.remove().catch(() => undefined);
      await swarm.advance(100);
      await removed;
      expect(session.torrents()).toEqual([]);
    });
  });
});
