import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench } from '../example-bench.fake.js';

let bench: ExampleBench;

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

test('who sends wrong bytes is banned, and nobody else', async () => {
  const { exitCode, output, problems } = await bench.run('poisoner');
  expect([exitCode, problems]).toEqual([0, []]);
  expect(output).toContainEqual(expect.stringMatching(/^piece \d+ is wrong$/));
  expect(output).toContain('the poisoner is banned, and nobody else');
  expect(output).toContain('leech has the file, byte for byte');
  expect(readdirSync(bench.folder)).toEqual([]);
});
