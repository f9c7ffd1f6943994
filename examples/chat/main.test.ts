import type { ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench, type ExampleResult } from '../example-bench.fake.js';

let bench: ExampleBench;

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

test('two terminals talk', async () => {
  const { torrentPath } = await bench.make('talk.bin', 100_000);
  let bob: Promise<ExampleResult> | undefined;
  const ada = await bench.run('chat', ['ada', torrentPath, dirname(torrentPath)], (line, child) => {
    const [, address] = /^\* others reach you at (\S+)$/.exec(line) ?? [];
    if (address !== undefined) {
      const answer = (heard: string, terminal: ChildProcess): void => {
        if (heard === 'ada: is anybody there?') terminal.stdin?.end('\u001b[2Jbob is\n');
      };
      bob = bench.run('chat', ['bob', torrentPath, 'bob', address], answer);
    }
    if (line === '* somebody has joined') child.stdin?.write('is anybody there?\n');
    if (line.startsWith('bob:')) child.kill('SIGINT');
  });
  expect(ada.output.at(-1)).toBe('bob: ?[2Jbob is');
  expect(ada.exitCode).toBe(0);
  expect((await bob)?.exitCode).toBe(0);
});

test('without arguments it says how it is used', async () => {
  expect(await bench.run('chat')).toEqual({
    exitCode: 2,
    output: [],
    problems: ['usage: chat NAME TORRENT-FILE FOLDER [HOST:PORT]'],
  });
});

test('a torrent that is not there and a bad address are told in one line', async () => {
  const { torrentPath } = await bench.make('some.bin', 100_000);
  const missing = await bench.run('chat', ['ada', 'none.torrent', 'ada']);
  expect(missing).toMatchObject({ exitCode: 1, problems: [expect.stringContaining('none.torrent')] });
  const misdirected = await bench.run('chat', ['ada', torrentPath, 'ada', 'nowhere']);
  expect(misdirected).toMatchObject({ exitCode: 1, problems: [expect.stringContaining('nowhere')] });
});
