import { defineTorrentExtension, pluginApiVersion, type TorrentPlugin } from '@peerloom/core/plugin';
import { makeTestTorrent } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { passOn, Recorder } from '../fixtures/recorder.js';

function required(
  name: string,
  create: () => TorrentPlugin | undefined,
): ReturnType<typeof defineTorrentExtension> {
  return defineTorrentExtension({ name, apiVersion: pluginApiVersion, required: true }, create);
}

describe('required', () => {
  it('newConnection that gives undefined closes that connection, before a byte of ours', async () => {
    const guard = new Recorder('guard', { required: true });
    guard.reactions['torrent.newConnection'] = () => undefined;
    const arena = await Arena.create({ plugins: [guard.plugin], subject: 'seed' });
    const incoming = await arena.open();
    expect([incoming.isClosed, incoming.receivedBytes]).toEqual([true, 0]);
    expect(arena.disconnects).toEqual(['plugin PEER_REQUIRED_PLUGIN']);
    expect(arena.torrent.isPaused).toBe(false);
    guard.reactions['torrent.newConnection'] = () => passOn;
    expect((await arena.open()).isClosed).toBe(false);
    await arena.end();
  });

  it('added late: connections that exist are closed, not replayed; the torrent goes on', async () => {
    const arena = await Arena.create({ subject: 'half' });
    const remote = await arena.open();
    const guard = new Recorder('guard', { required: true });
    arena.session.addExtension(guard.plugin);
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    expect(guard.peers).toEqual([]);
    await arena.finishSubject();
    expect(guard.peers.length).toBeGreaterThan(0);
    await arena.end();
  });

  it('removed: every torrent pauses until it is back', async () => {
    const guard = new Recorder('guard', { required: true });
    const arena = await Arena.create({ plugins: [guard.plugin], subject: 'seed' });
    const remote = await arena.open();
    void arena.session.removeExtension('guard');
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    expect(arena.torrent.isPaused).toBe(true);
    arena.torrent.resume();
    arena.torrent.resume({ standard: true });
    expect(arena.torrent.isPaused).toBe(true);
    const other = arena.session.addTorrent({
      torrent: makeTestTorrent({ seed: 'other', name: 'other' }).metainfo,
    });
    await arena.advance(1);
    expect(other.isPaused).toBe(true);
    const refused = await arena.open();
    expect([refused.isClosed, refused.receivedBytes]).toEqual([true, 0]);

    arena.session.addExtension(new Recorder('guard', { required: true }).plugin);
    expect([arena.torrent.isPaused, other.isPaused]).toEqual([false, false]);
    await arena.finishSubject();
    await arena.end();
  });

  it('added again by what its removal brings about: it is back on every torrent, and none stays paused', async () => {
    const guard = new Recorder('guard', { required: true });
    const next = new Recorder('guard', { required: true });
    const other = new Recorder('other');
    const arena = await Arena.create({ plugins: [guard.plugin, other.plugin], subject: 'seed' });
    const second = arena.session.addTorrent({
      torrent: makeTestTorrent({ seed: 'other', name: 'other' }).metainfo,
    });
    await arena.open();
    other.reactions['peer.onDisconnect'] = () => {
      other.reactions['peer.onDisconnect'] = () => passOn;
      arena.session.addExtension(next.plugin);
    };
    void arena.session.removeExtension('guard');
    await arena.roundTrip();
    expect(next.ids.filter((id) => id === 'session.newTorrent')).toHaveLength(2);
    expect([arena.torrent.isPaused, second.isPaused]).toEqual([false, false]);
    next.reactions['torrent.newConnection'] = () => undefined;
    const refused = await arena.open();
    expect([refused.isClosed, refused.receivedBytes]).toEqual([true, 0]);
    await arena.end();
  });

  it('a torrent extension that is added again by what its removal brings about is back', async () => {
    const other = new Recorder('other');
    const arena = await Arena.create({ plugins: [other.plugin], subject: 'seed' });
    const guard = required('guard', () => ({
      newConnection: (peer) => {
        peer.hold({ reason: 'authentication', channels: [] });
        return {};
      },
    }));
    arena.torrent.addExtension(guard);
    await arena.open();
    other.reactions['peer.onDisconnect'] = () => {
      other.reactions['peer.onDisconnect'] = () => passOn;
      arena.torrent.addExtension(guard);
    };
    arena.torrent.removeExtension('guard');
    await arena.roundTrip();
    expect(arena.torrent.isPaused).toBe(false);
    await arena.end();
  });

  it('removed with allowOpen: everything goes on, also where that is said afterwards', async () => {
    for (const isAfterwards of [false, true]) {
      const guard = new Recorder('guard', { required: true });
      const arena = await Arena.create({ subject: 'seed' });
      const handle = arena.session.addExtension(guard.plugin);
      await arena.open();
      if (isAfterwards) void handle.remove();
      void handle.remove({ allowOpen: true });
      await arena.roundTrip();
      expect(arena.torrent.isPaused).toBe(false);
      expect(arena.remote.isClosed).toBe(isAfterwards);
      await arena.finishSubject();
      await arena.end();
    }
  });

  it('a torrent that was paused before stays paused when it is back', async () => {
    const guard = new Recorder('guard', { required: true });
    const arena = await Arena.create({ plugins: [guard.plugin] });
    arena.torrent.pause();
    void arena.session.removeExtension('guard');
    await arena.advance(1);
    arena.session.addExtension(new Recorder('guard', { required: true }).plugin);
    expect(arena.torrent.isPaused).toBe(true);
    arena.torrent.resume();
    expect(arena.torrent.isPaused).toBe(false);
    await arena.end();
  });

  it('missing: no veto of another plugin keeps a connection, and nothing more is served', async () => {
    const guard = new Recorder('guard', { required: true });
    const stubborn = new Recorder('stubborn', { reactions: { 'peer.canDisconnect': () => false } });
    const arena = await Arena.create({ plugins: [guard.plugin, stubborn.plugin], subject: 'seed' });
    const remote = await arena.open();
    void arena.session.removeExtension('guard');
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    await arena.end();
  });

  it('a torrent extension: one that is not there stops that torrent only', async () => {
    const arena = await Arena.create({ subject: 'half', hasBystander: true });
    for (const create of [
      () => undefined,
      () => {
        throw new Error('boom');
      },
    ]) {
      const handle = arena.torrent.addExtension(required('guard', create));
      await arena.advance(1);
      expect(arena.torrent.isPaused).toBe(true);
      void handle.remove({ allowOpen: true });
      await arena.advance(1);
      expect(arena.torrent.isPaused).toBe(false);
    }
    arena.torrent.addExtension(required('guard', () => ({ newConnection: () => ({}) })));
    await arena.advance(1);
    expect(arena.torrent.isPaused).toBe(false);
    arena.torrent.removeExtension('guard');
    expect(arena.torrent.isPaused).toBe(true);
    await arena.finishBystander();
    await arena.end();
  });

  it('a late one whose newTorrent throws for one torrent stops that one, and works for the others', async () => {
    const arena = await Arena.create({ subject: 'half', hasBystander: true });
    const guard = new Recorder('guard', { required: true });
    guard.reactions['session.newTorrent'] = ({ torrent }) => {
      if (torrent?.name === 'subject') throw new Error('boom');
      return passOn;
    };
    const handle = arena.session.addExtension(guard.plugin);
    await arena.advance(1);
    expect(arena.torrent.isPaused).toBe(true);
    expect(handle.isActive).toBe(true);
    expect(guard.torrents.map(({ name, isPaused }) => [name, isPaused])).toContainEqual(['bystander', false]);
    await arena.finishBystander();
    void handle.remove({ allowOpen: true });
    await arena.advance(1);
    expect(arena.torrent.isPaused).toBe(false);
    arena.session.addExtension(new Recorder('guard').plugin);
    await arena.finishSubject();
    await arena.end();
  });

  it('a required async newTorrent does not leave the torrent open', async () => {
    const guard = new Recorder('guard', { required: true });
    guard.reactions['session.newTorrent'] = () => Promise.resolve({});
    const arena = await Arena.create({ plugins: [guard.plugin], subject: 'seed' });
    await arena.advance(1);
    const isOpen = arena.addError === undefined && !arena.torrent.isPaused;
    expect(isOpen).toBe(false);
    await arena.end();
  });
});
