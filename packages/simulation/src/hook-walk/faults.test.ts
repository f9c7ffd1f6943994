import { makeTestTorrent } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { type HookRun, runCase } from '../fixtures/hook-case.js';
import { caseOf } from '../fixtures/hook-cases.js';
import { allHooks, type Hook, hooksAt } from '../fixtures/hooks.js';
import { type HookCall, Recorder } from '../fixtures/recorder.js';

/** Runs a case in which alpha throws in the hook where it concerns the torrent under test. */
async function runThrowing(hook: Hook, required = false): Promise<HookRun> {
  return runCase(hook, caseOf(hook.id), {
    alpha: {
      required,
      reactions: {
        [hook.id]: ({ torrent }: HookCall) => {
          if (torrent?.name !== 'bystander') throw new Error(`boom in ${hook.id}`);
        },
      },
    },
    hasBystander: true,
  });
}

/** What follows a throw (DESIGN §3.6), in the words of the alert. */
function actionOf({ id, level }: Hook): string {
  if (id === 'session.saveState') return 'stateKept';
  return level === 'peer' || id === 'torrent.newConnection' ? 'peerClosed' : 'pluginDetached';
}

/** The scope named in the alert: where the plugin was called. */
function scopeOf({ id, level }: Hook): string {
  if (id === 'session.newTorrent') return 'torrent';
  return id === 'torrent.newConnection' ? 'peer' : level;
}

function disconnectsOf(recorder: Recorder, { infoHash }: Arena): number {
  return recorder.of('peer.onDisconnect').filter(({ torrent }) => torrent?.infoHash.equals(infoHash)).length;
}

describe('a throw in a hook is contained and named in an alert', () => {
  it.each(allHooks.map((hook) => [hook.id, hook] as const))('%s', async (id, hook) => {
    const { arena, alpha, beta } = await runThrowing(hook);
    await arena.advance(1);

    const [fault] = arena.faults;
    expect(fault).toMatchObject({
      plugin: 'alpha',
      scope: scopeOf(hook),
      hook: hook.name,
      action: actionOf(hook),
    });
    expect(fault?.error).toMatchObject({ message: `boom in ${id}` });
    expect(arena.faults.every(({ plugin }) => plugin === 'alpha')).toBe(true);
    expect(arena.node.alertsOf('sessionError')).toEqual([]);
    const isPeers = actionOf(hook) === 'peerClosed';
    if (!isPeers) expect(beta.count(id), 'other plugins').toBeGreaterThan(0);
    else if (hook.level === 'peer') expect(disconnectsOf(beta, arena), 'other plugins').toBe(1);
    if (isPeers) {
      expect(fault).toMatchObject({ infoHash: arena.infoHash, endpoint: arena.peers[0]?.endpoint });
      expect(arena.peers[0]?.isClosed).toBe(true);
      if (id !== 'peer.onDisconnect') expect(arena.disconnects[0]).toBe('fault PLUGIN_FAULT');
    }

    const calls = alpha.calls.length;
    await arena.finishBystander();
    alpha.reactions[id] = () => undefined;
    await arena.finishSubject();
    const later = alpha.calls.slice(calls);
    const isGone = actionOf(hook) === 'pluginDetached';
    const ofSubject = later.filter(({ torrent }) => torrent?.infoHash.equals(arena.infoHash) === true);
    if (isGone) expect(ofSubject, 'called where it was detached').toEqual([]);
    if (isGone && scopeOf(hook) === 'session') expect(later, 'called after it was detached').toEqual([]);
    if (isGone && scopeOf(hook) === 'torrent')
      expect(later.length, 'detached elsewhere too').toBeGreaterThan(0);
    if (isPeers) expect(ofSubject.length, 'detached from all peers').toBeGreaterThan(0);
    await arena.end();
  });
});

