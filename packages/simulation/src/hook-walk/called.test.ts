import { describe, expect, it } from 'vitest';
import { runCase } from '../fixtures/hook-case.js';
import { caseOf } from '../fixtures/hook-cases.js';
import { allHooks } from '../fixtures/hooks.js';

describe('each hook is called when its table says, by every plugin that has it, in order', () => {
  it.each(allHooks.map((hook) => [hook.id, hook] as const))('%s', async (_id, hook) => {
    const hookCase = caseOf(hook.id);
    const { arena, alpha, beta, log, callsAtStart } = await runCase(hook, hookCase);

    expect(callsAtStart > 0, 'calls before there was a reason').toBe(hookCase.isCalledAtStart === true);
    expect(alpha.count(hook.id)).toBeGreaterThan(0);
    expect(beta.count(hook.id)).toBeGreaterThan(0);
    hookCase.checkArgs?.(alpha.of(hook.id)[0]?.args ?? [], arena);
    // A reader of alerts that was added first has seen the other one come.
    const ofBoth = log.filter(({ id }) => id === hook.id).map(({ plugin }) => plugin);
    if (hook.id !== 'session.onAlert') {
      expect(ofBoth).toEqual(ofBoth.map((_, i) => (i % 2 === 0 ? 'alpha' : 'beta')));
    }
    expect(arena.faults).toEqual([]);
    await arena.end();
  });
});
