import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliBench, summaryOf } from './cli-process.fake.js';

let bench: CliBench;
beforeEach(() => {
  bench = new CliBench();
});
afterEach(() => bench.close());

test('an interrupted swarm leaves a report that says so, in the place of the file that was there', async () => {
  writeFileSync(bench.path('swarm.html'), 'before');
  const swarm = bench.start(['swarm', 'loopback', '--json', '--report', 'swarm.html']);
  await swarm.line((line) => (line.includes('"pieceFinished"') ? true : undefined));
  swarm.kill('SIGINT');
  const { exitCode, stderr } = await swarm.end();
  expect([exitCode, stderr]).toEqual([130, ['peerloom: interrupted (CLI_INTERRUPTED)']]);
  const page = readFileSync(bench.path('swarm.html'), 'utf8');
  expect(page).toContain('data-verdict="interrupted"');
  expect(page).toContain('interrupted (CLI_INTERRUPTED)');
  expect(page).toContain('data-session="leech-4"');
  expect(readdirSync(bench.folder).filter((name) => name !== 'state')).toEqual(['swarm.html']);
});

test.for([
  ['a folder', ['loopback', '--report', 'folder'], 'CLI_REPORT'],
  ['a folder that is not there', ['loopback', '--report', 'nowhere/swarm.html'], 'CLI_FOLDER'],
  ['a folder that is a file', ['loopback', '--report', 'file/swarm.html'], 'CLI_FOLDER'],
  ['a swarm that is not said', ['--report', 'swarm.html'], 'CLI_REPORT'],
] as const)('a report for %s is refused before anything runs', async ([, args, code]) => {
  mkdirSync(bench.path('folder'));
  writeFileSync(bench.path('file'), '');
  const { exitCode, stdout, stderr } = await bench.run('swarm', ...args);
  expect([exitCode, stdout]).toEqual([2, []]);
  expect(stderr).toHaveLength(1);
  expect(stderr[0]).toContain(`(${code})`);
});

test('a report that the medium does not take is refused before anything runs', async () => {
  const name = 'n'.repeat(255);
  const { exitCode, stdout, stderr } = await bench.run('swarm', 'loopback', '--report', name);
  expect([exitCode, stdout]).toEqual([3, []]);
  expect(stderr).toEqual([`peerloom: --report '${name}': cannot be written: ENAMETOOLONG (STORAGE_IO)`]);
});

test('where only the report fails, what was seen is told all the same', async () => {
  mkdirSync(bench.path('folder'));
  const swarm = bench.start(['swarm', 'download', '--json', '--report', 'folder/swarm.html']);
  await swarm.line((line) => (line.includes('"pieceFinished"') ? true : undefined));
  rmSync(bench.path('folder'), { recursive: true });
  const { exitCode, stdout } = await swarm.end();
  expect(exitCode).toBe(3);
  expect(summaryOf(stdout)).toMatchObject({
    error: { code: 'STORAGE_NOT_FOUND' },
    isPassed: true,
    checks: { verifiedCopies: { seen: '1 of 1' } },
  });
});
