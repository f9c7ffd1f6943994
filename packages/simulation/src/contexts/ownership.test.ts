import { endpoint } from '@peerloom/core';
import type {
  PeerContext,
  PieceHold,
  SessionContext,
  SessionPlugin,
  TorrentContext,
} from '@peerloom/core/plugin';
import { runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { Holder } from '../fixtures/holder.js';
import { rawMessage } from '../fixtures/messages.js';
import { passOn, Recorder } from '../fixtures/recorder.js';
import { downloadWithFailure } from '../fixtures/torrent-hook-cases.js';

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
  await arena.open();
  const [peer] = alpha.peers;
  const [torrent] = alpha.torrents;
  if (peer === undefined || torrent === undefined) throw new TypeError('nothing was seen');
  return { arena, alpha, peer, torrent, session: alpha.session };
}

async function leave({ arena }: Scene): Promise<void> {
  void arena.session.removeExtension('alpha');
  await arena.advance(1);
}

describe('what a plugin registered ends when it leaves', () => {
  it('timers of every context', async () => {
    const at = await scene();
    const fired: string[] = [];
    for (const [name, { clock }] of Object.entries({
      peer: at.peer,
      torrent: at.torrent,
      session: at.session,
    })) {
      clock.setTimeout(() => fired.push(name), 1000);
      clock.setInterval(() => fired.push(name), 500);
    }
    expect(at.arena.session.stats().plugins.alpha?.timers).toBe(6);
    await leave(at);
    await at.arena.advance(5000);
    expect(fired).toEqual([]);
    expect(at.arena.session.stats().plugins.alpha).toBeUndefined();
    await at.arena.end();
  });

  it('timers of a connection that is gone; those of its torrent go on', async () => {
    const at = await scene();
    const fired: string[] = [];
    at.peer.clock.setTimeout(() => fired.push('peer'), 1000);
    at.torrent.clock.setTimeout(() => fired.push('torrent'), 1000);
    at.arena.remote.destroy();
    await at.arena.advance(2000);
    expect(fired).toEqual(['torrent']);
    await at.arena.end();
  });

  it('a timer that throws is a fault of its scope', async () => {
    const at = await scene();
    at.peer.clock.setTimeout(() => {
      throw new Error('boom');
    }, 10);
    await at.arena.advance(20);
    expect(at.arena.faults).toMatchObject([
      { plugin: 'alpha', scope: 'peer', hook: 'timer', action: 'peerClosed' },
    ]);
    at.session.clock.setTimeout(() => {
      throw new Error('boom');
    }, 10);
    await at.arena.advance(20);
    expect(at.arena.faults[1]).toMatchObject({ scope: 'session', hook: 'timer', action: 'pluginDetached' });
    await at.arena.finishSubject();
    await at.arena.end();
  });

  it('deadlines: they disconnect in time, unless cancelled, or their plugin has left', async () => {
    const at = await scene();
    const cancelled = at.peer.deadline(1000, 'too slow');
    cancelled.cancel();
    await at.arena.advance(2000);
    expect(at.arena.remote.isClosed).toBe(false);
    at.peer.deadline(1000, 'too slow');
    await at.arena.advance(999);
    expect(at.peer.isClosed).toBe(false);
    await at.arena.advance(1);
    expect(at.peer.isClosed).toBe(true);
    await at.arena.advance(1);
    expect(at.arena.disconnects).toEqual(['plugin PEER_DEADLINE']);
    await at.arena.open();
    at.alpha.peers[1]?.deadline(1000, 'too slow');
    await leave(at);
    await at.arena.advance(2000);
    expect(at.arena.remote.isClosed).toBe(false);
    await at.arena.end();
  });

  it('channels', async () => {
    const at = await scene();
    at.peer.register(rawMessage('x_mine'), () => {});
    expect(at.arena.session.stats().plugins.alpha?.channels).toBe(1);
    await leave(at);
    expect(at.arena.session.stats().plugins.alpha).toBeUndefined();
    at.arena.peer.register(rawMessage('x_mine'), () => {});
    await at.arena.end();
  });

  it('policies: a source is denied while any plugin denies it', async () => {
    const at = await scene();
    const allow = at.arena.context.policy.deny('pex');
    at.torrent.policy.deny('pex', 'dht');
    expect(at.torrent.addPeer(endpoint('10.3.0.1', 1), 'pex')).toBe(false);
    allow();
    allow();
    expect(at.torrent.policy.allows('pex')).toBe(false);
    await leave(at);
    expect(at.arena.context.policy.allows('pex')).toBe(true);
    expect(at.arena.context.addPeer(endpoint('10.3.0.1', 1), 'pex')).toBe(true);
    await at.arena.end();
  });

  it('transports, gauges, sockets', async () => {
    const at = await scene();
    at.session.registerTransport({ name: 'mine', dial: () => undefined });
    at.session.gauge('size', () => 5);
    at.session.counter('count').add(3);
    const listener = await at.session.network.listen(endpoint('0.0.0.0', 4000), () => {});
    const socket = await at.session.network.datagram(endpoint('0.0.0.0', 4001), () => {});
    expect([listener.local.port, socket.local.port]).toEqual([4000, 4001]);
    expect(at.arena.session.stats().counters).toMatchObject({ 'alpha.size': 5, 'alpha.count': 3 });
    await leave(at);
    expect(at.arena.session.stats().counters).not.toHaveProperty('alpha.size');
    const {
      session,
      session: { network },
    } = at.arena.driver;
    session.registerTransport({ name: 'mine', dial: () => undefined });
    await network.listen(endpoint('0.0.0.0', 4000), () => {});
    await network.datagram(endpoint('0.0.0.0', 4001), () => {});
    await at.arena.end();
  });

  it('holds of pieces: readable while held, 10 s at most, and not after the plugin has left', async () => {
    for (const ending of ['release', 'deadline', 'leave'] as const) {
      const blocks: Promise<Uint8Array>[] = [];
      const holds: PieceHold[] = [];
      const alpha = new Recorder('alpha');
      alpha.reactions['torrent.onPieceFailed'] = ({ torrent, args: [piece] }) => {
        if (torrent) holds.push(torrent.holdPiece(piece as number));
        torrent?.clock.setTimeout(() => blocks.push(torrent.readBlock(piece as number, 0)), 100);
      };
      const arena = await Arena.create({ plugins: [alpha.plugin] });
      await downloadWithFailure(arena);
      await arena.advance(200);
      expect(arena.torrent.stats).toMatchObject({ piecesHave: 15, hashFailures: 1 });
      expect(
        (await blocks[0])?.every((byte) => byte === 0),
        'the bad bytes',
      ).toBe(true);
      expect(arena.session.stats().plugins.alpha?.holds).toBe(1);
      // The one that sent it is not asked again for a while.
      await arena.addCompanion();
      await arena.advance(1000);
      expect(arena.torrent.stats.piecesHave, 'not while held').toBe(15);
      expect(() => alpha.torrents[0]?.holdPiece(0), 'only in the hook').toThrow(
        expect.objectContaining({ code: 'PLUGIN_PIECE_HOLD' }),
      );
      expect(holds[0]?.isOpen).toBe(true);
      if (ending === 'release') holds[0]?.release();
      if (ending === 'leave') void arena.session.removeExtension('alpha');
      await arena.advance(ending === 'deadline' ? 11_000 : 1000);
      expect(arena.torrent.stats.piecesHave, ending).toBe(16);
      expect(holds[0]?.isOpen).toBe(false);
      holds[0]?.release();
      await arena.advance(20_000);
      expect(arena.session.stats().plugins.alpha).toBeUndefined();
      await arena.end();
    }
  });

  it('pieces that are kept for one peer, which any other may send once the plugin has left', async () => {
    await runSwarm({}, async (swarm) => {
      const alpha: SessionPlugin = {
        name: 'alpha',
        apiVersion: 1,
        newTorrent: (torrent) => ({
          newConnection: (peer) => ({
            onUnchoke: () => {
              for (let piece = 0; piece < swarm.content.pieceCount; piece++)
                torrent.setExclusive(piece, peer);
            },
          }),
        }),
      };
      const leech = await swarm.addLeech({ extensions: [alpha] });
      const silent = swarm.addFakePeer(leech);
      await silent.greet();
      silent.serve(swarm.content, { answer: () => 'silence' });
      await silent.expect('request');
      await leech.session.removeExtension('alpha');
      await swarm.addSeed({ connectTo: [leech] });
      // Sooner than the silent one is given up.
      await swarm.runUntilComplete({ timeoutMs: 30_000 });
    });
  });

  it('a hold closes the connection, and leaves others alone', async () => {
    const holder = new Holder('auth');
    const arena = await Arena.create({ subject: 'half', plugins: [holder.plugin] });
    const first = await arena.open();
    holder.release();
    const second = await arena.open();
    void arena.session.removeExtension('auth');
    await arena.roundTrip();
    expect([first.isClosed, second.isClosed]).toEqual([false, true]);
    await arena.end();
  });
});

