import { cpus } from 'node:os';
import type { Engine } from './engine.js';
import { aria2 } from './engines/aria2.js';
import { libtorrent } from './engines/libtorrent.js';
import { peerloom } from './engines/peerloom.js';
import { python } from './engines/python.js';
import { sha1Limit } from './engines/sha1-limit.js';
import { webtorrent } from './engines/webtorrent.js';
import { type BenchOptions, readOptions } from './options.js';
import { makePayload } from './payload.js';
import { works } from './processes.js';
import { makeScratch, type Scratch } from './scratch.js';
import { formatTable, type Row } from './table.js';
import { judge } from './targets.js';
import { benchCreation, benchRechecks } from './tasks/check.js';
import { benchClosedNetwork, plain } from './tasks/closed-network.js';
import { benchDownloads } from './tasks/download.js';
import { benchMemory } from './tasks/memory.js';
import { benchSeeds, consumers } from './tasks/seed.js';
import { formatVerdicts, type Verdict } from './verdict.js';

/** Parts that move or check data. */
const engineParts = ['download', 'seed', 'closed', 'check'] as const;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The engines that run here; says of each other one what it lacks. */
async function findEngines(candidates: readonly Engine[]): Promise<readonly Engine[]> {
  const found: Engine[] = [];
  for (const engine of candidates) {
    if (await works(engine.probe)) found.push(engine);
    else say(`${engine.name} is left out: it needs ${engine.needs}`);
  }
  return found;
}

/** The parts that move and check data, with whole processes. */
async function benchEngines(
  engines: readonly Engine[],
  { rounds, totalMiB, parts }: BenchOptions,
  { folder: root, medium }: Scratch,
): Promise<readonly Verdict[]> {
  const hasLibtorrent = engines.includes(libtorrent);
  const payload = await makePayload(root, totalMiB);
  const options = { rounds, root };
  say(`${totalMiB} MiB in pieces of 1 MiB on ${medium}, over loopback; medians of ${rounds} rounds`);

  const results = new Map<string, readonly Row[]>();
  const show = (title: string, rows: readonly Row[], reference: string = libtorrent.name): void => {
    results.set(title, rows);
    say(`\n${formatTable(title, rows, reference)}`);
  };
  if (parts.has('download')) {
    const { seeding } = hasLibtorrent ? libtorrent : peerloom;
    show('download', await benchDownloads(engines, seeding, payload, options));
  }
  if (parts.has('seed')) {
    const chosen = hasLibtorrent ? consumers : (['a bare sink'] as const);
    for (const [consumer, rows] of await benchSeeds(engines, chosen, payload, options)) {
      show(`seeding to ${consumer}`, rows);
    }
  }
  if (parts.has('closed')) show('closed network', await benchClosedNetwork(payload, options), plain);
  if (parts.has('check')) {
    show('recheck', await benchRechecks([...engines, sha1Limit], payload, options));
    show('create', await benchCreation(engines, payload, options));
  }
  return judge(results);
}

async function main(): Promise<void> {
  const options = readOptions(process.env);
  const { parts } = options;
  const cores = cpus();
  say(`Node ${process.version}, ${cores.length} × ${cores[0]?.model ?? 'unknown processor'}`);
  if (!(await works([python, '--version']))) throw new Error('Python 3 is needed to measure');
  const scratch = makeScratch();
  const verdicts: Verdict[] = [];
  if (engineParts.some((part) => parts.has(part))) {
    const engines = await findEngines([peerloom, libtorrent, aria2, webtorrent]);
    if (!engines.includes(peerloom)) throw new Error('the peerloom command does not run');
    verdicts.push(...(await benchEngines(engines, options, scratch)));
  }
  if (parts.has('memory')) verdicts.push(...(await benchMemory(scratch.folder)));
  say(`\n${formatVerdicts(verdicts)}`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
