import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { alertFields, jsonForms, lineProblems, readPage } from './documented-json.fake.js';
import { DownloadBench, nobody } from './download-bench.fake.js';
import { makeTorrent } from './stalling-seed.fake.js';

const page = readPage('COMMAND-LINE.md');
const torrent = makeTorrent('a.bin', 8);
let bench: DownloadBench;

beforeEach(() => {
  bench = new DownloadBench();
  bench.put(torrent);
});

afterEach(() => bench.close());

test('the page has each type of a field of an alert, and nothing that is none', () => {
  const types = new Set(
    [...alertFields.values()].flatMap((fields) => [...fields.values()].map(({ type }) => type)),
  );
  const start = page.indexOf('| type | in JSON |');
  const table = page.slice(start, page.indexOf('\n\n', start));
  const rows = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, type]) => type);
  expect(rows.sort()).toEqual([...types].sort());
  expect(Object.keys(jsonForms).sort()).toEqual([...types].sort());
  expect(alertFields.size).toBeGreaterThan(40);
});

test.for(['create', 'info', 'download', 'seed', 'verify', 'swarm'])(
  'the page has each option of %s, and no other',
  async (name) => {
    const { stdout } = await bench.run('help', name);
    const options = stdout.flatMap((line) => /^ {2}(?:-\w, )?(--[\w-]+)/.exec(line)?.[1] ?? []);
    const row = new RegExp(`^\\| \`${name}\` \\|.*$`, 'm').exec(page)?.[0] ?? '';
    const documented = [...row.matchAll(/`(--[\w-]+)`/g)].map(([, option]) => option);
    expect(documented.sort()).toEqual(options.filter((option) => option !== '--help').sort());
  },
);

test('every line of a download and of a seed is as the pages say', async () => {
  writeFileSync(bench.path('a.bin'), torrent.data);
  const seed = bench.start([
    'seed',
    'a.bin.torrent',
    '--path',
    '.',
    '--listen',
    '127.0.0.1:0',
    '--json',
    '--alerts',
    'block',
  ]);
  const peer = await seed.line((line) => {
    const alert = JSON.parse(line);
    return alert.type === 'listenSucceeded' ? String(alert.endpoint) : undefined;
  });
  const more = ['--peer', 'no.invalid:1', '--peer', nobody, '--alerts', 'block,log', '--json'];
  const run = await bench.download('a.bin.torrent', '--peer', peer, ...more).end();
  expect(run.exitCode).toBe(0);
  expect(lineProblems(run.stdout, 'download')).toEqual([]);
  seed.kill('SIGTERM');
  const { exitCode, stdout } = await seed.end();
  expect(exitCode).toBe(143);
  expect(lineProblems(stdout, 'seed')).toEqual([]);
});

test('every line of the other commands is as the pages say', async () => {
  mkdirSync(bench.path('none'));
  const hash = torrent.metainfo.info.infoHash.hex;
  const magnet = `magnet:?xt=urn:btih:${hash}&dn=a&tr=http://127.0.0.1:1/a&x.pe=127.0.0.1:1&so=0`;
  for (const [command, ...args] of [
    ['info', 'a.bin.torrent'],
    ['info', magnet],
    ['info', 'none.torrent'],
    ['verify', 'a.bin.torrent', '--path', 'none'],
    ['download', 'a.bin.torrent', '-o', 'out', '--peer', nobody],
    ['swarm', 'nothing'],
    ['swarm', 'loopback'],
  ] as const) {
    const { stdout } = await bench.run(command, ...args, '--json');
    expect([command, ...lineProblems(stdout, command)]).toEqual([command]);
  }
  await bench.run('network', 'init', 'office');
  await bench.run('network', 'issue', 'office', 'Ada', '-o', 'ada.key');
  for (const file of ['office', 'ada.key', 'office/revoked']) {
    const { stdout } = await bench.run('network', 'show', file, '--json');
    expect(lineProblems(stdout, 'network show')).toEqual([]);
  }
});

test('a field, a type or a line that the pages do not have is found', () => {
  const line = (object: object): string => JSON.stringify(object);
  const end = line({ type: 'summary', command: 'seed', exitCode: 0, torrents: [{ name: 1 }], extra: 1 });
  const lines = [line({ type: 'hashFailed', piece: '1', more: 1 }), line({ type: 'nothing' }), end];
  const problems = lineProblems(lines, 'seed');
  for (const problem of [
    'hashFailed.infoHash is missing',
    'hashFailed.piece is no number: "1"',
    'hashFailed.more is not documented',
    "'nothing' is not documented",
    'summary.extra is not documented',
    'summary.torrents[0].name is no string',
    'summary.torrents[0].state is missing',
  ])
    expect(problems).toContain(problem);
});
