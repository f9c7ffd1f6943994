import { definePluginKey, defineTorrentExtension, pluginApiVersion } from '@peerloom/core/plugin';
import { makeTestTorrent } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { passOn, Recorder } from '../fixtures/recorder.js';

const identity = { apiVersion: pluginApiVersion };

function codeOf(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('adding extensions', () => {
  it('userData reaches newTorrent, factories of a torrent, and those added later', async () => {
    const seen: unknown[] = [];
    const factory = (name: string): ReturnType<typeof defineTorrentExtension> =>
      defineTorrentExtension({ name, ...identity }, (_torrent, userData) => {
        seen.push([name, userData]);
        return undefined;
      });
    const alpha = new Recorder('alpha');
    const arena = await Arena.create({
      plugins: [alpha.plugin, factory('session')],
      addTorrent: { userData: { own: 1 }, extensions: [factory('own')] },
    });
    arena.torrent.addExtension(factory('late'), 'late data');
    expect(alpha.of('session.newTorrent')[0]?.args[1]).toEqual({ own: 1 });
    expect(seen).toEqual([
      ['session', { own: 1 }],
      ['own', { own: 1 }],
      ['late', 'late data'],
    ]);
    await arena.end();
  });

  it('a wrong name, version, order or a duplicate is refused, and changes nothing', async () => {
    const arena = await Arena.create({ plugins: [new Recorder('alpha').plugin] });
    const { session, torrent } = arena;
    for (const [plugin, code] of [
      [{ name: '', ...identity }, 'PLUGIN_NAME'],
      [{ name: 'a b', ...identity }, 'PLUGIN_NAME'],
      [{ name: 'x'.repeat(65), ...identity }, 'PLUGIN_NAME'],
      [{ name: 'old', apiVersion: pluginApiVersion + 1 }, 'PLUGIN_API_VERSION'],
      [{ name: 'alpha', ...identity }, 'PLUGIN_DUPLICATE'],
    ] as const) {
      expect(() => session.addExtension(plugin), code).toThrow(codeOf(code));
    }
    torrent.addExtension(defineTorrentExtension({ name: 'own', ...identity }, () => ({})));
    expect(() =>
      torrent.addExtension(defineTorrentExtension({ name: 'own', ...identity }, () => ({}))),
    ).toThrow(codeOf('PLUGIN_DUPLICATE'));
    expect(() => torrent.removeExtension('nobody')).toThrow(codeOf('PLUGIN_UNKNOWN'));
    await expect(session.removeExtension('nobody')).rejects.toEqual(codeOf('PLUGIN_UNKNOWN'));
    await arena.finishSubject();
    await arena.end();
  });

  it('a hook that does not exist is reported once, at every level, and the plugin works', async () => {
    const peers = { onHaveEverything: () => {}, sentNothing: () => {}, onHave: () => {}, online: () => {} };
    const arena = await Arena.create({
      plugins: [
        Object.assign(
          {
            name: 'typo',
            ...identity,
            newTorrent: () => Object.assign({ newConnection: () => peers }, { onPieces: () => {} }),
          },
          { onTicks: () => {} },
        ),
      ],
    });
    await arena.open();
    await arena.open();
    const warnings = arena.node
      .alertsOf('pluginWarning')
      .map(({ plugin, message }) => `${plugin} ${message}`);
    expect(warnings).toHaveLength(4);
    for (const name of ['onTicks', 'onPieces', 'onHaveEverything', 'sentNothing']) {
      expect(warnings.filter((warning) => warning.includes(`'${name}'`))).toHaveLength(1);
    }
    expect(arena.faults).toEqual([]);
    await arena.end();
  });

  it('a promise from a synchronous hook is reported and never a value; its rejection is a fault', async () => {
    const alpha = new Recorder('alpha', { order: 'pre' });
    const beta = new Recorder('beta');
    alpha.reactions['peer.onHave'] = async () => true;
    const arena = await Arena.create({ plugins: [alpha.plugin, beta.plugin] });
    const remote = await arena.open();
    remote.send({ type: 'have', piece: 1 }, { type: 'have', piece: 2 });
    await arena.roundTrip();
    expect(beta.count('peer.onHave'), 'a promise of true is not true').toBe(2);
    expect(arena.peer.has(1)).toBe(true);
    expect(arena.node.alertsOf('pluginWarning')).toMatchObject([{ plugin: 'alpha' }]);
    alpha.reactions['peer.onHave'] = async () => {
      throw new Error('boom');
    };
    remote.send({ type: 'have', piece: 3 });
    await arena.roundTrip();
    expect(arena.faults).toMatchObject([{ plugin: 'alpha', hook: 'onHave', action: 'peerClosed' }]);
    await arena.end();
  });

  it('finds what another extension made, by a typed key', async () => {
    const key = definePluginKey<{ readonly answer: number }>('oracle');
    const oracle = Object.assign(
      { name: 'oracle', ...identity, answer: 1 },
      {
        newTorrent: () => ({ answer: 2, newConnection: () => ({ answer: 3, tick() {} }) }),
      },
    );
    const arena = await Arena.create({ plugins: [oracle] });
    await arena.open();
    expect(arena.session.plugin(key)?.answer).toBe(1);
    expect(arena.driver.session.plugin(key)?.answer).toBe(1);
    expect(arena.context.plugin(key)?.answer).toBe(2);
    expect(arena.peer.plugin(key)?.answer).toBe(3);
    expect(arena.peer.plugin(definePluginKey('nobody'))).toBeUndefined();
    await arena.end();
  });
});

describe('alerts', () => {
  it('reach onAlert after the hook that raised them has returned', async () => {
    const order: string[] = [];
    const alpha = new Recorder('alpha');
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    alpha.reactions['session.onAlert'] = ({ args: [alert] }) => {
      const { type } = alert as { type: string };
      if (type === 'plugin' || type === 'torrentPaused') order.push(type);
    };
    alpha.reactions['session.onTick'] = () => {
      alpha.session.postAlert('first');
      alpha.torrents[0]?.pause();
      order.push('hook returns');
    };
    await arena.advance(1000);
    expect(order).toEqual(['hook returns', 'plugin', 'torrentPaused']);
    await arena.end();
  });

  it('are by default all but those of blocks and logs, which the mask adds', async () => {
    const plain = new Recorder('plain');
    const all = new Recorder('all');
    Object.assign(all.plugin, { alertMask: -1 });
    const arena = await Arena.create({ plugins: [plain.plugin, all.plugin] });
    const remote = await arena.open();
    remote.serve(arena.content);
    await arena.advance(500);
    const types = (recorder: Recorder): Set<string> =>
      new Set(recorder.of('session.onAlert').map(({ args }) => (args[0] as { type: string }).type));
    expect(types(plain)).toContain('pieceFinished');
    expect(types(plain)).not.toContain('blockFinished');
    expect(types(all)).toContain('blockFinished');
    await arena.end();
  });

  it('postAlert takes 1 000 a turn and counts the rest; a loop through onAlert ends', async () => {
    const alpha = new Recorder('alpha', { only: [] });
    const looping = new Recorder('looping', { only: ['session.onAlert'] });
    const arena = await Arena.create({ plugins: [alpha.plugin, looping.plugin] });
    const results = Array.from({ length: 1500 }, (_, i) => alpha.session.postAlert('burst', { i }));
    expect(results.filter(Boolean)).toHaveLength(1000);
    expect(results[999] && !results[1000]).toBe(true);
    expect(arena.session.stats().counters['alpha.droppedAlerts']).toBe(500);
    await arena.advance(1);
    expect(alpha.session.postAlert('next turn')).toBe(true);
    let isLooping = true;
    looping.reactions['session.onAlert'] = () => isLooping && looping.session.postAlert('echo');
    alpha.session.postAlert('start');
    await Promise.resolve();
    await arena.advance(0);
    isLooping = false;
    await arena.advance(1000);
    expect(arena.session.stats().counters['looping.droppedAlerts']).toBeGreaterThan(0);
    await arena.end();
  });

  it('a plugin never hears of its own fault; others do', async () => {
    const alpha = new Recorder('alpha');
    const beta = new Recorder('beta');
    alpha.reactions['peer.onHave'] = () => {
      throw new Error('boom');
    };
    const arena = await Arena.create({ plugins: [alpha.plugin, beta.plugin] });
    const remote = await arena.open();
    remote.send({ type: 'have', piece: 1 });
    await arena.roundTrip();
    const heard = (recorder: Recorder): unknown[] =>
      recorder
        .of('session.onAlert')
        .filter(({ args }) => (args[0] as { type: string }).type === 'pluginFault');
    expect(heard(alpha)).toEqual([]);
    expect(heard(beta)).toHaveLength(1);
    await arena.end();
  });
});

describe('removed', () => {
  it('is awaited; the context works meanwhile, hooks are called no more', async () => {
    const alpha = new Recorder('alpha');
    let finish = (): void => {};
    alpha.reactions['session.removed'] = () => new Promise<void>((resolve) => (finish = resolve));
    const arena = await Arena.create({ subject: 'half' });
    const handle = arena.session.addExtension(alpha.plugin);
    let isDone = false;
    void handle.remove().then(() => (isDone = true));
    const count = alpha.calls.length;
    await arena.advance(2000);
    expect(isDone).toBe(false);
    expect(handle.isActive).toBe(false);
    expect(alpha.session.postAlert('still here')).toBe(true);
    expect(alpha.calls.slice(count)).toEqual([]);
    finish();
    await arena.advance(1);
    expect(isDone).toBe(true);
    expect(() => alpha.session.postAlert('gone')).toThrow(codeOf('PLUGIN_CONTEXT_CLOSED'));
    await arena.end();
  });

  it('that never settles holds nobody up longer than the deadline, not even a stop', async () => {
    const alpha = new Recorder('alpha', { reactions: { 'session.removed': () => new Promise(() => {}) } });
    const arena = await Arena.create({ plugins: [alpha.plugin], settings: { pluginRemoveDeadlineMs: 3000 } });
    let isDone = false;
    void arena.session.stop().then(() => (isDone = true));
    await arena.advance(2900);
    expect(isDone).toBe(false);
    await arena.advance(200);
    expect(isDone).toBe(true);
    await arena.end();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom'))],
  ] as const)('that %s is a fault, and the plugin is gone all the same', async (_what, removed) => {
    const alpha = new Recorder('alpha', { reactions: { 'session.removed': removed } });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    void arena.session.removeExtension('alpha');
    await arena.advance(1);
    expect(arena.faults).toMatchObject([{ plugin: 'alpha', hook: 'removed' }]);
    arena.session.addExtension(new Recorder('alpha').plugin);
    await arena.end();
  });

  it('stopping tells plugins in reverse order, once', async () => {
    const order: string[] = [];
    const make = (name: string): Recorder =>
      new Recorder(name, { reactions: { 'session.removed': () => void order.push(name) } });
    const arena = await Arena.create({ plugins: [make('first').plugin, make('second').plugin] });
    await arena.end();
    await arena.session.stop();
    expect(order).toEqual(['second', 'first']);
  });
});

describe('torrents that come from plugins', () => {
  it('a plugin adds a torrent in onUnknownTorrent, whose newTorrent is called for it too', async () => {
    const unknown = makeTestTorrent({ seed: 'unknown', name: 'unknown' });
    const alpha = new Recorder('alpha');
    alpha.reactions['session.onUnknownTorrent'] = () => ({ torrent: unknown.metainfo, userData: 'wanted' });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open({ infoHash: unknown.infoHash });
    remote.serve(unknown);
    await arena.advance(5000);
    expect(alpha.of('session.newTorrent').map(({ args }) => args[1])).toEqual([undefined, 'wanted']);
    expect(arena.session.torrent(unknown.infoHash)?.state).toBe('seeding');
    await arena.end();
  });

  it('a plugin adds a torrent in newTorrent of another', async () => {
    const other = makeTestTorrent({ seed: 'other', name: 'other' });
    const alpha = new Recorder('alpha');
    alpha.reactions['session.newTorrent'] = ({ torrent }) => {
      if (torrent?.name !== 'other') alpha.session.addTorrent({ torrent: other.metainfo });
      return passOn;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    expect(
      arena.session
        .torrents()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['other', 'subject']);
    expect(() => alpha.session.addTorrent({ torrent: other.metainfo })).toThrow(
      codeOf('SESSION_DUPLICATE_TORRENT'),
    );
    await arena.finishSubject();
    await arena.end();
  });
});
