import { describe, expect, it } from 'vitest';
import { runCase } from '../fixtures/hook-case.js';
import { caseOf } from '../fixtures/hook-cases.js';
import { hooksOf } from '../fixtures/hooks.js';

/** What the engine does about these is not seen from outside: it only keeps later plugins from them. */
const withoutEngineHandling = new Set(['peer.onChoke', 'peer.onPort']);

describe('true from a handled hook', () => {
  it.each(hooksOf('handled').map((hook) => [hook.id, hook] as const))(
    '%s suppresses later plugins and the engine',
    async (id, hook) => {
      const hookCase = caseOf(id);
      const { engineActed } = hookCase;
      expect(engineActed === undefined, 'has something to suppress').toBe(withoutEngineHandling.has(id));

      for (const value of [undefined, 'true']) {
        const { arena, beta } = await runCase(hook, hookCase, {
          alpha: { reactions: { [id]: () => value } },
        });
        expect(beta.count(id), `later plugins, after ${value}`).toBeGreaterThan(0);
        expect(engineActed?.(arena) ?? true, `the engine, after ${value}`).toBe(true);
        await arena.end();
      }

      const handled = await runCase(hook, hookCase, { alpha: { reactions: { [id]: () => true } } });
      expect(handled.alpha.count(id)).toBeGreaterThan(0);
      expect(handled.beta.count(id), 'later plugins').toBe(0);
      expect(engineActed?.(handled.arena) ?? false, 'the engine').toBe(false);
      expect(handled.arena.faults).toEqual([]);
      await handled.arena.end();

      const last = await runCase(hook, hookCase, { beta: { reactions: { [id]: () => true } } });
      expect(last.alpha.count(id), 'earlier plugins').toBeGreaterThan(0);
      expect(engineActed?.(last.arena) ?? false, 'the engine').toBe(false);
      await last.arena.end();
    },
  );

  it.each(hooksOf('handled').map((hook) => [hook.id, hook] as const))(
    '%s: a plugin that has no such hook changes nothing',
    async (id, hook) => {
      const hookCase = caseOf(id);
      const { arena, alpha } = await runCase(hook, hookCase, { alpha: { only: [] } });
      expect(alpha.count(id)).toBe(0);
      expect(hookCase.engineActed?.(arena) ?? true).toBe(true);
      await arena.end();
    },
  );
});
