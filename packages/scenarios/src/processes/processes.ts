import { NodeNetwork, SystemClock, SystemSecureRandom } from '@peerloom/core';
import { TrackerServer } from '@peerloom/tracker/server';
import type { Scenario, ScenarioOptions, ScenarioResult } from '../scenario.js';
import { countCheck, resultOf } from '../swarm/checks.js';
import { withTemporaryFolder } from '../swarm/temporary-folder.js';
import type { ProcessHost } from './process-node.js';
import { ProcessSwarm } from './process-swarm.js';

const defaultSizeBytes = 32 * 1024 * 1024;
const leechCount = 7;
/** How long the seed alone takes to send everything once. */
const seedMs = 5_000;
const pieceLength = 128 * 1024;
const crashing = 'leech-3';
/** How much of the data it has when it is killed. */
const crashShare = 0.4;
/** How much of the data may come once more, because it was under way. */
const allowedShare = 0.05;
/** What the command exits with after Ctrl-C. */
const interruptedExitCode = 130;

/** Eight processes of the command find each other by a tracker; one is killed in the middle, and goes on. */
export const processes: Scenario = {
  name: 'processes',
  about: 'eight processes and a tracker; one is killed and goes on',
  run: (options) => withTemporaryFolder((folder) => runIn(folder, options)),
};

async function runIn(folder: string, options: ScenarioOptions): Promise<ScenarioResult> {
  const { command = ['peerloom'], sizeBytes = defaultSizeBytes, report, signal } = options;
  signal.throwIfAborted();
  const clock = new SystemClock();
  let swarm: ProcessSwarm | undefined;
  const tracker = new TrackerServer({
    clock,
    network: new NodeNetwork(clock),
    secureRandom: new SystemSecureRandom(),
    intervalMs: 5_000,
    minIntervalMs: 1_000,
    onAnnounce: ({ peer, peerId, failure }) => {
      if (failure === undefined) swarm?.announced(peer, peerId);
    },
  });
  const { announceUrl } = await tracker.listenHttp('127.0.0.1:0');
  const here = (name: string, role: ProcessHost['role']): ProcessHost => ({
    name,
    role,
    address: '127.0.0.1',
  });
  const leeches = Array.from({ length: leechCount }, (_, index) => here(`leech-${index + 1}`, 'leech'));
  try {
    swarm = await ProcessSwarm.create({
      folder,
      command,
      hosts: [here('seed', 'seed'), ...leeches],
      announceUrl,
      sizeBytes,
      pieceLength,
      args: ['--limit-up', String(Math.max(1024, Math.round((sizeBytes * 1000) / seedMs)))],
      report,
      signal,
    });
    return await share(swarm, sizeBytes, announceUrl);
  } finally {
    await swarm?.stop();
    await tracker.close();
  }
}

async function share(swarm: ProcessSwarm, sizeBytes: number, announceUrl: string): Promise<ScenarioResult> {
  swarm.note(`${swarm.nodes.length} processes start; they know only ${announceUrl}`);
  const startedMs = swarm.elapsedMs;
  // All of them, also where one fails: one that starts later would not be stopped.
  const starts = await Promise.allSettled(swarm.nodes.map((node) => node.start()));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
  const victim = swarm.leeches.find(({ host }) => host.name === crashing);
  if (victim === undefined) throw new Error(`there is no ${crashing}`);
  await swarm.until(() => victim.haveBytes >= sizeBytes * crashShare);
  await victim.kill();
  const keptBytes = victim.haveBytes;
  swarm.note(`${crashing} was killed at ${Math.round((keptBytes * 100) / sizeBytes)} %, and starts again`);
  await victim.start();
  await swarm.until(() => swarm.leeches.every((leech) => swarm.isFinished(leech)));
  const elapsedMs = swarm.elapsedMs - startedMs;

  swarm.note('every process is interrupted, as by Ctrl-C');
  const ends = await swarm.stop();
  const [seed, ...others] = ends.map((end) => end?.summary?.torrents[0]);
  const { downloadedBytes = sizeBytes, redundantBytes = 0 } = others[swarm.leeches.indexOf(victim)] ?? {};
  const againBytes = downloadedBytes - redundantBytes - (sizeBytes - keptBytes);
  const cleanCount = ends.filter((end) => end?.exitCode === interruptedExitCode).length;
  swarm.note('verifying every copy against the original');
  const movedBytes = swarm.leeches.reduce((bytes, leech) => bytes + leech.downloadedBytes, 0);
  return resultOf(
    [
      countCheck('announced', 'processes that the tracker knows', swarm.announcedCount, ends.length),
      {
        name: 'wentOn',
        label: `fetched again by ${crashing}`,
        isPassed: againBytes <= sizeBytes * allowedShare,
        seen: `${Math.max(0, Math.round(againBytes / 1024))} KiB`,
      },
      countCheck('endedCleanly', 'ended cleanly', cleanCount, ends.length),
      countCheck(
        'verifiedCopies',
        'copies with the SHA-1 of the original',
        await swarm.countCopies(),
        swarm.leeches.length,
      ),
    ],
    [
      { name: 'movedBytes', label: 'moved', value: movedBytes, unit: 'bytes' },
      { name: 'elapsedMs', label: 'in, starts included', value: elapsedMs, unit: 'ms' },
      {
        name: 'seedUploadedBytes',
        label: 'sent by the seed',
        value: seed?.uploadedBytes ?? 0,
        unit: 'bytes',
      },
    ],
  );
}
