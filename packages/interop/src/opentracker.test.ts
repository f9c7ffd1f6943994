import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from './arena/arena.js';
import { Child } from './engines/child.js';
import { findFreePort } from './engines/free-port.js';

const manifestPath = createRequire(import.meta.url).resolve('peerloom/package.json');
const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8')) as {
  readonly bin: { readonly peerloom: string };
};

function peerloom(...args: readonly string[]): Child {
  return new Child(process.execPath, [join(dirname(manifestPath), bin.peerloom), ...args]);
}

describe.each(['http', 'udp'])('opentracker over %s', (scheme) => {
  const urlAt = (port: number): string => `${scheme}://127.0.0.1:${port}/announce`;

  test('two peerloom processes find each other', async ({ arena }) => {
    const port = await findFreePort();
    const payload = await arena.payload('tree', { trackers: [[urlAt(port)]] });
    await arena.opentracker(port, [payload.metainfo.info.infoHash]);
    const seed = arena.run(
      peerloom('seed', payload.torrentPath, '--path', payload.folder, '--listen', '127.0.0.1:0', '--json'),
    );
    await seed.line((line) => line.includes('"event":"reply"'), 'the seed to be known to the tracker');
    const folder = arena.folder();
    const leech = arena.run(peerloom('download', payload.torrentPath, '-o', folder, '--timeout', '60'));
    expect(await leech.exited()).toBe(0);
    await arena.expectSame(payload, folder);
  });

  test('peerloom download gets the same bytes from a libtorrent that only the tracker knows', async ({
    arena,
  }) => {
    const port = await findFreePort();
    const payload = await arena.payload('tree', { trackers: [[urlAt(port)]] });
    await arena.opentracker(port, [payload.metainfo.info.infoHash]);
    const seed = arena.libtorrent();
    await seed.add(payload.torrentPath, payload.folder);
    const folder = arena.folder();
    const leech = arena.run(peerloom('download', payload.torrentPath, '-o', folder, '--timeout', '60'));
    expect(await leech.exited()).toBe(0);
    await arena.expectSame(payload, folder);
  });
});
