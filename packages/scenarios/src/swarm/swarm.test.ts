import { expect, onTestFinished, test, vi } from 'vitest';
import type { ScenarioEvent } from '../scenario.js';
import { resultOf } from './checks.js';
import { SharedFile } from './shared-file.js';
import { Swarm } from './swarm.js';

test('what never happens is not waited for longer than three minutes, and a copy that is not there is wrong', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const events: ScenarioEvent[] = [];
  const options = {
    report: (event: ScenarioEvent) => void events.push(event),
    signal: new AbortController().signal,
  };
  const result = await Swarm.run(options, async (swarm) => {
    const file = await SharedFile.create(swarm, {
      name: 'late.bin',
      sizeBytes: 1024,
      owners: ['seed'],
      pieceLength: 16_384,
    });
    const leech = await swarm.addNode('leech', 'leech');
    const watched = swarm.watch(new Promise(() => {}));
    vi.advanceTimersByTime(180_000);
    await watched;
    return resultOf([await file.checkCopies(swarm, [leech])], []);
  });
  expect(result.isPassed).toBe(false);
  expect(result.checks.map(({ seen }) => seen)).toEqual(['0 of 1']);
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
  expect(notes).toContain('three minutes have passed: what has not happened yet is not waited for');
});
