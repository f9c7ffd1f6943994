import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliBench, jsonLines, summaryOf } from './cli-process.fake.js';

let bench: CliBench;

beforeEach(() => {
  bench = new CliBench();
});

afterEach(() => bench.close());

/** Starts it with a temporary folder of the test's own, whose path is in the arguments of every process of it. */
function startProcesses() {
  return bench.start(['swarm', 'processes', '--json'], { TMPDIR: bench.folder });
}

/** Processes of the swarm that run, as far as the system tells. */
function countProcesses(): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(bench.folder);
    } catch {
      return false;
    }
  }).length;
}

test('eight processes of this command find each other by a tracker, and one is killed and goes on', async () => {
  const { exitCode, stdout } = await startProcesses().end();
  expect(summaryOf(stdout)).toMatchObject({
    isPassed: true,
    checks: {
      announced: { seen: '8 of 8' },
      wentOn: { isPassed: true },
      endedCleanly: { seen: '8 of 8' },
      verifiedCopies: { seen: '7 of 7' },
    },
  });
  expect(exitCode).toBe(0);
  const resumed = jsonLines(stdout).filter(({ type }) => type === 'resumeLoaded');
  expect(resumed.map(({ node }) => node)).toEqual(['leech-3']);
  expect(countProcesses()).toBe(0);
}, 120_000);

test('Ctrl-C in the middle ends all of them, and leaves nothing behind', async () => {
  const swarm = startProcesses();
  await swarm.line((line) => (JSON.parse(line).type === 'pieceFinished' ? true : undefined));
  if (process.platform === 'linux') expect(countProcesses()).toBeGreaterThan(1);
  swarm.kill('SIGINT');
  const { exitCode } = await swarm.end();
  expect(exitCode).toBe(130);
  expect(countProcesses()).toBe(0);
  expect(readdirSync(bench.folder).filter((name) => name.startsWith('peerloom-swarm'))).toEqual([]);
}, 120_000);
