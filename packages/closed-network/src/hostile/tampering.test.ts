import { describe, expect, it } from 'vitest';
import { confirmationsOf } from '../session-record.fake.js';
import type { Relay, Tampering, Way } from './relay.fake.js';
import { authenticationLengths, dialThrough, makeScene, modes, type Scene } from './scene.fake.js';

/** As many at a time as there may be connections. */
const batch = 40;
const ways: readonly Way[] = ['there', 'back'];
/** Past the deadline of an authentication. */
const overMs = 14_000;

/** Whom bytes of a way are meant for. */
function receiverOf(way: Way, { seed, leech }: Scene): Scene['seed'] {
  return way === 'there' ? seed : leech;
}

/** Runs many attempts that must fail for the receiver of what was tampered with, and ends with one that succeeds. */
async function expectRefused(mode: string, way: Way, attempts: readonly Tampering[]): Promise<void> {
  const scene = await makeScene(mode);
  const { swarm } = scene;
  const receiver = receiverOf(way, scene);
  for (let first = 0; first < attempts.length; first += batch) {
    const relays: Relay[] = [];
    for (const tampering of attempts.slice(first, first + batch)) {
      relays.push(await dialThrough(scene, tampering));
    }
    await swarm.advance(overMs);
    const open = relays.findIndex(({ isClosed }) => !isClosed);
    expect(open === -1 ? undefined : attempts[first + open], 'an attempt that was not ended').toBe(undefined);
    expect(confirmationsOf(receiver), `attempts ${first} to ${first + batch}`).toBe(0);
    expect(relays.every(({ captured }) => captured.there.length > 0)).toBe(true);
  }
  swarm.checkFaults();
  await dialThrough(scene);
  await swarm.advance(overMs);
  expect(confirmationsOf(receiver)).toBe(1);
  await swarm.stop();
}

describe.each(Object.keys(modes))('between both sides, with %s', (mode) => {
  it.each(ways)('cut anywhere on the way %s, and glued to what follows, it works', async (way) => {
    const lengths = await authenticationLengths(mode);
    const scene = await makeScene(mode);
    const { swarm, seed, leech } = scene;
    for (let at = 1; at <= lengths[way]; at++) {
      const relay = await dialThrough(scene, { pause: { way, at, forMs: 50 } });
      const isDone = (): boolean => confirmationsOf(seed) === at && confirmationsOf(leech) === at;
      await swarm.clock.runUntil(isDone, { timeoutMs: 10_000, what: `both sides, cut at ${at}` });
      relay.close();
      await swarm.advance(100);
    }
    swarm.checkFaults();
    await swarm.stop();
  });

  it.each(ways)('no flipped bit on the way %s is accepted', async (way) => {
    const lengths = await authenticationLengths(mode);
    const attempts = Array.from({ length: lengths[way] * 8 }, (_, bit) => ({ flip: { way, bit } }));
    await expectRefused(mode, way, attempts);
  });

  it.each(ways)('nothing that stops or ends short on the way %s is accepted', async (way) => {
    const lengths = await authenticationLengths(mode);
    const attempts = Array.from({ length: lengths[way] }, (_, at) => [
      { stop: { way, at } },
      { stop: { way, at, ends: true } },
    ]).flat();
    await expectRefused(mode, way, attempts);
  });
});
