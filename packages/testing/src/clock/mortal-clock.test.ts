import { describe, expect, it } from 'vitest';
import { MortalClock } from './mortal-clock.js';
import { VirtualClock } from './virtual-clock.js';

describe('MortalClock', () => {
  it('is the clock inside until it is killed', async () => {
    const clock = new VirtualClock();
    const mortal = new MortalClock(clock);
    const fired: string[] = [];
    mortal.setTimeout(() => fired.push('timeout'), 5);
    mortal.setImmediate(() => fired.push('immediate'));
    mortal.setInterval(() => fired.push('interval'), 3);
    mortal.clear(mortal.setTimeout(() => fired.push('cleared'), 1));
    await clock.advance(6);
    expect(fired).toEqual(['immediate', 'interval', 'timeout', 'interval']);
    expect([mortal.now(), mortal.wallTimeMs()]).toEqual([clock.now(), clock.wallTimeMs()]);
  });

  it('fires nothing once killed, whenever it was set', async () => {
    const clock = new VirtualClock();
    const mortal = new MortalClock(clock);
    let fired = 0;
    mortal.setTimeout(() => fired++, 5);
    mortal.setInterval(() => fired++, 3);
    mortal.setImmediate(() => fired++);
    mortal.kill();
    mortal.setTimeout(() => fired++, 1);
    mortal.setInterval(() => fired++, 1);
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(10);
    expect(fired).toBe(0);
  });
});