describe('plugins that come and go at run time', () => {
  it('a late one is shown the torrents, the check that is done, and the connections', async () => {
    const arena = await Arena.create({ subject: 'half' });
    const remote = await arena.open();
    remote.sendExtensionHandshake({ x_any: 3 });
    remote.send({ type: 'have', piece: 15 });
    await arena.roundTrip();
    const late = new Recorder('late');
    arena.session.addExtension(late.plugin);
    expect(late.ids.filter((id) => id !== 'session.onAlert')).toEqual([
      'session.added',
      'session.newTorrent',
      'torrent.newConnection',
      'peer.onConnected',
      'peer.onHandshake',
      'peer.onExtensionHandshake',
      'torrent.onFilesChecked',
    ]);
    expect(late.peers[0]?.has(15)).toBe(true);
    expect(late.of('peer.onExtensionHandshake')[0]?.args).toMatchObject([{ m: { x_any: 3 } }]);
    remote.send({ type: 'have', piece: 14 });
    await arena.roundTrip();
    expect(late.count('peer.onHave')).toBe(1);
    await arena.end();
  });

  it('one that left is called no more, and can be added again', async () => {
    const alpha = new Recorder('alpha');
    const arena = await Arena.create({ plugins: [alpha.plugin], subject: 'half' });
    const remote = await arena.open();
    for (let i = 0; i < 3; i++) {
      void arena.session.removeExtension('alpha');
      const count = alpha.calls.length;
      remote.send({ type: 'have', piece: i });
      await arena.advance(1500);
      expect(alpha.calls.slice(count)).toEqual([]);
      arena.session.addExtension(alpha.plugin);
      remote.send({ type: 'have', piece: 15 - i });
      await arena.roundTrip();
      expect(alpha.ids.slice(count)).toContain('peer.onHave');
    }
    await arena.end();
  });

  it('a plugin that removes itself in its first late newConnection is not asked again', async () => {
    const arena = await Arena.create({ subject: 'half' });
    await arena.open();
    await arena.open();
    const late = new Recorder('late');
    late.reactions['torrent.newConnection'] = () => {
      void arena.session.removeExtension('late');
      return passOn;
    };
    arena.session.addExtension(late.plugin);
    expect(late.count('torrent.newConnection')).toBe(1);
    expect(late.ids.filter((id) => id.startsWith('peer.'))).toEqual([]);
    await arena.end();
  });
});
