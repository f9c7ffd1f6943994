import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { displayWidth } from '../output/display-width.js';
import { CliBench, jsonLines, summaryOf } from './cli-process.fake.js';
import { makeTorrent } from './stalling-seed.fake.js';

let bench: CliBench;

beforeEach(() => {
  bench = new CliBench();
});

afterEach(() => bench.close());

test('without a command, the help is told on standard error, with exit code 2', async () => {
  const { exitCode, stdout, stderr } = await bench.run();
  expect([exitCode, stdout]).toEqual([2, []]);
  expect(stderr.join('\n')).toMatch(/Usage: peerloom.*download.*swarm/s);
});

test.for(['create', 'info', 'download', 'seed', 'verify', 'swarm'])(
  'the help of %s has examples, one at least of each option',
  async (name) => {
    const { exitCode, stdout } = await bench.run('help', name);
    expect(exitCode).toBe(0);
    const start = stdout.indexOf('Examples:');
    const examples = stdout.slice(start + 1);
    expect(examples[0]).toMatch(new RegExp(`^  peerloom ${name}`));
    const options = stdout.slice(0, start).flatMap((line) => /^ {2}(-\w|--[\w-]+)/.exec(line)?.[1] ?? []);
    const isShown = (option: string): boolean => examples.some((line) => line.includes(` ${option}`));
    const others = options.filter((option) => option !== '-h');
    expect(others.filter((option) => !isShown(option))).toEqual([]);
  },
);

test.for([
  '',
  ...['create', 'info', 'download', 'seed', 'verify', 'swarm', 'network'],
  ...['network init', 'network issue', 'network revoke', 'network show'],
])('the help of peerloom %s fits into 80 columns', async (command) => {
  const { exitCode, stdout } = await bench.run(...command.split(' ').filter(Boolean), '--help');
  expect([exitCode, stdout[0]]).toEqual([0, expect.stringMatching(`^Usage: peerloom ${command}`)]);
  expect(stdout.filter((line) => displayWidth(line) > 80)).toEqual([]);
});

test('unknown commands and options are one line, with what may have been meant', async () => {
  for (const [args, said] of [
    ['frob', "unknown command 'frob'"],
    ['downlod', "unknown command 'downlod' (Did you mean download?)"],
    ['download --pear', "unknown option '--pear' (Did you mean --peer?)"],
    ['network shw', "unknown command 'shw' (Did you mean show?)"],
  ] as const) {
    const stderr = [`peerloom: ${said} (CLI_USAGE)`];
    expect(await bench.run(...args.split(' '))).toEqual({ exitCode: 2, stdout: [], stderr });
  }
});

test('the help tells the exit codes', async () => {
  expect((await bench.run('--help')).stdout.join('\n')).toContain('4 --timeout passed');
});

test('--version is the one of the package', async () => {
  expect(await bench.run('--version')).toMatchObject({
    exitCode: 0,
    stdout: [expect.stringMatching(/^\d+\.\d+\.\d+$/)],
  });
});

test('output that nobody reads any more ends the command in silence', async () => {
  writeFileSync(bench.path('a.torrent'), makeTorrent('a.bin', 3).file);
  const command = bench.start(['info', 'a.torrent']);
  command.closeStdout();
  expect(await command.end()).toMatchObject({ exitCode: 130, stderr: [] });
});

test('a seed whose output is closed stops cleanly', async () => {
  const torrent = makeTorrent('a.bin', 3);
  writeFileSync(bench.path('a.torrent'), torrent.file);
  writeFileSync(bench.path('a.bin'), torrent.data);
  const seed = bench.start(['seed', 'a.torrent', '--path', '.', '--listen', '127.0.0.1:0']);
  seed.closeStdout();
  expect(await seed.end()).toMatchObject({ exitCode: 130, stderr: [] });
});

test('PEERLOOM_DEBUG=1 shows where an error comes from', async () => {
  const { stderr } = await bench.start(['info', 'none.torrent'], { PEERLOOM_DEBUG: '1' }).end();
  expect(stderr[0]).toMatch(/^peerloom: .*\(STORAGE_NOT_FOUND\)$/);
  expect(stderr.join('\n')).toMatch(/\n {4}at /);
});

test('swarm lists the examples', async () => {
  const { stdout } = await bench.run('swarm');
  expect(stdout).toContainEqual(expect.stringMatching(/^loopback {2,}a seed and four leeches/));
  for (const line of stdout) expect(displayWidth(line)).toBeLessThan(80);
  const json = await bench.run('swarm', '--json');
  expect(jsonLines(json.stdout)).toContainEqual({ name: 'loopback', about: expect.any(String) });
  expect(json.stdout).toHaveLength(stdout.length);
});

test('swarm loopback moves 64 MiB to each of four leeches and verifies it', async () => {
  const { exitCode, stdout } = await bench.run('swarm', 'loopback');
  expect(exitCode).toBe(0);
  expect(stdout).toContainEqual(expect.stringMatching(/^moved +256 MiB$/));
  expect(stdout).toContainEqual(
    expect.stringMatching(/^copies with the SHA-1 of the original +4 of 4 {2}ok$/),
  );
  expect(stdout.at(-1)).toBe('passed');
});

test('swarm all-extensions shows what each extension is for', async () => {
  const { exitCode, stdout } = await bench.run('swarm', 'all-extensions');
  expect(stdout.filter((line) => line.endsWith('FAILED'))).toEqual([]);
  expect([exitCode, stdout.at(-1)]).toEqual([0, 'passed']);
});

test('an interrupted swarm ends with 130 and removes its folder', async () => {
  mkdirSync(bench.path('tmp'));
  const swarm = bench.start(['swarm', 'loopback', '--json'], { TMPDIR: bench.path('tmp') });
  await swarm.line((line) => (line.includes('"pieceFinished"') ? true : undefined));
  swarm.kill('SIGINT');
  const { exitCode, stdout, stderr } = await swarm.end();
  expect([exitCode, stderr]).toEqual([130, ['peerloom: interrupted (CLI_INTERRUPTED)']]);
  expect(jsonLines(stdout)).toContainEqual({ node: 'leech-4', type: 'sessionStopped' });
  expect(summaryOf(stdout)).toMatchObject({ command: 'swarm', scenario: 'loopback', exitCode: 130 });
  expect(readdirSync(bench.path('tmp'))).toEqual([]);
});

test('SIGTERM ends a command as cleanly, with its own exit code', async () => {
  const swarm = bench.start(['swarm', 'loopback', '--json']);
  await swarm.line((line) => (line.includes('"peerReady"') ? true : undefined));
  swarm.kill('SIGTERM');
  expect((await swarm.end()).exitCode).toBe(143);
});
