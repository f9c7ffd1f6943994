import { pluginApiVersion } from '@peerloom/core';
import { beforeEach, expect, test, vi } from 'vitest';
import { failedChecks, figure, ScenarioRun, seen } from '../swarm/scenario-run.fake.js';
import { poisoner } from './poisoner.js';

const hasSmartBan = vi.hoisted(() => ({ value: true }));

vi.mock('@peerloom/smart-ban', async (importOriginal) => {
  const real = await importOriginal<typeof import('@peerloom/smart-ban')>();
  class Nothing {
    readonly name = 'nothing';
    readonly apiVersion = pluginApiVersion;
  }
  function SmartBan() {
    return hasSmartBan.value ? new real.SmartBan() : new Nothing();
  }
  return { ...real, SmartBan };
});

const sizeBytes = 4 * 1024 * 1024;
const scenario = new ScenarioRun(poisoner);

beforeEach(() => {
  hasSmartBan.value = true;
});

test('the poisoner is banned, and nobody else', { timeout: 60_000 }, async () => {
  const result = await scenario.start(sizeBytes);
  expect(failedChecks(result)).toEqual([]);
  expect(seen(result, 'bannedOthers')).toBe('0');
  expect(Number(figure(result, 'wrongPieces'))).toBeGreaterThan(0);
  expect(scenario.leftovers).toEqual([]);
});

test('without smart-ban the data comes, nobody is banned, and the run fails', {
  timeout: 120_000,
}, async () => {
  hasSmartBan.value = false;
  const result = await scenario.start(sizeBytes);
  expect(failedChecks(result)).toEqual(['banned']);
});
