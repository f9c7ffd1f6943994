import type { Scenario, ScenarioEvent, ScenarioFigure, ScenarioResult } from '@peerloom/scenarios';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { CommandContext } from '../context.js';
import { SwarmFeed } from '../events/swarm-feed.js';
import { exitCodes } from '../exit-code.js';
import { alertJson } from '../output/alert-json.js';
import { escapeText } from '../output/escape-text.js';
import { formatBytes, formatDuration, formatRate } from '../output/format.js';
import { type Progress, showProgress } from '../output/progress.js';
import { withSummary, writeJson } from '../output/summary.js';
import { type SwarmProgress, SwarmView } from '../output/swarm-view.js';

/** Swarms are over in seconds. */
const plainPeriodMs = 1_000;

/** `peerloom swarm`. */
export function swarmCommand(context: CommandContext, settle: (exitCode: number) => void): Command {
  return new Command('swarm')
    .description('run an example swarm, or list them')
    .argument('[scenario]', 'name of the swarm; without it they are listed')
    .option('--json', 'write one JSON object a line: every alert, then a summary')
    .addHelpText(
      'after',
      `
Exits with 0 when what the swarm shows was verified, with 1 when not.

Examples:
  peerloom swarm
  peerloom swarm all-extensions
  peerloom swarm loopback --json`,
    )
    .action(async (name: string | undefined, { json }: { readonly json?: true }) => {
      const isJson = json === true;
      settle(await (name === undefined ? list(context, isJson) : swarm(context, name, isJson)));
    });
}

async function list({ output }: CommandContext, isJson: boolean): Promise<number> {
  const scenarios = await loadScenarios();
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  for (const { name, about } of scenarios) {
    if (isJson) writeJson(output, { name, about });
    else output.line(`${output.style.bold(name.padEnd(width))}  ${about}`);
  }
  return exitCodes.done;
}

async function swarm(context: CommandContext, name: string, isJson: boolean): Promise<number> {
  const { output } = context;
  let fields = {};
  return withSummary(
    { output, isJson, command: 'swarm', fields: () => ({ scenario: name, ...fields }) },
    async () => {
      const scenario = await findScenario(name);
      const result = await runScenario(context, scenario, isJson);
      fields = {
        isPassed: result.isPassed,
        checks: Object.fromEntries(
          result.checks.map(({ name, isPassed, seen }) => [name, { isPassed, seen }]),
        ),
        figures: Object.fromEntries(result.figures.map(({ name, value }) => [name, value])),
      };
      if (!isJson) sayResult(context, result);
      return result.isPassed ? exitCodes.done : exitCodes.failed;
    },
  );
}

/** Not with the command: they bring every extension along, and no other command waits for those. */
async function loadScenarios(): Promise<readonly Scenario[]> {
  const { scenarios } = await import('@peerloom/scenarios');
  return scenarios;
}

async function findScenario(name: string): Promise<Scenario> {
  const scenarios = await loadScenarios();
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const known = scenarios.map((scenario) => scenario.name).join(', ');
  throw new CliError('CLI_SCENARIO', `no swarm is called '${escapeText(name)}': there is ${known}`);
}

async function runScenario(
  { output, signal }: CommandContext,
  scenario: Scenario,
  isJson: boolean,
): Promise<ScenarioResult> {
  let last: SwarmProgress | undefined;
  let progress: Progress | undefined;
  const view = new SwarmView(output, () => last);
  const feed = isJson ? undefined : new SwarmFeed(output);
  const report = (event: ScenarioEvent): void => {
    feed?.take(event);
    if (event.type === 'progress') {
      last = event;
      progress ??= showProgress(output, view, { isJson, plainPeriodMs });
    } else if (event.type === 'alert' && isJson) {
      writeJson(output, { node: event.node, ...alertJson(event.alert) });
    }
  };
  try {
    return await scenario.run({ report, signal });
  } finally {
    feed?.end();
    progress?.end();
  }
}

function sayResult({ output }: CommandContext, { isPassed, checks, figures }: ScenarioResult): void {
  const { style } = output;
  const width = Math.max(...[...figures, ...checks].map(({ label }) => label.length));
  for (const figure of figures) {
    output.line(`${style.dim(figure.label.padEnd(width))}  ${figureText(figure)}`);
  }
  for (const { label, isPassed, seen } of checks) {
    const mark = isPassed ? style.green('ok') : style.red('FAILED');
    output.line(`${style.dim(label.padEnd(width))}  ${escapeText(seen)}  ${mark}`);
  }
  output.line(isPassed ? style.green('passed') : style.red('failed'));
}

function figureText({ value, unit }: ScenarioFigure): string {
  if (typeof value === 'string') return escapeText(value);
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytesPerSecond':
      return formatRate(value);
    case 'ms':
      return formatDuration(value);
    case 'text':
      return String(value);
  }
}
