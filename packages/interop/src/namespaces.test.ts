import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTorrent } from '@peerloom/core';
import { describe, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../../examples/dist/namespaces.js', import.meta.url));
const command = fileURLToPath(new URL('../../cli/bin/peerloom.js', import.meta.url));
const isRoot = process.getuid?.() === 0;

/** Interfaces and namespaces of this machine, and what is mounted. */
function outside(): string {
  const told = ['ip -brief link', 'ip netns list', 'cat /proc/mounts'].map((line) => {
    const [name = '', ...args] = line.split(' ');
    return spawnSync(name, args, { encoding: 'utf8' }).stdout;
  });
  return told.join('\n');
}

/** Runs the example; `onLine` may end it. */
async function run(
  args: readonly string[],
  onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  const problems: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(line);
    onLine(line, (signal) => child.kill(signal));
  });
  createInterface({ input: child.stderr }).on('line', (line) => problems.push(line));
  const [exitCode] = await once(child, 'close');
  return { exitCode, output, problems };
}

describe.runIf(isRoot)('hosts as network namespaces', () => {
  test('a seed and leeches with addresses and links of their own find each other by a tracker', async () => {
    const before = outside();
    const { exitCode, output } = await run([
      '--leeches',
      '3',
      '--rate',
      '20',
      '--delay',
      '10',
      '--size',
      '4',
    ]);
    expect(output.at(-1)).toMatch(/^3 of 3 copies have the SHA-1 of the original/);
    expect(
      output.filter((line) => /^leech-\d +\d+\.\d s, \d+\.\d\d times the ideal/.test(line)),
    ).toHaveLength(3);
    expect(exitCode).toBe(0);
    expect(outside()).toBe(before);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    '%s in the middle leaves nothing behind',
    async (signal) => {
      const before = outside();
      const { exitCode, problems } = await run(
        ['--leeches', '3', '--rate', '2', '--size', '64'],
        (line, kill) => {
          if (line.startsWith('3 leeches')) kill(signal);
        },
      );
      if (signal !== 'SIGKILL')
        expect({ exitCode, problems }).toEqual({ exitCode: 130, problems: ['namespaces: interrupted'] });
      expect(outside()).toBe(before);
      expect(spawnSync('pgrep', ['-f', '/run/peerloom/'], { encoding: 'utf8' }).stdout).toBe('');
    },
  );

  test('what makes no sense is told in one line', async () => {
    const { exitCode, problems } = await run(['--leeches', 'many']);
    expect(problems).toEqual([expect.stringMatching(/^namespaces: --leeches: usage: /)]);
    expect(exitCode).toBe(2);
  });
});

test.runIf(isRoot)('the command stops cleanly on SIGTERM as process 1, as in a container', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peerloom-interop-'));
  try {
    await writeFile(join(folder, 'data.bin'), new Uint8Array(100_000));
    await writeFile(join(folder, 'data.torrent'), await createTorrent(join(folder, 'data.bin')));
    const seed = [
      'seed',
      'data.torrent',
      '--path',
      '.',
      '--listen',
      '127.0.0.1:0',
      '--state',
      'state',
      '--json',
    ];
    const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', process.execPath, command, ...seed], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (!line.includes('"listenSucceeded"')) return;
      const inner = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout.trim();
      process.kill(Number(inner), 'SIGTERM');
    });
    const [exitCode] = await once(child, 'close');
    expect(exitCode).toBe(143);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'summary', exitCode: 143 });
    const [infoHash = ''] = await readdir(join(folder, '.peerloom'));
    const kept = await readdir(join(folder, '.peerloom', infoHash));
    expect(kept).toContain('resume');
    expect(kept).not.toContain('lock');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
