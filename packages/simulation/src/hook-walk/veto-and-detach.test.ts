import { describe, expect, it } from 'vitest';
import { runCase } from '../fixtures/hook-case.js';
import { caseOf } from '../fixtures/hook-cases.js';
import { hooksOf } from '../fixtures/hooks.js';

describe('false from a veto', () => {
  it.each(hooksOf('veto').map((hook) => [hook.id, hook] as const))('%s says no', async (id, hook) => {
    const hookCase = caseOf(id);
    const acted = hookCase.engineActed;
    expect(acted).toBeDefined();

    for (const value of [undefined, 0]) {
      const { arena } = await runCase(hook, hookCase, { alpha: { reactions: { [id]: () => value } } });
      expect(acted?.(arena), `after ${value}`).toBe(true);
      await arena.end();
    }
    for (const who of ['alpha', 'beta'] as const) {
      const { arena } = await runCase(hook, hookCase, { [who]: { reactions: { [id]: () => false } } });
      expect(acted?.(arena), `after false of ${who}`).toBe(false);
      expect(arena.faults).toEqual([]);
      await arena.end();
    }
  });
});

describe('false from a detach hook', () => {
  const hooks = hooksOf('detach').map((hook) => [hook.id, hook] as const);

  it.each(hooks)('%s takes the plugin, and nobody else, from that peer', async (id, hook) => {
    let isFirst = true;
    const { arena, alpha, beta } = await runCase(hook, caseOf(id), {
      alpha: {
        reactions: {
          [id]: () => {
            const result = isFirst ? false : undefined;
            isFirst = false;
            return result;
          },
        },
      },
    });
    const { remote } = arena;
    expect(remote.isClosed).toBe(false);
    expect(alpha.peers[0]?.isClosed).toBe(true);
    const count = alpha.calls.length;
    remote.send({ type: 'have', piece: 1 }, { type: 'unchoke' });
    await arena.roundTrip();
    expect(alpha.ids.slice(count).filter((called) => called.startsWith('peer.'))).toEqual([]);
    expect(beta.count('peer.onHave')).toBe(1);
    remote.destroy();
    await arena.roundTrip();
    expect(alpha.count('peer.onDisconnect'), 'it has left before').toBe(0);

    await arena.open();
    expect(alpha.peers[1]?.isClosed, 'other peers').toBe(false);
    expect(alpha.session.torrents(), 'its torrents').not.toHaveLength(0);
    expect(arena.faults).toEqual([]);
    await arena.end();
  });

  it.each(hooks)('%s closes the peer where the plugin is required', async (id, hook) => {
    const { arena, beta } = await runCase(hook, caseOf(id), {
      alpha: { required: true, reactions: { [id]: () => false } },
    });
    expect(arena.remote.isClosed).toBe(true);
    expect(arena.disconnects).toEqual(['plugin PEER_REQUIRED_PLUGIN']);
    expect(beta.count('peer.onDisconnect')).toBe(1);
    expect(arena.torrent.isPaused, 'the torrent goes on').toBe(false);
    await arena.end();
  });

  it.each(hooks)('%s: anything but false leaves it there', async (id, hook) => {
    for (const value of [undefined, 0]) {
      const { arena, alpha } = await runCase(hook, caseOf(id), {
        alpha: { reactions: { [id]: () => value } },
      });
      expect(alpha.peers[0]?.isClosed).toBe(false);
      await arena.end();
    }
  });
});
