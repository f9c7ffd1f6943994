import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { formatEndpoint } from '@peerloom/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliBench, type CliResult, jsonLines } from './cli-process.fake.js';
import { makeTorrent, StallingSeed } from './stalling-seed.fake.js';

const torrent = makeTorrent('a.bin', 4);
let bench: CliBench;

/** Tells, as an alert, what options it was made with. */
const teller = `
export const secretOptions = ['token'];
export default function make(options) {
  if (options.level === 'bad') throw Object.assign(new RangeError('level is a number'));
  return {
    name: 'teller',
    apiVersion: 1,
    added(session) { session.postAlert('options', { ...options }); },
  };
}
`;

beforeEach(() => {
  bench = new CliBench();
  writeFileSync(bench.path('a.torrent'), torrent.file);
  writeFileSync(bench.path('a.bin'), torrent.data);
  writeFileSync(bench.path('teller.mjs'), teller);
});

afterEach(() => bench.close());

/** Seeds for a moment, so that the session is there. */
function seed(...args: readonly string[]): Promise<CliResult> {
  return bench.run(
    'seed',
    'a.torrent',
    '--path',
    '.',
    '--listen',
    '127.0.0.1:0',
    '--seed-time',
    '0.01',
    ...args,
  );
}

function optionsTold({ stdout }: CliResult): unknown {
  return jsonLines(stdout).find(({ type, plugin }) => type === 'plugin' && plugin === 'teller');
}

test('an extension of a file gets its options, those of files included', async () => {
  writeFileSync(bench.path('token'), 'secret, with a comma\n', { mode: 0o600 });
  const result = await seed('--json', '--ext', './teller.mjs:level=3\\,4,token=@token');
  expect(result).toMatchObject({ exitCode: 0, stderr: [] });
  expect(optionsTold(result)).toMatchObject({
    event: 'options',
    data: { level: '3,4', token: 'secret, with a comma\n' },
  });
});

test('an extension is found as a package of the working folder, by download too', async () => {
  mkdirSync(bench.path('node_modules/teller'), { recursive: true });
  writeFileSync(
    bench.path('node_modules/teller/package.json'),
    JSON.stringify({ name: 'teller', exports: './index.mjs' }),
  );
  writeFileSync(bench.path('node_modules/teller/index.mjs'), teller);
  const result = await bench.run('download', 'a.torrent', '--ext', 'teller:a=b', '--json');
  expect(result.exitCode).toBe(0);
  expect(optionsTold(result)).toMatchObject({ data: { a: 'b' } });
});

test.runIf(process.platform !== 'win32')(
  'a secret that others can read is refused, in one line',
  async () => {
    writeFileSync(bench.path('token'), 'x');
    chmodSync(bench.path('token'), 0o640);
    const { exitCode, stdout, stderr } = await seed('--ext', './teller.mjs:token=@token');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: [] });
    expect(stderr).toEqual([expect.stringMatching(/^peerloom: .*'token'.* \(CLI_EXT_FILE_MODE\)$/)]);
    expect((await seed('--ext', './teller.mjs:level=@token')).exitCode, 'an option that is no secret').toBe(
      0,
    );
  },
);

test.each([
  ['./teller.mjs:token=@none', 'CLI_EXT_FILE'],
  ['./teller.mjs:token=@.', 'CLI_EXT_FILE'],
  ['./teller.mjs:level=bad', 'CLI_EXT_OPTION'],
  ['./teller.mjs:level', 'CLI_EXT_NOT_FOUND'],
  ['./none.mjs', 'CLI_EXT_NOT_FOUND'],
  ['no-such-package-anywhere', 'CLI_EXT_NOT_FOUND'],
  ['./empty.mjs', 'CLI_EXT_INVALID'],
  ['./nothing.mjs', 'CLI_EXT_INVALID'],
  ['./broken.mjs', 'CLI_EXT_LOAD'],
  ['', 'CLI_EXT_SYNTAX'],
])("--ext '%s' is exit code 2 with %s", async (spec, code) => {
  writeFileSync(bench.path('empty.mjs'), 'export {};');
  writeFileSync(bench.path('nothing.mjs'), 'export default () => undefined;');
  writeFileSync(bench.path('broken.mjs'), 'throw new Error("boom");');
  chmodSync(bench.folder, 0o700);
  const { exitCode, stderr } = await seed('--ext', spec);
  expect(stderr).toEqual([expect.stringMatching(new RegExp(`\\(${code}\\)$`))]);
  expect(exitCode).toBe(2);
});

test.each([
  ['smart_ban', []],
  ['ut_metadata', []],
  ['ut_pex', []],
  ['ut-pex', ['--no-ext', 'ut_pex']],
])('%s is a short name, which takes no options', async (name, more) => {
  const { exitCode, stderr } = await seed('--ext', `${name}:a=b`, ...more);
  expect(stderr).toEqual([expect.stringMatching(/there is no option 'a' \(CLI_EXT_OPTION\)$/)]);
  expect(exitCode).toBe(2);
});

test.each([
  [[], ['ut_metadata', 'ut_pex']],
  [['--no-ext', 'ut_pex'], ['ut_metadata']],
  [['--no-ext', 'ut-pex', '--no-ext', 'ut_metadata'], []],
])('download with %j exchanges %j', async (options, names) => {
  const remote = new StallingSeed(torrent, Number.POSITIVE_INFINITY);
  try {
    const peer = formatEndpoint(await remote.listen());
    const { exitCode } = await bench.run('download', 'a.torrent', '-o', 'out', '--peer', peer, ...options);
    expect(exitCode).toBe(0);
    expect([...remote.messageNames].filter((name) => name.startsWith('ut_')).sort()).toEqual(names);
  } finally {
    await remote.stop();
  }
});

test('an extension is loaded once, and --no-ext takes names of default extensions only', async () => {
  const twice = await seed('--ext', './teller.mjs', '--ext', './teller.mjs:a=1');
  expect(twice).toMatchObject({ exitCode: 2, stderr: [expect.stringContaining('(CLI_EXT_DUPLICATE)')] });
  const unknown = await seed('--no-ext', 'teller');
  expect(unknown).toMatchObject({ exitCode: 2, stderr: [expect.stringContaining('(CLI_USAGE)')] });
});

test.each([
  ['smart_ban', 'smart-ban'],
  ['ut_metadata', 'ut_metadata'],
  ['ut_pex', 'ut_pex'],
])('%s is loaded by default, and can be left out', async (option, name) => {
  const named = `export default () => ({ name: '${name}', apiVersion: 1 });`;
  writeFileSync(bench.path('another.mjs'), named);
  const beside = await seed('--ext', './another.mjs');
  expect(beside).toMatchObject({ exitCode: 2, stderr: [expect.stringContaining('(CLI_EXT_DUPLICATE)')] });
  const instead = await seed('--ext', './another.mjs', '--no-ext', option);
  expect(instead).toMatchObject({ exitCode: 0, stderr: [] });
});
