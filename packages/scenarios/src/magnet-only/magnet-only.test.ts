import { pluginApiVersion } from '@peerloom/core';
import { beforeEach, expect, test, vi } from 'vitest';
import { failedChecks, ScenarioRun } from '../swarm/scenario-run.fake.js';
import { magnetOnly } from './magnet-only.js';

const hasPex = vi.hoisted(() => ({ value: true }));

vi.mock('@peerloom/ut-pex', async (importOriginal) => {
  const real = await importOriginal<typeof import('@peerloom/ut-pex')>();
  const nothing = { name: 'nothing', apiVersion: pluginApiVersion };
  return { ...real, utPex: () => (hasPex.value ? real.utPex() : nothing) };
});

const sizeBytes = 16 * 1024 * 1024;
const scenario = new ScenarioRun(magnetOnly);

beforeEach(() => {
  hasPex.value = true;
});

test('a newcomer finds the metadata and others from one address', { timeout: 60_000 }, async () => {
  const result = await scenario.start(sizeBytes);
  expect(failedChecks(result)).toEqual([]);
  expect(scenario.leftovers).toEqual([]);
});

test('without peer exchange the run fails', { timeout: 60_000 }, async () => {
  hasPex.value = false;
  const result = await scenario.start(2 * 1024 * 1024);
  expect(failedChecks(result)).toEqual(['addresses']);
});
