import { pluginApiVersion } from '@peerloom/core';
import { beforeEach, expect, test, vi } from 'vitest';
import { failedChecks, ScenarioRun, seen } from '../swarm/scenario-run.fake.js';
import { closedNetwork } from './closed-network.js';

const isClosed = vi.hoisted(() => ({ value: true }));

vi.mock('@peerloom/closed-network', async (importOriginal) => {
  const real = await importOriginal<typeof import('@peerloom/closed-network')>();
  class Open {
    readonly name = 'open';
    readonly apiVersion = pluginApiVersion;
  }
  function ClosedNetwork(options: ConstructorParameters<typeof real.ClosedNetwork>[0]) {
    return isClosed.value ? new real.ClosedNetwork(options) : new Open();
  }
  return { ...real, ClosedNetwork };
});

const sizeBytes = 4 * 1024 * 1024;
const scenario = new ScenarioRun(closedNetwork);

beforeEach(() => {
  isClosed.value = true;
});

test('members share, and intruders reach them all and get nothing', { timeout: 60_000 }, async () => {
  const result = await scenario.start(sizeBytes);
  expect(failedChecks(result)).toEqual([]);
  expect(seen(result, 'strangerReached')).toBe('3 of 3');
  expect(seen(result, 'forgerBytes')).toBe('0');
  expect(scenario.leftovers).toEqual([]);
});

test('with an open door the run fails: the intruders get it all', { timeout: 60_000 }, async () => {
  isClosed.value = false;
  const result = await scenario.start(sizeBytes);
  expect(failedChecks(result)).toEqual(
    expect.arrayContaining(['encrypted', 'strangerBytes', 'strangerMetadata', 'forgerBytes']),
  );
  expect(failedChecks(result)).not.toContain('verifiedCopies');
});
