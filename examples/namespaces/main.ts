/** A swarm of hosts with addresses and links of their own, on one machine: as root, and without a trace outside. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ProcessHost, ProcessSwarm } from '@peerloom/scenarios';
import { HostNetwork } from './host-network.js';
import { startTracker } from './tracker-process.js';

const usage = 'usage: namespaces [--leeches N] [--rate MBIT] [--delay ROUND-TRIP-MS] [--size MIB]';
const trackerPort = 6969;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Kept apart from everything outside: mounts, network and processes. What is left ends with the first process. */
const unshare = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];

/** Runs this program once more, in namespaces of its own. Whatever ends this one ends that one. */
function runInside(args: readonly string[]): void {
  const own = [process.execPath, fileURLToPath(import.meta.url), '--inside', ...args];
  const child = spawn('unshare', [...unshare, ...own], { stdio: ['pipe', 'inherit', 'inherit'] });
  // The end of its input tells it to stop.
  for (const signal of signals) process.on(signal, () => child.stdin.end());
  child.stdin.on('error', () => {});
  child.once('error', (error) => fail(`unshare: ${error.message}`, 1));
  child.once('close', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
}

async function run(options: { leeches: number; rateMbit: number; roundTripMs: number; sizeBytes: number }) {
  const ended = new AbortController();
  const stop = (): void => ended.abort(new Error('interrupted'));
  process.stdin.once('end', stop).resume();
  for (const signal of signals) process.on(signal, stop);

  // Names of namespaces, and all data, go to memory that nobody outside sees.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'peerloom', '/run']);
  const folder = '/run/peerloom';
  for (const path of ['/run/netns', folder]) mkdirSync(path);
  const network = new HostNetwork(options);
  const trackerAddress = network.add('tracker');
  const host = (name: string, role: ProcessHost['role']): ProcessHost => {
    return { name, role, address: network.add(name), launcher: network.launcher(name) };
  };
  const leeches = Array.from({ length: options.leeches }, (_, index) => host(`leech-${index + 1}`, 'leech'));
  for (const lack of network.lacks) console.log(`this kernel is short of something: ${lack}`);

  const cli = dirname(createRequire(import.meta.url).resolve('peerloom/package.json'));
  const swarm = await ProcessSwarm.create({
    folder,
    command: [process.execPath, join(cli, 'bin/peerloom.js')],
    hosts: [host('seed', 'seed'), ...leeches],
    announceUrl: `http://${trackerAddress}:${trackerPort}/announce`,
    sizeBytes: options.sizeBytes,
    pieceLength: 256 * 1024,
    tellsBlocks: false,
    report: () => {},
    signal: ended.signal,
  });
  const { infoHash } = swarm;
  const tracker = startTracker(network.launcher('tracker'), trackerAddress, trackerPort, infoHash, folder);
  tracker.child.once('error', (error) => ended.abort(error));
  // Without it the peers would look for each other for ever.
  tracker.child.once('exit', (code, signal) => {
    ended.abort(new Error(`${tracker.name} has ended: ${signal ?? `exit code ${code}`}`));
  });
  console.log(
    `${leeches.length} leeches and a seed, a host each, ${options.rateMbit} Mbit/s each way, ${tracker.name}, ` +
      `${options.sizeBytes / 2 ** 20} MiB, ${cpus().length} processors`,
  );
  try {
    await Promise.all(swarm.nodes.map((node) => node.start()));
    await swarm.until(() => swarm.leeches.every((leech) => swarm.isFinished(leech)));
  } catch (error) {
    await swarm.stop();
    throw error;
  }
  const ends = await swarm.stop();
  const copyCount = await swarm.countCopies();
  const idealMs = (options.sizeBytes * 8) / (options.rateMbit * 1000);
  console.log(`ideal, the data once over a link: ${seconds(idealMs)}`);
  for (const [
    index,
    {
      host: { name },
    },
  ] of swarm.nodes.entries()) {
    const { uploadedBytes = 0 } = ends[index]?.summary?.torrents[0] ?? {};
    const sent = `sent ${(uploadedBytes / options.sizeBytes).toFixed(2)} copies`;
    const { connectedMs, finishedMs } = swarm.times.get(name) ?? { connectedMs: 0, finishedMs: 0 };
    const took = `${seconds(finishedMs - connectedMs)}, ${((finishedMs - connectedMs) / idealMs).toFixed(2)} times the ideal`;
    console.log(`${name.padEnd(10)} ${name === 'seed' ? '' : `${took}, `}${sent}`);
  }
  console.log(`${copyCount} of ${leeches.length} copies have the SHA-1 of the original, ${swarm.sha1}`);
  return copyCount === leeches.length;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function fail(message: string, exitCode: number): never {
  console.error(`namespaces: ${message}`);
  process.exit(exitCode);
}

function readOptions() {
  const number = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { inside: { type: 'boolean' }, leeches: number, rate: number, delay: number, size: number },
  });
  const read = (name: 'leeches' | 'rate' | 'delay' | 'size', usual: number, least: number): number => {
    const value = Number(values[name] ?? usual);
    if (!Number.isInteger(value) || value < least || value > 10_000)
      throw new RangeError(`--${name}: ${usage}`);
    return value;
  };
  const options = {
    leeches: read('leeches', 8, 1),
    rateMbit: read('rate', 100, 1),
    roundTripMs: read('delay', 20, 0),
    sizeBytes: read('size', 64, 1) * 2 ** 20,
  };
  return { isInside: values.inside === true, options };
}

try {
  const { isInside, options } = readOptions();
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    fail('needs Linux, and root: it makes network namespaces', 2);
  }
  if (isInside) process.exit((await run(options)) ? 0 : 1);
  runInside(process.argv.slice(2));
} catch (error) {
  const { message } = error instanceof Error ? error : { message: String(error) };
  fail(
    message,
    message === 'interrupted' ? 130 : message.includes('usage') || message.startsWith('Unknown') ? 2 : 1,
  );
}
