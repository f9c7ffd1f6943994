import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench } from '../example-bench.fake.js';

let bench: ExampleBench;
const infoHash = 'ab'.repeat(20);

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

function announce(url: string, hash: string, port: number): Promise<string> {
  const bytes = hash.replace(/../g, '%$&');
  const id = 'p'.repeat(16) + String(port);
  const query = `info_hash=${bytes}&peer_id=${id}&port=${port}&uploaded=0&downloaded=0&left=7&compact=1&event=started`;
  return fetch(`${url}?${query}`).then((response) => response.text());
}

test('peers of its torrents are told of each other, and others are turned away', async () => {
  let second = '';
  let stranger = '';
  const { exitCode, output, problems } = await bench.run(
    'tracker',
    ['127.0.0.1:0', infoHash],
    (line, child) => {
      if (!line.startsWith('http:')) return;
      void (async () => {
        await announce(line, infoHash, 1001);
        second = await announce(line, infoHash, 1002);
        stranger = await announce(line, 'cd'.repeat(20), 1003);
        child.kill('SIGINT');
      })();
    },
  );
  expect(second).toContain('5:peers6:');
  expect(stranger).toContain('14:failure reason');
  expect(output).toContainEqual(
    expect.stringMatching(/^127\.0\.0\.1:1002 started, lacks 7 bytes, told of 1 peers$/),
  );
  expect({ exitCode, problems }).toEqual({ exitCode: 0, problems: [] });
});

test('an address that cannot be had is told in one line', async () => {
  const { exitCode, problems } = await bench.run('tracker', ['not an address']);
  expect(exitCode).toBe(1);
  expect(problems).toHaveLength(1);
});

test('where UDP cannot be had it ends, although HTTP was there', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { exitCode, problems } = await bench.run('tracker', [`127.0.0.1:${socket.address().port}`]);
  socket.close();
  expect(exitCode).toBe(1);
  expect(problems).toEqual([expect.stringContaining('EADDRINUSE')]);
});
