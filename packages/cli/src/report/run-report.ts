import { writeFileAtomic } from '@peerloom/core';
import type { Scenario, ScenarioEvent, ScenarioResult } from '@peerloom/scenarios';
import { describeFailure } from '../failure.js';
import { builtPageAssets } from './page-assets.js';
import type { SwarmOutcome } from './recording.js';
import { reportPage } from './report-page.js';
import { SwarmRecorder } from './swarm-recorder.js';

/**
 * Runs a scenario, and writes a report of it to `path` however it ends. Resolves and rejects as the scenario does; where
 * only the report fails, with its `StorageError`.
 */
export async function runWithReport(
  scenario: Scenario,
  path: string,
  run: (take: (event: ScenarioEvent) => void) => Promise<ScenarioResult>,
): Promise<ScenarioResult> {
  const recorder = new SwarmRecorder(scenario, new Date().toISOString());
  const write = (outcome: SwarmOutcome, result?: ScenarioResult): Promise<void> => {
    const page = reportPage(recorder.recording(outcome, result), builtPageAssets());
    return writeFileAtomic(path, new TextEncoder().encode(page));
  };
  let result: ScenarioResult;
  try {
    result = await run((event) => recorder.take(event));
  } catch (error) {
    const { code, message } = describeFailure(error);
    const kind = code === 'CLI_INTERRUPTED' ? 'interrupted' : 'error';
    // Why the run has failed matters more than why the report has.
    await write({ kind, message: `${message} (${code})` }).catch(() => undefined);
    throw error;
  }
  await write({ kind: result.isPassed ? 'passed' : 'failed' }, result);
  return result;
}
