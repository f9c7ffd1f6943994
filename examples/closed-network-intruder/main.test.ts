import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench } from '../example-bench.fake.js';

let bench: ExampleBench;

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

test('a member gets the file, an intruder nothing', async () => {
  const { exitCode, output, problems } = await bench.run('closed-network-intruder');
  expect([exitCode, problems]).toEqual([0, []]);
  expect(output).toContain('bob has the file, byte for byte');
  expect(output.filter((line) => /^(ann|bob): refused/.test(line))).toHaveLength(2);
  expect(output).toContain('the intruder has 0 bytes, 0 pieces, knows no name or size');
  expect(readdirSync(bench.folder)).toEqual([]);
});
