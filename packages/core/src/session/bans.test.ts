import { describe, expect, it } from 'vitest';
import { decode, encode } from '../bencode/bencode.js';
import { endpoint } from '../common/endpoint.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { Bans } from './bans.js';

const peer = endpoint('10.0.0.1', 6881);
const samePort = endpoint('10.0.0.2', 6881);
const sameAddress = endpoint('10.0.0.1', 7000);

function setUp() {
  const clock = new ManualClock();
  return { clock, bans: new Bans(clock) };
}

/** What another session reads of the bans saved by this one. */
function reload(from: Bans, clock: ManualClock): Bans {
  const bans = new Bans(clock);
  bans.load(decode(encode(from.save())));
  return bans;
}

describe('a ban', () => {
  it('of an endpoint is of its address, unless it is of the port only', () => {
    const { bans } = setUp();
    bans.add({ endpoint: peer }, { reason: 'bad' }, 'guard');
    expect(bans.ofEndpoint(peer)).toMatchObject({ reason: 'bad', plugin: 'guard' });
    expect(bans.ofEndpoint(sameAddress)?.reason).toBe('bad');
    expect(bans.ofEndpoint(samePort)).toBeUndefined();
    expect(bans.remove({ endpoint: sameAddress })).toBe(true);
    bans.add({ endpoint: peer, portOnly: true }, { reason: 'bad' }, undefined);
    expect(bans.ofEndpoint(peer)?.reason).toBe('bad');
    expect(bans.ofEndpoint(sameAddress)).toBeUndefined();
    expect(bans.remove({ endpoint: peer })).toBe(false);
    expect(bans.remove({ endpoint: peer, portOnly: true })).toBe(true);
    expect(bans.list()).toEqual([]);
  });

  it('of a principal is of nobody else', () => {
    const { bans } = setUp();
    bans.add({ principal: 'alice' }, { reason: 'left' }, undefined);
    expect(bans.ofPrincipal('alice')?.reason).toBe('left');
    expect(bans.ofPrincipal('bob')).toBeUndefined();
    expect(bans.ofEndpoint(peer)).toBeUndefined();
  });

  it('ends when its time is up, and is then taken out once', () => {
    const { bans, clock } = setUp();
    bans.add({ endpoint: peer }, { reason: 'bad', durationMs: 1_000 }, undefined);
    bans.add({ principal: 'alice' }, { reason: 'left' }, undefined);
    clock.advance(999);
    expect(bans.ofEndpoint(peer)).toBeDefined();
    expect(bans.takeExpired()).toEqual([]);
    clock.advance(1);
    expect(bans.ofEndpoint(peer)).toBeUndefined();
    expect(bans.list().map(({ target }) => target)).toEqual([{ principal: 'alice' }]);
    expect(bans.takeExpired().map(({ target }) => target)).toEqual([{ endpoint: peer }]);
    expect(bans.takeExpired()).toEqual([]);
    clock.advance(1e12);
    expect(bans.ofPrincipal('alice')).toBeDefined();
  });

  it('that is said again takes the place of the one before', () => {
    const { bans, clock } = setUp();
    bans.add({ endpoint: peer }, { reason: 'first', durationMs: 10 }, undefined);
    bans.add({ endpoint: sameAddress }, { reason: 'second' }, undefined);
    clock.advance(10);
    expect(bans.list().map(({ reason }) => reason)).toEqual(['second']);
  });
});

describe('saved bans', () => {
  it('are in force again in another session, with all that was said', () => {
    const { bans, clock } = setUp();
    const six = endpoint('2001:db8::1', 6881);
    bans.add({ endpoint: peer }, { reason: 'bad', durationMs: 5_000.4 }, 'guard');
    bans.add({ endpoint: six, portOnly: true }, { reason: '' }, undefined);
    bans.add({ principal: 'alice' }, { reason: 'left' }, 'auth');
    const loaded = reload(bans, clock);
    expect(loaded.list()).toEqual([
      {
        target: { endpoint: peer, portOnly: false },
        reason: 'bad',
        plugin: 'guard',
        untilWallTimeMs: clock.wallTimeMs() + 5_000,
      },
      {
        target: { endpoint: six, portOnly: true },
        reason: '',
        plugin: undefined,
        untilWallTimeMs: undefined,
      },
      { target: { principal: 'alice' }, reason: 'left', plugin: 'auth', untilWallTimeMs: undefined },
    ]);
    expect(loaded.ofEndpoint(six)).toBeDefined();
    clock.advance(5_000);
    expect(loaded.ofEndpoint(peer)).toBeUndefined();
  });

  it('whose time is up are not saved', () => {
    const { bans, clock } = setUp();
    bans.add({ endpoint: peer }, { reason: 'bad', durationMs: 1 }, undefined);
    clock.advance(1);
    expect(reload(bans, clock).list()).toEqual([]);
    expect(bans.save()).toEqual([]);
  });

  it('that make no sense are left out, and the others are read', () => {
    const { bans } = setUp();
    bans.load(
      decode(
        encode([
          5,
          { reason: 'nobody' },
          { endpoint: 'example.org:1' },
          { endpoint: 'nonsense' },
          [],
          { endpoint: '10.0.0.1:6881' },
        ]),
      ),
    );
    expect(bans.list()).toEqual([
      {
        target: { endpoint: peer, portOnly: false },
        reason: '',
        plugin: undefined,
        untilWallTimeMs: undefined,
      },
    ]);
    for (const value of [undefined, decode(encode({ a: 1 })), decode(encode(3))]) {
      const { bans: empty } = setUp();
      empty.load(value);
      expect(empty.list()).toEqual([]);
    }
  });
});
