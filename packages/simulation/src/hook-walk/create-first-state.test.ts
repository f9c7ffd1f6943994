import { decode } from '@peerloom/core';
import { makeTestTorrent } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { savedState } from '../fixtures/hook-case.js';
import { hooksOf } from '../fixtures/hooks.js';
import { passOn, Recorder } from '../fixtures/recorder.js';

/** Values of plugins in a saved state. */
function valuesIn(state: Uint8Array): unknown {
  const { plugins } = decode(state) as { plugins: Record<string, Uint8Array> };
  return Object.fromEntries(
    Object.entries(plugins).map(([name, value]) => [name, Buffer.from(value).toString()]),
  );
}

describe('create', () => {
  it('is what newTorrent and newConnection are', () => {
    expect(hooksOf('create').map(({ id }) => id)).toEqual(['session.newTorrent', 'torrent.newConnection']);
  });

  it('newTorrent: a plugin that declines sees nothing of that torrent, and of the next where it wants', async () => {
    const alpha = new Recorder('alpha', {
      reactions: {
        'session.newTorrent': ({ args: [, userData] }) => (userData === 'mine' ? passOn : undefined),
      },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    await arena.open();
    expect(alpha.ids.filter((id) => !id.startsWith('session.'))).toEqual([]);
    const other = makeTestTorrent({ seed: 'other', name: 'other' });
    arena.session.addTorrent({ torrent: other.metainfo, userData: 'mine' });
    await arena.advance(1);
    expect(alpha.count('torrent.onFilesChecked')).toBe(1);
    await arena.end();
  });

  it('newConnection: a plugin that declines sees nothing of that connection', async () => {
    const alpha = new Recorder('alpha', {
      reactions: {
        'torrent.newConnection': ({ peer }) => (peer?.endpoint.address === '10.1.0.1' ? undefined : passOn),
      },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    await arena.open();
    expect(arena.remote.isClosed).toBe(false);
    expect(alpha.ids.filter((id) => id.startsWith('peer.'))).toEqual([]);
    await arena.open();
    expect(alpha.count('peer.onHandshake')).toBe(1);
    await arena.end();
  });
});

describe('first', () => {
  it('is what onUnknownTorrent and unchokePriority are', () => {
    expect(hooksOf('first').map(({ id }) => id)).toEqual([
      'session.onUnknownTorrent',
      'peer.unchokePriority',
    ]);
  });

  it.each([
    ['metadata', (torrent: ReturnType<typeof makeTestTorrent>) => torrent.metainfo],
    ['a magnet link', (torrent: ReturnType<typeof makeTestTorrent>) => torrent.magnet],
  ] as const)(
    'onUnknownTorrent: the first that gives params with %s adds it, and the connection goes on',
    async (_what, paramsOf) => {
      const unknown = makeTestTorrent({ seed: 'unknown', name: 'unknown' });
      const alpha = new Recorder('alpha', { order: 'pre' });
      const beta = new Recorder('beta', {
        reactions: { 'session.onUnknownTorrent': () => ({ torrent: paramsOf(unknown) }) },
      });
      const gamma = new Recorder('gamma', { order: 'post' });
      const arena = await Arena.create({ plugins: [alpha.plugin, beta.plugin, gamma.plugin] });
      const remote = await arena.open({ infoHash: unknown.infoHash });
      expect(alpha.count('session.onUnknownTorrent')).toBe(1);
      expect(gamma.count('session.onUnknownTorrent'), 'later plugins are not asked').toBe(0);
      expect(arena.session.torrent(unknown.infoHash)?.infoHash).toEqual(unknown.infoHash);
      expect(remote.isClosed).toBe(false);
      expect(remote.remoteHandshake?.infoHash).toEqual(unknown.infoHash.toBytes());
      await arena.end();
    },
  );

  it('onUnknownTorrent: params for another infohash are refused, and so is the connection', async () => {
    const unknown = makeTestTorrent({ seed: 'unknown', name: 'unknown' });
    const other = makeTestTorrent({ seed: 'other', name: 'other' });
    const alpha = new Recorder('alpha', {
      reactions: { 'session.onUnknownTorrent': () => ({ torrent: other.metainfo }) },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open({ infoHash: unknown.infoHash });
    expect(arena.session.torrents()).toHaveLength(1);
    expect(remote.isClosed).toBe(true);
    expect(remote.receivedBytes).toBe(0);
    await arena.end();
  });

  it('unchokePriority: the peer that the first plugin to answer ranks higher has the slot', async () => {
    const alpha = new Recorder('alpha', {
      order: 'pre',
      reactions: {
        'peer.unchokePriority': ({ peer }) => (peer?.endpoint.address === '10.1.0.2' ? 0 : undefined),
      },
    });
    const beta = new Recorder('beta', {
      reactions: {
        'peer.unchokePriority': ({ peer }) => (peer?.endpoint.address === '10.1.0.2' ? 99 : 5),
      },
    });
    const arena = await Arena.create({
      plugins: [alpha.plugin, beta.plugin],
      subject: 'seed',
      settings: { uploadSlots: 1 },
    });
    const remotes = [await arena.open(), await arena.open(), await arena.open()];
    // A value of 0 counts: only for the first and third does the second plugin decide.
    for (const remote of remotes) remote.send({ type: 'interested' });
    await arena.advance(60_000);
    const choked = arena.peers.map(({ isChoked }) => isChoked);
    expect(choked[1], 'ranked lowest').toBe(true);
    expect(alpha.count('peer.unchokePriority')).toBeGreaterThan(beta.count('peer.unchokePriority'));
    await arena.end();
  });
});

describe('state', () => {
  it('is what loadState and saveState are', () => {
    expect(hooksOf('state').map(({ id }) => id)).toEqual(['session.loadState', 'session.saveState']);
  });

  it('is kept under the name, and comes back', async () => {
    const first = await Arena.create({ plugins: [new Recorder('alpha').plugin] });
    const state = first.session.saveState();
    expect(valuesIn(state)).toEqual({ alpha: 'saved by alpha' });
    await first.end();
    const alpha = new Recorder('alpha');
    const second = await Arena.create({ plugins: [alpha.plugin], state });
    expect(
      alpha.of('session.loadState').map(({ args }) => Buffer.from(args[0] as Uint8Array).toString()),
    ).toEqual(['saved by alpha']);
    await second.end();
  });

  it('a value of a plugin that is absent is carried over, over several sessions', async () => {
    let state = savedState('alpha', 'absent');
    for (let i = 0; i < 3; i++) {
      const arena = await Arena.create({ plugins: [new Recorder('alpha').plugin], state });
      state = arena.session.saveState();
      await arena.end();
    }
    expect(valuesIn(state)).toMatchObject({ absent: 'saved by absent' });
    const back = new Recorder('absent');
    const arena = await Arena.create({ plugins: [back.plugin], state });
    expect(back.count('session.loadState')).toBe(1);
    await arena.end();
  });

  it('a plugin that comes late gets its value, and one that leaves is saved as it was then', async () => {
    const alpha = new Recorder('alpha');
    const arena = await Arena.create({ state: savedState('alpha') });
    const handle = arena.session.addExtension(alpha.plugin);
    expect(alpha.count('session.loadState')).toBe(1);
    alpha.reactions['session.saveState'] = () => 'last';
    void handle.remove();
    await arena.advance(1);
    expect(valuesIn(arena.session.saveState())).toMatchObject({ alpha: 'last' });
    await arena.end();
  });

  it('saveState that throws or gives what cannot be encoded keeps the value saved before, with an alert', async () => {
    let value: unknown = { count: 1 };
    const alpha = new Recorder('alpha', { only: ['session.saveState'] });
    alpha.reactions['session.saveState'] = () => {
      if (value === 'throw') throw new Error('boom');
      return value;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const good = arena.session.saveState();
    for (const bad of ['throw', 1.5, { nested: Number.NaN }, () => {}]) {
      value = bad;
      expect(arena.session.saveState()).toEqual(good);
      await arena.advance(1);
      expect(arena.faults.at(-1)).toMatchObject({
        plugin: 'alpha',
        scope: 'session',
        hook: 'saveState',
        action: 'stateKept',
      });
    }
    expect(arena.faults).toHaveLength(4);
    value = { count: 2 };
    expect(arena.session.saveState(), 'the plugin is still there').not.toEqual(good);
    await arena.end();
  });

  it('keeps the value, not the object: what the plugin does to it later changes nothing', async () => {
    const live: { count: unknown } = { count: 1 };
    let isBroken = false;
    const alpha = new Recorder('alpha', { only: ['session.saveState'] });
    alpha.reactions['session.saveState'] = () => {
      if (isBroken) throw new Error('boom');
      return live;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const good = arena.session.saveState();
    isBroken = true;
    live.count = 2;
    expect(arena.session.saveState()).toEqual(good);
    live.count = Symbol('not bencodable');
    expect(arena.session.saveState()).toEqual(good);
    await arena.end();
  });

  it('undefined keeps nothing', async () => {
    const alpha = new Recorder('alpha', { only: ['session.saveState'] });
    const arena = await Arena.create({ plugins: [alpha.plugin], state: savedState('alpha') });
    alpha.reactions['session.saveState'] = () => undefined;
    expect(valuesIn(arena.session.saveState())).not.toHaveProperty('alpha');
    await arena.end();
  });
});
