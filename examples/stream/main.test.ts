import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench } from '../example-bench.fake.js';

let bench: ExampleBench;

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

test('the end of a file can be had long before all of it is there', async () => {
  const { bytes, torrentPath, address } = await bench.seed('film.webm', 2_000_000, 400_000);
  let tail: Buffer | undefined;
  const { exitCode, output, problems } = await bench.run(
    'stream',
    [torrentPath, address, 'downloads'],
    (line, child) => {
      const [, url] = /^open (\S+) in a browser/.exec(line) ?? [];
      if (url === undefined) return;
      void fetch(url, { headers: { range: 'bytes=-100000' } }).then(async (response) => {
        tail = Buffer.from(await response.arrayBuffer());
        child.kill('SIGINT');
      });
    },
  );
  expect(tail?.equals(bytes.subarray(-100_000))).toBe(true);
  expect(output).not.toContain('all of it is downloaded');
  expect({ exitCode, problems }).toEqual({ exitCode: 0, problems: [] });
});

test('a torrent that is not there and a bad address are told in one line', async () => {
  const { torrentPath } = await bench.make('some.bin', 100_000);
  const missing = await bench.run('stream', ['none.torrent', '127.0.0.1:1', 'downloads']);
  expect(missing).toMatchObject({ exitCode: 1, problems: [expect.stringContaining('none.torrent')] });
  const misdirected = await bench.run('stream', [torrentPath, 'nowhere', 'downloads']);
  expect(misdirected).toMatchObject({ exitCode: 1, problems: [expect.stringContaining('nowhere')] });
});
