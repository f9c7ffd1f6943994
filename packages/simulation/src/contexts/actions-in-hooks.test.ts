import { describe, expect, it } from 'vitest';
import type { Arena } from '../fixtures/arena.js';
import { runCase } from '../fixtures/hook-case.js';
import { caseOf } from '../fixtures/hook-cases.js';
import { allHooks } from '../fixtures/hooks.js';
import { type HookCall, passOn, Recorder } from '../fixtures/recorder.js';

interface Action {
  /** Done by alpha inside the hook, once. */
  readonly act: (arena: Arena, call: HookCall) => void;
  /** Needs the torrent to be there: before that, the hook does nothing. */
  readonly needsTorrent?: boolean;
  /** Whose hooks may not be called after it. */
  readonly gone?: 'alpha' | 'beta';
  /** Whether the torrent is there afterwards. */
  readonly removesTorrent?: boolean;
}

/** What any hook may do, by the contexts or the application's handles. */
const actions: Readonly<Record<string, Action>> = {
  'disconnects the peer': {
    act: (arena, { peer }) => {
      const peers = peer === undefined ? arena.peers : [peer];
      for (const one of peers) if (!one.isClosed) one.disconnect('test');
    },
  },
  'removes the torrent': {
    act: (arena) => void arena.session.removeTorrent(arena.infoHash),
    removesTorrent: true,
    needsTorrent: true,
  },
  'removes its own extension': {
    act: (arena) => void arena.session.removeExtension('alpha').catch(() => {}),
    gone: 'alpha',
  },
  'removes another extension': {
    act: (arena) => void arena.session.removeExtension('beta').catch(() => {}),
    gone: 'beta',
    needsTorrent: true,
  },
  'adds another extension': {
    act: (arena) => void arena.session.addExtension(new Recorder('gamma', { order: 'pre' }).plugin),
  },
  'pauses the torrent': {
    act: (arena) => arena.session.torrent(arena.infoHash)?.pause({ standard: true }),
  },
  'stops the session': { act: (arena) => void arena.session.stop(), needsTorrent: true },
};

/** Called once, before there is a torrent. */
const beforeTorrents = new Set(['session.added', 'session.loadState']);

describe.each(Object.entries(actions))('a hook that %s leaves the engine correct', (what, action) => {
  const hooks = allHooks.filter(({ id }) => action.needsTorrent !== true || !beforeTorrents.has(id));

  it.each(hooks.map((hook) => [hook.id, hook] as const))('%s', async (id, hook) => {
    let arena: Arena | undefined;
    let hasActed = false;
    let callsAtAction: { alpha: number; beta: number } | undefined;
    const recorders: { alpha?: Recorder; beta?: Recorder } = {};
    const reaction = (call: HookCall): unknown => {
      if (arena === undefined || hasActed || call.torrent?.name === 'bystander') return passOn;
      if (action.needsTorrent === true && arena.session.torrent(arena.infoHash) === undefined) return passOn;
      hasActed = true;
      action.act(arena, call);
      callsAtAction = {
        alpha: recorders.alpha?.calls.length ?? 0,
        beta: recorders.beta?.calls.length ?? 0,
      };
      return passOn;
    };
    const run = await runCase(hook, caseOf(id), {
      alpha: { reactions: { [id]: reaction } },
      hasBystander: true,
      onCreated: (created, alpha, beta) => {
        arena = created;
        Object.assign(recorders, { alpha, beta });
      },
    });
    expect(hasActed).toBe(true);
    expect(run.arena.faults).toEqual([]);
    expect(run.arena.node.alertsOf('sessionError')).toEqual([]);

    if (what !== 'stops the session') {
      await run.arena.finishBystander();
      if (action.removesTorrent !== true) await run.arena.finishSubject();
    }
    if (action.removesTorrent === true) {
      expect(run.arena.session.torrents()).toHaveLength(1);
      expect(run.arena.peers.every(({ isClosed }) => isClosed)).toBe(true);
    }
    if (action.gone !== undefined) {
      const { calls } = run[action.gone];
      expect(
        calls.slice(callsAtAction?.[action.gone]).map((call) => call.id),
        'calls after it left',
      ).toEqual([]);
      expect(run.arena.session.stats().plugins[action.gone]).toBeUndefined();
    }
    expect(run.arena.faults).toEqual([]);
    expect(run.arena.node.alertsOf('sessionError')).toEqual([]);
    await run.arena.end();
  });
});
