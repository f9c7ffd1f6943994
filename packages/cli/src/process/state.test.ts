import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliResult, jsonLines } from './cli-process.fake.js';
import { DownloadBench } from './download-bench.fake.js';
import { makeTorrent } from './stalling-seed.fake.js';

const torrent = makeTorrent('a.bin', 4);
let bench: DownloadBench;

/** Bans whom it is told to, and says who is banned when it begins. */
const banner = `
import { parseEndpoint } from ${JSON.stringify(import.meta.resolve('@peerloom/core'))};
export default ({ address }) => ({
  name: 'banner',
  apiVersion: 1,
  added(session) {
    session.postAlert('bans', { reasons: session.bans().map(({ reason }) => reason) });
    if (address) session.ban({ endpoint: parseEndpoint(address) }, { reason: 'told to' });
  },
});
`;

beforeEach(() => {
  bench = new DownloadBench();
  bench.put(torrent);
  writeFileSync(bench.path('a.bin'), torrent.data);
  writeFileSync(bench.path('banner.mjs'), banner);
});

afterEach(() => bench.close());

/** Seeds for a moment, banning `address` where there is one. */
function seed(address: string, ...args: readonly string[]): Promise<CliResult> {
  const ext = address === '' ? './banner.mjs' : `./banner.mjs:address=${address}`;
  const listen = ['--listen', '127.0.0.1:0', '--seed-time', '0.01'];
  return bench.run('seed', 'a.bin.torrent', '--path', '.', '--json', ...listen, '--ext', ext, ...args);
}

/** The reasons of the bans that a session began with. */
function bansOf({ stdout }: CliResult): unknown {
  return jsonLines(stdout).find(({ type, event }) => type === 'plugin' && event === 'bans')?.data;
}

test('bans last from one command to the next, where --state says', async () => {
  expect(bansOf(await seed('192.0.2.1:1', '--state', 'mine'))).toEqual({ reasons: [] });
  expect(bansOf(await seed('', '--state', 'mine'))).toEqual({ reasons: ['told to'] });
  expect(bansOf(await seed('', '--state', 'other'))).toEqual({ reasons: [] });
  expect(readdirSync(bench.path('mine'))).toEqual(['session']);
});

test('commands that run at the same time keep the bans of each other', async () => {
  // Other data for each: a torrent's is locked.
  const names = ['one', 'two', 'three'];
  const commands = names.map((name, index) => {
    const other = makeTorrent(`${name}.bin`, 4);
    bench.put(other);
    writeFileSync(bench.path(`${name}.bin`), other.data);
    return bench.start([
      ...[
        'seed',
        `${name}.bin.torrent`,
        '--path',
        '.',
        '--json',
        '--listen',
        '127.0.0.1:0',
        '--state',
        'mine',
      ],
      ...['--ext', `./banner.mjs:address=192.0.2.${index + 1}:1`],
    ]);
  });
  for (const command of commands) {
    await command.line((line) => (line.includes('"listenSucceeded"') ? true : undefined));
  }
  for (const command of commands) command.kill('SIGINT');
  for (const command of commands)
    expect((await command.end()).stderr).toEqual([expect.stringContaining('CLI_INTERRUPTED')]);
  expect(bansOf(await seed('', '--state', 'mine'))).toEqual({ reasons: ['told to', 'told to', 'told to'] });
  expect(readdirSync(bench.path('mine')).sort()).toEqual(['session', 'session.previous']);
});

test('by default state lies below XDG_STATE_HOME, and nowhere where there is none to keep', async () => {
  await seed('');
  expect(existsSync(bench.path('state'))).toBe(false);
  await seed('192.0.2.1:1');
  expect(statSync(bench.path('state/peerloom/session')).isFile()).toBe(true);
  expect(bansOf(await seed(''))).toEqual({ reasons: ['told to'] });
});

test('bans are saved when they are made: a killed command has them', async () => {
  const ext = ['--ext', './banner.mjs:address=192.0.2.1:1', '--listen', '127.0.0.1:0'];
  const running = bench.start(['seed', 'a.bin.torrent', '--path', '.', '--json', ...ext]);
  await running.line((line) => (line.includes('"listenSucceeded"') ? true : undefined));
  await expect.poll(() => existsSync(bench.path('state/peerloom/session'))).toBe(true);
  running.kill('SIGKILL');
  await running.end();
  expect(bansOf(await seed(''))).toEqual({ reasons: ['told to'] });
});

test('damaged state is told and set aside, and the command goes on', async () => {
  await seed('192.0.2.1:1');
  const file = bench.path('state/peerloom/session');
  const damaged = readFileSync(file);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  writeFileSync(file, damaged);
  const run = await seed('');
  expect(run.exitCode).toBe(0);
  expect(jsonLines(run.stdout)[0]).toMatchObject({ type: 'warning', code: 'SESSION_STATE' });
  expect(readFileSync(`${file}.damaged`).equals(damaged)).toBe(true);
  expect(jsonLines((await seed('')).stdout).filter(({ type }) => type === 'warning')).toEqual([]);
});

test('state that cannot be kept is told once, and the command goes on', async () => {
  writeFileSync(bench.path('state'), 'in the way');
  const run = await seed('192.0.2.1:1');
  expect(run.exitCode).toBe(0);
  const warnings = jsonLines(run.stdout).filter(({ type }) => type === 'warning');
  expect(warnings).toEqual([
    { type: 'warning', code: expect.stringMatching(/^STORAGE_/), message: expect.any(String) },
  ]);
});

test('a peer that is named and banned is told of', async () => {
  const peer = await bench.seed(torrent);
  await seed(peer);
  const run = await bench.download('a.bin.torrent', '--peer', peer).end();
  expect(run.exitCode).toBe(1);
  expect(run.stderr[0]).toBe(`peerloom: warning: --peer: ${peer} is banned: told to (PEER_BANNED)`);
});
