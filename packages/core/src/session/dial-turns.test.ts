import { describe, expect, it } from 'vitest';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { defaultSettings, type Settings } from '../settings/settings-table.js';
import type { Dialler } from '../torrent/torrent-environment.js';
import { DialTurns } from './dial-turns.js';

/** Wants so many dials, the first `boost` of them whatever the speed, and writes its name down at each. */
class FakeDialler implements Dialler {
  readonly #log: string[];
  readonly #name: string;
  wanted: number;
  boost: number;

  constructor(log: string[], name: string, wanted: number, boost = 0) {
    this.#log = log;
    this.#name = name;
    this.wanted = wanted;
    this.boost = boost;
  }

  get wantsDial(): boolean {
    return this.wanted > 0;
  }

  get isBoosted(): boolean {
    return this.boost > 0;
  }

  dialNext(): void {
    this.wanted--;
    this.boost--;
    this.#log.push(this.#name);
  }
}

function setUp(settings: Partial<Settings>) {
  const clock = new ManualClock();
  const log: string[] = [];
  const room = { left: Number.POSITIVE_INFINITY };
  const turns = new DialTurns(clock, { ...defaultSettings, ...settings }, () => room.left > log.length);
  return { clock, log, room, turns };
}

describe('dials of many torrents', () => {
  it('go to each in turn, and go on where they stopped', () => {
    const { clock, log, turns } = setUp({ connectionSpeed: 4 });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new FakeDialler(log, name, 10));
    for (const dialler of [a, b, c]) turns.request(dialler as FakeDialler);
    clock.advance(0);
    expect(log.join('')).toBe('abca');
    clock.advance(1000);
    turns.request(a as FakeDialler);
    clock.advance(0);
    expect(log.join('')).toBe('abcabcab');
  });

  it('skip those that want no more', () => {
    const { clock, log, turns } = setUp({});
    turns.request(new FakeDialler(log, 'a', 1));
    turns.request(new FakeDialler(log, 'b', 3));
    clock.advance(0);
    expect(log.join('')).toBe('abbb');
  });

  it('stop where there is no room, and go on when there is', () => {
    const { clock, log, room, turns } = setUp({});
    room.left = 1;
    turns.request(new FakeDialler(log, 'a', 3));
    clock.advance(0);
    expect(log.join('')).toBe('a');
    room.left = 9;
    turns.resume();
    clock.advance(0);
    expect(log.join('')).toBe('aaa');
  });

  it('go on at once when one under way has settled', () => {
    const { clock, log, turns } = setUp({ maxHalfOpen: 1 });
    const dialler = new FakeDialler(log, 'a', 3);
    turns.started(7);
    turns.request(dialler);
    clock.advance(0);
    expect(log).toHaveLength(0);
    turns.settled(7);
    clock.advance(0);
    expect(log).toHaveLength(3);
  });

  it('of a new torrent come first and need not keep to the speed', () => {
    const { clock, log, turns } = setUp({ connectionSpeed: 2 });
    turns.request(new FakeDialler(log, 'a', 10));
    turns.request(new FakeDialler(log, 'n', 10, 5));
    clock.advance(0);
    expect(log.join('')).toBe('nnnnnan');
  });
});
