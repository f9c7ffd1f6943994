import { cpus } from 'node:os';
import { aria2 } from './aria2.js';
import { benchDownloads, benchRechecks } from './bench.js';
import type { Engine } from './engine.js';
import { libtorrent } from './libtorrent.js';
import { readOptions } from './options.js';
import { makePayload } from './payload.js';
import { peerloom } from './peerloom.js';
import { works } from './processes.js';
import { python } from './python.js';
import { makeScratch } from './scratch.js';
import { formatTable } from './table.js';

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

async function main(): Promise<void> {
  const { rounds, totalMiB } = readOptions(process.env);
  if (!(await works([python, '--version']))) throw new Error('Python 3 is needed to measure processes');
  const engines = await findEngines([peerloom, libtorrent, aria2]);
  if (!engines.includes(peerloom)) throw new Error('the peerloom command does not run');
  const seeding = engines.includes(libtorrent) ? libtorrent : peerloom;
  const { folder, medium } = makeScratch();
  const payload = await makePayload(folder, totalMiB);

  const cores = cpus();
  say(`${totalMiB} MiB in pieces of 1 MiB on ${medium}; one ${seeding.name} seed, over loopback`);
  say(
    `rounds: ${rounds}, shown are medians; whole processes, start and exit included; ratios to ${libtorrent.name}`,
  );
  say(`Node ${process.version}, ${cores.length} × ${cores[0]?.model ?? 'unknown processor'}`);
  const downloads = await benchDownloads(engines, seeding, { payload, rounds, root: folder });
  say(`\n${formatTable('download', downloads, libtorrent.name)}`);
  const rechecks = await benchRechecks(engines, payload, rounds);
  say(`\n${formatTable('recheck', rechecks, libtorrent.name)}`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
