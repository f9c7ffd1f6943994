import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Scenario, ScenarioEvent, ScenarioResult } from '../scenario.js';

/** Runs one scenario in a test, in a temporary folder of the test's own. */
export class ScenarioRun {
  readonly #scenario: Scenario;
  #temporary = '';

  /** To be made outside of tests: the folder is made before each, and removed after. */
  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    beforeEach(() => {
      this.#temporary = mkdtempSync(join(tmpdir(), 'peerloom-test-'));
      vi.stubEnv('TMPDIR', this.#temporary);
    });
    afterEach(() => {
      vi.unstubAllEnvs();
      rmSync(this.#temporary, { recursive: true, force: true });
    });
  }

  /** Runs it with so much data. */
  start(
    sizeBytes: number,
    report: (event: ScenarioEvent) => void = () => {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<ScenarioResult> {
    return this.#scenario.run({ sizeBytes, signal, report });
  }

  /** What is in the temporary folder. */
  get leftovers(): readonly string[] {
    return readdirSync(this.#temporary);
  }

  /** The folder that the scenario has made there, which holds one of each node. */
  get folder(): string {
    const [name, ...more] = this.leftovers;
    if (name === undefined || more.length > 0) throw new Error(`not one folder in ${this.#temporary}`);
    return join(this.#temporary, name);
  }
}

/** What was seen of a check. */
export function seen(result: ScenarioResult, name: string): string | undefined {
  return result.checks.find((check) => check.name === name)?.seen;
}

/** Names of the checks that have failed. */
export function failedChecks({ checks }: ScenarioResult): readonly string[] {
  return checks.filter(({ isPassed }) => !isPassed).map(({ name }) => name);
}

/** Value of a figure. */
export function figure(result: ScenarioResult, name: string): number | string | undefined {
  return result.figures.find((entry) => entry.name === name)?.value;
}
