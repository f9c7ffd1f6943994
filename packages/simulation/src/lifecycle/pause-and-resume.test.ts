import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { Recorder } from '../fixtures/recorder.js';

describe('pause and resume', () => {
  it('inside the hook recurse into it, until the plugin lets it pass; standard runs the engine’s own', async () => {
    let depth = 0;
    const depths: number[] = [];
    const alpha = new Recorder('alpha', {
      reactions: {
        'torrent.onPause': ({ torrent }) => {
          depths.push(depth);
          if (depth === 3) return undefined;
          depth++;
          torrent?.pause();
          depth--;
          return true;
        },
      },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    arena.torrent.pause();
    expect(depths).toEqual([0, 1, 2, 3]);
    expect(arena.torrent.isPaused).toBe(true);
    await arena.advance(1);
    expect(arena.node.alertsOf('torrentPaused')).toHaveLength(1);

    alpha.reactions['torrent.onResume'] = ({ torrent }) => {
      torrent?.resume({ standard: true });
      return true;
    };
    arena.torrent.resume();
    expect(alpha.count('torrent.onResume')).toBe(1);
    expect(arena.torrent.isPaused).toBe(false);
    await arena.end();
  });

  it('standard asks nobody', async () => {
    const alpha = new Recorder('alpha', {
      reactions: { 'torrent.onPause': () => true, 'torrent.onResume': () => true },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    arena.torrent.pause();
    expect(arena.torrent.isPaused).toBe(false);
    arena.torrent.pause({ standard: true });
    expect(arena.torrent.isPaused).toBe(true);
    arena.torrent.resume();
    expect(arena.torrent.isPaused).toBe(true);
    arena.torrent.resume({ standard: true });
    expect(arena.torrent.isPaused).toBe(false);
    expect([alpha.count('torrent.onPause'), alpha.count('torrent.onResume')]).toEqual([1, 1]);
    await arena.end();
  });

  it('endless recursion is the fault of the plugin, and ends', async () => {
    const alpha = new Recorder('alpha', {
      reactions: { 'torrent.onPause': ({ torrent }) => void torrent?.pause() },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    arena.torrent.pause();
    await arena.advance(1);
    expect(arena.faults[0]).toMatchObject({ plugin: 'alpha', hook: 'onPause' });
    await arena.finishSubject();
    await arena.end();
  });
});
