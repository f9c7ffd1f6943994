import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench } from '../example-bench.fake.js';

let bench: ExampleBench;

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

test('three find each other from one address, and end with the file', async () => {
  const { exitCode, output, problems } = await bench.run('all-extensions');
  expect([exitCode, problems]).toEqual([0, []]);
  for (const name of ['ann', 'bob', 'cleo']) {
    expect(output).toContain(`${name}: somebody has proved to know the secret`);
    expect(output).toContain(`${name}: it is called example.bin`);
    expect(output).toContain(`${name} has the file, byte for byte`);
  }
  expect(output).toContainEqual(expect.stringMatching(/^(ann|bob|cleo): hears of \d others$/));
  expect(readdirSync(bench.folder)).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it, and nothing stays behind', async (signal) => {
  const { exitCode, problems } = await bench.run('all-extensions', [], (line, child) => {
    if (line.includes('it is called')) child.kill(signal);
  });
  expect([exitCode, problems]).toEqual([1, ['interrupted']]);
  expect(readdirSync(bench.folder)).toEqual([]);
});