describe('a throw in a required plugin', () => {
  it.each(hooksAt('peer').map((hook) => [hook.id, hook] as const))(
    '%s closes that peer; the torrent goes on',
    async (_id, hook) => {
      const { arena } = await runThrowing(hook, true);
      await arena.advance(1);
      expect(arena.faults[0]).toMatchObject({ plugin: 'alpha', hook: hook.name, action: 'peerClosed' });
      expect(arena.peers[0]?.isClosed).toBe(true);
      expect(arena.torrent.isPaused).toBe(hook.id === 'peer.canDisconnect');
      await arena.finishBystander();
      await arena.end();
    },
  );

  const ofTorrent = hooksAt('torrent').filter(({ name }) => name !== 'newConnection' && name !== 'onAddPeer');

  it.each(ofTorrent.map((hook) => [hook.id, hook] as const))(
    '%s stops the torrent, and no other',
    async (_id, hook) => {
      const { arena } = await runThrowing(hook, true);
      await arena.roundTrip();
      expect(arena.faults[0]).toMatchObject({
        plugin: 'alpha',
        scope: 'torrent',
        hook: hook.name,
        action: 'torrentStopped',
      });
      expect(arena.torrent.isPaused).toBe(true);
      expect(arena.torrent.peers()).toEqual([]);
      arena.torrent.resume({ standard: true });
      arena.torrent.resume();
      expect(arena.torrent.isPaused, 'resumed without it').toBe(true);
      await arena.finishBystander();
      await arena.end();
    },
  );

  const ofSession = hooksAt('session').filter(({ name }) =>
    ['added', 'loadState', 'onTick', 'onAlert'].includes(name),
  );

  it.each(ofSession.map((hook) => [hook.id, hook] as const))(
    '%s stops every torrent, those to come included',
    async (_id, hook) => {
      const { arena } = await runThrowing(hook, true);
      await arena.roundTrip();
      expect(arena.faults[0]).toMatchObject({ plugin: 'alpha', scope: 'session', hook: hook.name });
      expect(arena.session.torrents().map(({ isPaused }) => isPaused)).toEqual([true, true]);
      const other = makeTestTorrent({ seed: 'other', name: 'other' });
      const added = arena.session.addTorrent({ torrent: other.metainfo });
      await arena.advance(10);
      expect(added.isPaused).toBe(true);
      const remote = await arena.open();
      expect(remote.isClosed).toBe(true);
      expect(remote.receivedBytes).toBe(0);
      await arena.end();
    },
  );

  it('newConnection closes that connection, after three a minute the torrent stops', async () => {
    const alpha = new Recorder('alpha', {
      required: true,
      reactions: {
        'torrent.newConnection': () => {
          throw new Error('boom');
        },
      },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    for (let i = 0; i < 3; i++) {
      expect((await arena.open()).isClosed).toBe(true);
      await arena.advance(10_000);
      expect(arena.torrent.isPaused, `after ${i + 1}`).toBe(false);
    }
    await arena.open();
    expect(arena.torrent.isPaused).toBe(true);
    expect(arena.node.alertsOf('torrentError').at(-1)?.error).toMatchObject({
      code: 'SESSION_REQUIRED_MISSING',
    });
    await arena.end();
  });

  it('three faults a minute, however long it goes on, do not stop the torrent', async () => {
    const alpha = new Recorder('alpha', {
      required: true,
      reactions: {
        'peer.onHandshake': () => {
          throw new Error('boom');
        },
      },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    for (let i = 0; i < 9; i++) {
      expect((await arena.open()).isClosed).toBe(true);
      await arena.advance(20_100);
    }
    expect(arena.torrent.isPaused).toBe(false);
    await arena.end();
  });

  it('newTorrent keeps the torrent out, with an alert', async () => {
    const alpha = new Recorder('alpha', {
      required: true,
      reactions: {
        'session.newTorrent': () => {
          throw new Error('boom');
        },
      },
    });
    const beta = new Recorder('beta', { order: 'post' });
    const arena = await Arena.create({ plugins: [alpha.plugin, beta.plugin] });
    expect(arena.addError).toMatchObject({ code: 'PLUGIN_REQUIRED_FAILED', cause: { message: 'boom' } });
    expect(arena.session.torrents()).toEqual([]);
    expect(arena.faults).toMatchObject([
      { plugin: 'alpha', hook: 'newTorrent', action: 'torrentRefused', infoHash: arena.infoHash },
    ]);
    expect(arena.node.alertsOf('torrentAdded')).toEqual([]);
    delete alpha.reactions['session.newTorrent'];
    arena.addTorrent();
    await arena.advance(1);
    await arena.finishSubject();
    await arena.end();
  });

  it.each(['session.onUnknownTorrent', 'torrent.onAddPeer'] as const)(
    '%s, which one remote causes, closes that remote; after three a minute the scope stops',
    async (id) => {
      const alpha = new Recorder('alpha', {
        required: true,
        reactions: {
          [id]: () => {
            throw new Error('boom');
          },
        },
      });
      const arena = await Arena.create({ plugins: [alpha.plugin] });
      const unknown = makeTestTorrent({ seed: 'unknown' }).infoHash;
      const infoHash = id === 'session.onUnknownTorrent' ? unknown : arena.infoHash;
      for (let i = 0; i < 3; i++) {
        const remote = await arena.open({ infoHash });
        expect(remote.isClosed).toBe(true);
        expect(remote.receivedBytes).toBe(0);
        expect(arena.torrent.isPaused, `after ${i + 1}`).toBe(false);
      }
      expect(arena.faults.map(({ action }) => action)).toEqual(['peerClosed', 'peerClosed', 'peerClosed']);
      await arena.open({ infoHash });
      expect(arena.torrent.isPaused).toBe(true);
      await arena.end();
    },
  );
});
