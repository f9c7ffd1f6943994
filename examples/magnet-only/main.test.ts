import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench } from '../example-bench.fake.js';

let bench: ExampleBench;

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

test('one address is enough to find the rest', async () => {
  const { exitCode, output, problems } = await bench.run('magnet-only');
  expect([exitCode, problems]).toEqual([0, []]);
  expect(output).toContain('peers told it what there is: example.bin');
  expect(output).toContainEqual(expect.stringMatching(/ by (peer exchange|incoming)$/));
  expect(output).toContain('newcomer has the file, byte for byte');
  expect(readdirSync(bench.folder)).toEqual([]);
});
