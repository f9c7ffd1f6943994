import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliBench, type CliResult, jsonLines, summaryOf } from './cli-process.fake.js';
import { makeTorrent } from './stalling-seed.fake.js';

const torrent = makeTorrent('a.bin', 64);
const isPosix = process.platform !== 'win32';
const secret = 'q2Kc5vO2H1s2yqkQm8c1W0c3s9e1xVQe7bM4uZ0kJ6A=\n';
let bench: CliBench;

beforeEach(() => {
  bench = new CliBench();
});

afterEach(() => bench.close());

const modeOf = (name: string): number => statSync(bench.path(name)).mode & 0o777;
const oneLine = (code: string) => [expect.stringMatching(new RegExp(`^peerloom: .* \\(${code}\\)$`))];

/** The value of a row that `network` prints. */
function rowOf(lines: readonly string[], label: string): string {
  return lines.find((line) => line.startsWith(`${label} `))?.slice(12) ?? '';
}

async function issue(name: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await bench.run(
    'network',
    'issue',
    'office',
    name,
    '-o',
    `${name}.key`,
    ...args,
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
  return stdout;
}

describe('peerloom network', () => {
  test('makes an authority, members and revocation lists, and shows them without what is secret', async () => {
    const init = await bench.run('network', 'init', 'office');
    expect(init).toMatchObject({
      exitCode: 0,
      stderr: [],
      stdout: [expect.stringMatching(/^office: authority of network [0-9a-f]{64}$/)],
    });
    const network = init.stdout[0]?.slice(-64);
    const ada = await issue('Ada');
    const bob = await issue('Bob', '--permissions', 'upload', '--days', '30');
    expect([rowOf(ada, 'name'), rowOf(ada, 'may'), rowOf(ada, 'network')]).toEqual([
      'Ada',
      'download, upload',
      network,
    ]);
    expect(rowOf(bob, 'may')).toBe('upload');
    if (isPosix)
      expect(['office/authority', 'office/issued', 'Ada.key'].map(modeOf)).toEqual([0o600, 0o600, 0o600]);

    const shown = await bench.run('network', 'show', 'Ada.key');
    expect(shown).toMatchObject({ exitCode: 0, stdout: ada });
    const key = /^key (.*)$/m.exec(readFileSync(bench.path('Ada.key'), 'utf8'))?.[1];
    expect(key).toHaveLength(64);
    expect(shown.stdout.join('\n')).not.toContain(key);

    const serials = [rowOf(ada, 'serial'), rowOf(bob, 'serial')];
    const revoked = await bench.run('network', 'revoke', 'office', 'Ada.key', serials[1] ?? '');
    expect(revoked).toMatchObject({ exitCode: 0, stderr: [] });
    const list = await bench.run('network', 'show', 'office/revoked', '--json');
    expect(jsonLines(list.stdout)).toMatchObject([
      { type: 'summary', exitCode: 0, kind: 'revoked', network, number: 2, serials: [...serials].sort() },
    ]);
    const folder = await bench.run('network', 'show', 'office', '--json');
    expect(jsonLines(folder.stdout)).toMatchObject([
      {
        kind: 'authority',
        network,
        issued: [
          { serial: serials[0], name: 'Ada' },
          { serial: serials[1], name: 'Bob' },
        ],
      },
    ]);
    expect(readdirSync(bench.path('office')).sort()).toEqual(['authority', 'issued', 'revoked']);
  });

  test('makes no revocation list anew where the one before is missing', async () => {
    await bench.run('network', 'init', 'office');
    await issue('Ada');
    rmSync(bench.path('office/revoked'));
    expect(await bench.run('network', 'revoke', 'office', 'Ada.key')).toEqual({
      exitCode: 2,
      stdout: [],
      stderr: oneLine('CLI_NETWORK_FILE'),
    });
    expect(readdirSync(bench.path('office')).sort()).toEqual(['authority', 'issued']);
  });

  test('revokes only what it has issued', async () => {
    await bench.run('network', 'init', 'office');
    await issue('Ada');
    const list = readFileSync(bench.path('office/revoked'), 'utf8');
    expect(await bench.run('network', 'revoke', 'office', 'Ada.key', '00'.repeat(16))).toEqual({
      exitCode: 2,
      stdout: [],
      stderr: oneLine('CLI_NETWORK_MEMBER'),
    });
    expect(readFileSync(bench.path('office/revoked'), 'utf8')).toBe(list);
  });

  test('goes on revoking where it has issued very many', async () => {
    await bench.run('network', 'init', 'office');
    await issue('Ada');
    const serials = Array.from({ length: 40_000 }, (_, i) => i.toString(16).padStart(32, '0'));
    appendFileSync(bench.path('office/issued'), serials.map((serial) => `${serial} somebody\n`).join(''));
    const { exitCode, stderr } = await bench.run('network', 'revoke', 'office', 'Ada.key');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
    expect(await bench.run('network', 'show', 'office')).toMatchObject({ exitCode: 0, stderr: [] });
  });

  test('remembers all that are issued at once, and revokes nothing beside another command', async () => {
    await bench.run('network', 'init', 'office');
    const names = ['Ada', 'Bob', 'Cy', 'Di', 'Ed', 'Flo'];
    await Promise.all(names.map((name) => issue(name)));
    const lines = readFileSync(bench.path('office/issued'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => line.slice(33)).sort()).toEqual(names);
    writeFileSync(bench.path('office/lock'), '');
    const list = readFileSync(bench.path('office/revoked'), 'utf8');
    expect(await bench.run('network', 'revoke', 'office', 'Ada.key')).toEqual({
      exitCode: 2,
      stdout: [],
      stderr: oneLine('CLI_NETWORK_BUSY'),
    });
    expect(readFileSync(bench.path('office/revoked'), 'utf8')).toBe(list);
  });

  test('writes over nothing', async () => {
    await bench.run('network', 'init', 'office');
    const before = readFileSync(bench.path('office/authority'), 'utf8');
    expect(await bench.run('network', 'init', 'office')).toMatchObject({
      exitCode: 2,
      stderr: oneLine('CLI_OUTPUT_EXISTS'),
    });
    expect(readFileSync(bench.path('office/authority'), 'utf8')).toBe(before);
    writeFileSync(bench.path('Ada.key'), 'mine');
    const again = await bench.run('network', 'issue', 'office', 'Ada', '-o', 'Ada.key');
    expect(again).toMatchObject({ exitCode: 2, stderr: oneLine('CLI_OUTPUT_EXISTS') });
    expect(readFileSync(bench.path('Ada.key'), 'utf8')).toBe('mine');
  });

  test.runIf(isPosix)('refuses keys that others can read', async () => {
    await bench.run('network', 'init', 'office');
    await issue('Ada');
    chmodSync(bench.path('Ada.key'), 0o640);
    const refused = { exitCode: 2, stdout: [], stderr: oneLine('CLI_NETWORK_FILE_MODE') };
    expect(await bench.run('network', 'show', 'Ada.key')).toEqual(refused);
    chmodSync(bench.path('office/authority'), 0o604);
    expect(await bench.run('network', 'issue', 'office', 'Bob', '-o', 'Bob.key')).toEqual(refused);
    expect(await bench.run('network', 'revoke', 'office', '00'.repeat(16))).toEqual(refused);
  });

  test.each([
    [['issue', 'none', 'Ada', '-o', 'x'], 'CLI_FOLDER'],
    [['issue', 'office', '', '-o', 'x'], 'CLOSED_NETWORK_NAME'],
    [['issue', 'office', 'Ada', '-o', 'x', '--days', '0'], 'CLI_NETWORK_DAYS'],
    [['issue', 'office', 'Ada', '-o', 'x', '--permissions', 'rule'], 'CLI_NETWORK_PERMISSIONS'],
    [['issue', 'office', 'Ada'], 'CLI_USAGE'],
    [['revoke', 'office', 'none.key'], 'CLI_NETWORK_FILE'],
    [['revoke', 'office', 'office/revoked'], 'CLI_NETWORK_MEMBER'],
    [['show', 'none'], 'CLI_NETWORK_FILE'],
    [['show', 'text'], 'CLOSED_NETWORK_FILE'],
    [['init', 'text'], 'CLI_FOLDER'],
    [['burn'], 'CLI_USAGE'],
  ])('network %j is exit code 2 with %s', async (args, code) => {
    await bench.run('network', 'init', 'office');
    writeFileSync(bench.path('text'), 'nothing of a network', { mode: 0o600 });
    expect(await bench.run('network', ...args)).toEqual({ exitCode: 2, stdout: [], stderr: oneLine(code) });
    expect(readdirSync(bench.folder)).not.toContain('x');
  });
});

test('files that were saved with CRLF and a mark of UTF-8 are read like others', async () => {
  await bench.run('network', 'init', 'office');
  await issue('Ada');
  const paths = ['office/authority', 'office/revoked', 'Ada.key'];
  const show = () => Promise.all(paths.map((path) => bench.run('network', 'show', path)));
  const before = await show();
  expect(before.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  for (const path of [...paths, 'office/issued']) {
    const text = readFileSync(bench.path(path), 'utf8').replaceAll('\n', '\r\n');
    writeFileSync(bench.path(path), `${path === 'office/issued' ? '' : '\ufeff'}${text}`);
  }
  expect(await show()).toEqual(before);
  const folder = await bench.run('network', 'show', 'office');
  expect(folder.stdout.join('|')).toMatch(/ Ada(\||$)/);
  expect(await bench.run('network', 'revoke', 'office', 'Ada.key')).toMatchObject({
    exitCode: 0,
    stderr: [],
  });
  const revoked = await bench.run('network', 'show', 'office/revoked', '--json');
  expect(summaryOf(revoked.stdout).serials).toHaveLength(1);
});

describe('--ext closed-network', () => {
  beforeEach(() => {
    writeFileSync(bench.path('a.torrent'), torrent.file);
    writeFileSync(bench.path('a.bin'), torrent.data);
  });

  async function startSeed(options: string) {
    const seed = bench.start([
      'seed',
      'a.torrent',
      '--path',
      '.',
      '--listen',
      '127.0.0.1:0',
      '--ext',
      `closed-network:${options}`,
      '--json',
    ]);
    const peer = await seed.line((line) =>
      /"type":"listening".*"endpoint":"([^"]+)"|"endpoint":"(127\.0\.0\.1:\d+)"/
        .exec(line)
        ?.slice(1)
        .find(Boolean),
    );
    return { seed, peer };
  }

  const download = (peer: string, folder: string, ...args: readonly string[]) =>
    bench.run('download', 'a.torrent', '-o', folder, '--peer', peer, '--timeout', '20', ...args);

  test('members share, strangers get nothing, and who is revoked meanwhile is closed', async () => {
    await bench.run('network', 'init', 'office');
    for (const name of ['seed', 'Ada']) await issue(name);
    const { seed, peer } = await startSeed('member=@seed.key,revoked=@office/revoked');
    const stranger = await bench.run(
      'download',
      'a.torrent',
      '-o',
      'stranger',
      '--peer',
      peer,
      '--timeout',
      '3',
    );
    expect(stranger.exitCode).not.toBe(0);
    const member = await download(peer, 'got', '--ext', 'closed-network:member=@Ada.key', '--json');
    expect(member.exitCode).toBe(0);
    expect(readFileSync(bench.path('got/a.bin')).equals(Buffer.from(torrent.data))).toBe(true);
    expect(jsonLines(member.stdout).some(({ event }) => event === 'confirmed')).toBe(true);

    const confirmed = () => seed.lines.filter((line) => line.includes('"confirmed"')).length;
    const before = confirmed();
    const late = bench.start([
      ...['download', 'a.torrent', '-o', 'late', '--peer', peer, '--limit-down', '16KiB'],
      ...['--ext', 'closed-network:member=@Ada.key'],
    ]);
    await seed.line(() => (confirmed() > before ? true : undefined));
    await bench.run('network', 'revoke', 'office', 'Ada.key');
    await seed.line((line) => (line.includes('CLOSED_NETWORK_REVOKED') ? true : undefined));
    late.kill('SIGKILL');
    seed.kill('SIGINT');
    expect((await seed.end()).exitCode).toBe(130);
  });

  test('a seed and a download with one secret share by magnet link, and other processes stay at zero', async () => {
    for (const name of ['here', 'there']) writeFileSync(bench.path(name), secret, { mode: 0o600 });
    const { seed, peer } = await startSeed('secret=@here');
    const link = `magnet:?xt=urn:btih:${torrent.metainfo.info.infoHash.hex}`;
    const started = bench.start([
      ...['download', link, '-o', 'got', '--peer', peer, '--limit-down', '192KiB'],
      ...['--ext', 'closed-network:secret=@there'],
    ]);
    // All have one address, which is not listened to for a while after a few failures.
    await seed.line((line) => (line.includes('"confirmed"') ? true : undefined));
    const others = await Promise.all(
      [link, 'a.torrent'].map((what, index) =>
        bench.run('download', what, '-o', `other-${index}`, '--peer', peer, '--timeout', '3', '--json'),
      ),
    );
    const member = await started.end();
    expect(member).toMatchObject({ exitCode: 0, stderr: [] });
    expect(readFileSync(bench.path('got/a.bin')).equals(Buffer.from(torrent.data))).toBe(true);
    for (const { exitCode, stdout } of others) {
      expect(exitCode).not.toBe(0);
      const types = jsonLines(stdout).map(({ type }) => type);
      expect(types).toContain('peerDisconnected');
      expect(types).not.toContain('metadataReceived');
      expect(types).not.toContain('pieceFinished');
    }
    expect(summaryOf(others[1]?.stdout ?? [])).toMatchObject({
      torrents: [{ downloadedBytes: 0, haveBytes: 0 }],
    });
    expect(['other-0/a.bin', 'other-1/a.bin'].filter((path) => existsSync(bench.path(path)))).toEqual([]);
    await seed.line((line) => (line.includes('CLOSED_NETWORK_STRANGER') ? true : undefined));
    seed.kill('SIGINT');
    const { stdout } = await seed.end();
    expect(summaryOf(stdout)).toMatchObject({ torrents: [{ uploadedBytes: torrent.data.length }] });
  });

  test('a download whose secret cannot be used connects to nobody', async () => {
    writeFileSync(bench.path('short'), 'c2hvcnQgU2VjcmV0\n', { mode: 0o600 });
    const connected: unknown[] = [];
    const server = createServer((socket) => {
      connected.push(socket.remoteAddress);
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const result = await download(`127.0.0.1:${port}`, 'got', '--ext', 'closed-network:secret=@short');
    expect(result).toEqual({ exitCode: 2, stdout: [], stderr: oneLine('CLOSED_NETWORK_SECRET_SHORT') });
    expect(connected).toEqual([]);
    server.close();
    await once(server, 'close');
  });

  test('a file that becomes wrong is a warning, and what was read before stays', async () => {
    writeFileSync(bench.path('secret'), secret, { mode: 0o600 });
    const { seed, peer } = await startSeed('secret=@secret');
    writeFileSync(bench.path('secret'), 'open sesame');
    await seed.line((line) => (line.includes('CLOSED_NETWORK_SECRET_ENCODING') ? true : undefined));
    writeFileSync(bench.path('same'), secret, { mode: 0o600 });
    expect((await download(peer, 'got', '--ext', 'closed-network:secret=@same')).exitCode).toBe(0);
  });

  test.each([
    ['', 'CLOSED_NETWORK_OPTION'],
    [':secret=@none', 'CLI_EXT_FILE'],
    [':secret=@empty', 'CLOSED_NETWORK_SECRET_EMPTY'],
    [':secret=@short', 'CLOSED_NETWORK_SECRET_SHORT'],
    [':secret=@words', 'CLOSED_NETWORK_SECRET_ENCODING'],
    [':secret=@wide', 'CLI_EXT_FILE'],
    [':secret=@good,encryption=maybe', 'CLOSED_NETWORK_OPTION'],
    [':member=@good', 'CLOSED_NETWORK_FILE'],
    [':member=@seed.key,revoked=@other/revoked', 'CLOSED_NETWORK_FOREIGN'],
    [':member=@mixed.key', 'CLOSED_NETWORK_FOREIGN'],
    ...(isPosix
      ? [
          [':secret=@open', 'CLI_EXT_FILE_MODE'],
          [':member=@open.key', 'CLI_EXT_FILE_MODE'],
        ]
      : []),
  ])("'%s' is exit code 2 with %s, before any socket is open", async (options, code) => {
    const write = (name: string, text: string, mode = 0o600): void =>
      writeFileSync(bench.path(name), text, { mode });
    write('empty', '\n');
    write('short', 'c2hvcnQgU2VjcmV0\n');
    write('words', 'correct horse battery staple\n');
    write('good', secret);
    writeFileSync(bench.path('wide'), Buffer.from(`\ufeff${secret}`, 'utf16le'), { mode: 0o600 });
    write('open', secret, 0o644);
    await bench.run('network', 'init', 'office');
    await bench.run('network', 'init', 'other');
    await issue('seed');
    const seedKey = readFileSync(bench.path('seed.key'), 'utf8');
    write('open.key', seedKey, 0o644);
    // A member's key and certificate, with another authority than the one that has signed it.
    await bench.run('network', 'issue', 'other', 'Eve', '-o', 'eve.key');
    const [, foreign = ''] = /^(authority .*)$/m.exec(readFileSync(bench.path('eve.key'), 'utf8')) ?? [];
    write('mixed.key', seedKey.replace(/^authority .*$/m, foreign));

    // Whoever tries to listen here says that the port is taken.
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const seedWith = (spec: string): Promise<CliResult> =>
      bench.run('seed', 'a.torrent', '--path', '.', '--listen', `127.0.0.1:${port}`, '--ext', spec);
    const result = await seedWith(`closed-network${options}`);
    expect(result).toEqual({ exitCode: 2, stdout: [], stderr: oneLine(code as string) });
    expect((await seedWith('closed-network:secret=@good')).stderr.join()).toContain('NETWORK_ADDRESS_IN_USE');
    taken.close();
    await once(taken, 'close');
  });
});
