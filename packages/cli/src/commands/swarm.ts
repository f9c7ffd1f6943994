import type { Scenario, ScenarioEvent, ScenarioResult } from '@peerloom/scenarios';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { CommandContext } from '../context.js';
import { SwarmFeed } from '../events/swarm-feed.js';
import { exitCodes } from '../exit-code.js';
import { requireReportFile } from '../input/report-file.js';
import { alertJson } from '../output/alert-json.js';
import { escapeText } from '../output/escape-text.js';
import { figureText } from '../output/figure-text.js';
import { type Progress, showProgress } from '../output/progress.js';
import { withSummary, writeJson } from '../output/summary.js';
import { type SwarmProgress, SwarmView } from '../output/swarm-view.js';
import { runWithReport } from '../report/run-report.js';

/** Swarms are over in seconds. */
const plainPeriodMs = 1_000;

/** Options of `peerloom swarm`, as parsed. */
interface SwarmOptions {
  readonly json?: true;
  readonly report?: string;
}

/** `peerloom swarm`. */
export function swarmCommand(context: CommandContext, settle: (exitCode: number) => void): Command {
  return new Command('swarm')
    .description('run an example swarm, or list them')
    .argument('[scenario]', 'name of the swarm; without it they are listed')
    .option('--json', 'write one JSON object a line: every alert, then a summary')
    .option('--report <file>', 'write a page that shows the run, for a browser; it replaces the file')
    .addHelpText(
      'after',
      `
Exits with 0 when what the swarm shows was verified, with 1 when not. A report
is written also of a run that fails or is interrupted; it is one file that needs
no network.

Examples:
  peerloom swarm
  peerloom swarm all-extensions
  peerloom swarm loopback --json
  peerloom swarm poisoner --report swarm.html`,
    )
    .action(async (name: string | undefined, { json, report }: SwarmOptions) => {
      const isJson = json === true;
      if (name !== undefined) return settle(await swarm(context, name, isJson, report));
      if (report !== undefined) throw new CliError('CLI_REPORT', '--report: of which swarm is not said');
      settle(await list(context, isJson));
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

async function swarm(
  context: CommandContext,
  name: string,
  isJson: boolean,
  reportPath: string | undefined,
): Promise<number> {
  const { output } = context;
  let fields = {};
  return withSummary(
    { output, isJson, command: 'swarm', fields: () => ({ scenario: name, ...fields }) },
    async () => {
      const scenario = await findScenario(name);
      if (reportPath !== undefined) await requireReportFile(reportPath);
      // What was seen is told before the report is written: it is not lost where that fails.
      const run = async (take?: (event: ScenarioEvent) => void): Promise<ScenarioResult> => {
        const result = await runScenario(context, scenario, isJson, take);
        fields = {
          isPassed: result.isPassed,
          checks: Object.fromEntries(
            result.checks.map(({ name, isPassed, seen }) => [name, { isPassed, seen }]),
          ),
          figures: Object.fromEntries(result.figures.map(({ name, value }) => [name, value])),
        };
        if (!isJson) sayResult(context, result);
        return result;
      };
      const result = await (reportPath === undefined ? run() : runWithReport(scenario, reportPath, run));
      if (!isJson && reportPath !== undefined) output.line(`the report is ${escapeText(reportPath)}`);
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
  take?: (event: ScenarioEvent) => void,
): Promise<ScenarioResult> {
  let last: SwarmProgress | undefined;
  let progress: Progress | undefined;
  const view = new SwarmView(output, () => last);
  const feed = isJson ? undefined : new SwarmFeed(output);
  const report = (event: ScenarioEvent): void => {
    feed?.take(event);
    take?.(event);
    if (event.type === 'progress') {
      last = event;
      progress ??= showProgress(output, view, { isJson, plainPeriodMs });
    } else if (event.type === 'alert' && isJson) {
      writeJson(output, { node: event.node, ...alertJson(event.alert) });
    }
  };
  try {
    return await scenario.run({ report, signal, command: ownCommand() });
  } finally {
    feed?.end();
    progress?.end();
  }
}

/** What runs this command, for swarms whose sessions are processes of their own. */
function ownCommand(): readonly string[] {
  const [program = '', script = ''] = process.argv;
  return [program, ...process.execArgv, script];
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
