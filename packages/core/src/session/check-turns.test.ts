import { describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '../settings/settings-table.js';
import { CheckTurns } from './check-turns.js';

/** Checks that end when they are told to; `ranks` orders those that wait. */
function setUp(setting: number | Settings, ranks: Readonly<Record<string, number>> = {}) {
  const settings = typeof setting === 'number' ? { ...defaultSettings, maxActiveChecks: setting } : setting;
  const turns = new CheckTurns(settings, (name) => ranks[name] ?? 0);
  const started: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const outcomes = new Map<string, unknown>();
  const run = (name: string): void => {
    const check = (): Promise<void> => {
      started.push(name);
      return new Promise((resolve, reject) => {
        ends.set(name, (error) => (error ? reject(error) : resolve()));
      });
    };
    void turns.run(name, check).then(
      (ran) => outcomes.set(name, ran),
      (error: unknown) => outcomes.set(name, error),
    );
  };
  const end = async (name: string, error?: Error): Promise<void> => {
    ends.get(name)?.(error);
    await settle();
  };
  return { turns, started, outcomes, run, end };
}

/** Lets promises that have settled be noticed. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe('turns of checks', () => {
  it('are as many at once as the setting says, and the next begins when one ends', async () => {
    const { turns, started, outcomes, run, end } = setUp(2);
    for (const name of ['a', 'b', 'c', 'd']) run(name);
    expect(started).toEqual(['a', 'b']);
    expect([turns.isWaiting('b'), turns.isWaiting('c')]).toEqual([false, true]);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
    expect(outcomes.get('b')).toBe(true);
    await end('a');
    await end('c');
    await end('d');
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    expect([...outcomes.values()]).toEqual([true, true, true, true]);
  });

  it('follow the setting when it changes: more begin at once, fewer as others end', async () => {
    const settings = { ...defaultSettings, maxActiveChecks: 1 };
    const { turns, started, run, end } = setUp(settings);
    for (const name of ['a', 'b', 'c', 'd']) run(name);
    settings.maxActiveChecks = 3;
    turns.startMore();
    await settle();
    expect(started).toEqual(['a', 'b', 'c']);
    settings.maxActiveChecks = 1;
    turns.startMore();
    await end('a');
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
    await end('c');
    expect(started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('go by rank, not by who asked first', async () => {
    const { started, run, end } = setUp(1, { late: 3, first: 1, second: 2 });
    for (const name of ['running', 'late', 'first', 'second']) run(name);
    await end('running');
    await end('first');
    await end('second');
    expect(started).toEqual(['running', 'first', 'second', 'late']);
  });

  it('follow a torrent that is moved while it waits', async () => {
    const ranks: Record<string, number> = { a: 0, b: 1, c: 2, d: 3 };
    const { turns, started, run, end } = setUp(1, ranks);
    for (const name of ['running', 'a', 'b', 'c', 'd']) run(name);
    turns.move('d', () => {
      ranks.d = -1;
    });
    turns.move('a', () => {
      ranks.a = 9;
    });
    turns.move('nobody', () => undefined);
    for (const name of ['running', 'd', 'b', 'c']) await end(name);
    expect(started).toEqual(['running', 'd', 'b', 'c', 'a']);
  });

  it('pass on when a check fails', async () => {
    const { started, outcomes, run, end } = setUp(1);
    run('a');
    run('b');
    const error = new Error('unreadable');
    await end('a', error);
    expect(outcomes.get('a')).toBe(error);
    expect(started).toEqual(['a', 'b']);
  });

  it('are not waited for by one that left, and its place goes to nobody', async () => {
    const { turns, started, outcomes, run, end } = setUp(1);
    run('a');
    run('b');
    run('c');
    turns.leave('b');
    await settle();
    expect(outcomes.get('b')).toBe(false);
    turns.leave('a');
    await end('a');
    expect(outcomes.get('a')).toBe(true);
    expect(started).toEqual(['a', 'c']);
    run('d');
    expect(started).toEqual(['a', 'c']);
  });
});
