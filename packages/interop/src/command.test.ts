import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { formatEndpoint, parseEndpoint } from '@peerloom/core';
import { expect } from 'vitest';
import { test } from './arena/arena.js';
import { Child } from './engines/child.js';

const manifestPath = createRequire(import.meta.url).resolve('peerloom/package.json');
const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8')) as {
  readonly bin: { readonly peerloom: string };
};

/** The `peerloom` command, as an installed package runs it. */
function peerloom(...args: readonly string[]): Child {
  return new Child(process.execPath, [join(dirname(manifestPath), bin.peerloom), ...args]);
}

test('peerloom download gets the same bytes from libtorrent, and has nothing to do then', async ({
  arena,
}) => {
  const payload = await arena.payload('tree');
  const seed = arena.libtorrent();
  await seed.add(payload.torrentPath, payload.folder);
  const folder = arena.folder();
  const peer = formatEndpoint(await seed.listening());
  const args = ['download', payload.torrentPath, '--peer', peer, '-o', folder];
  expect(await arena.run(peerloom(...args)).exited()).toBe(0);
  await arena.expectSame(payload, folder);
  await seed.stop();
  expect(await arena.run(peerloom(...args)).exited()).toBe(0);
  await arena.expectSame(payload, folder);
});

test('peerloom download gets what a magnet link stands for from libtorrent', async ({ arena }) => {
  const payload = await arena.payload('tree');
  const seed = arena.libtorrent();
  await seed.add(payload.torrentPath, payload.folder);
  const folder = arena.folder();
  const peer = formatEndpoint(await seed.listening());
  const link = `magnet:?xt=urn:btih:${payload.metainfo.info.infoHash.hex}`;
  const args = ['download', link, '--peer', peer, '-o', folder];
  expect(await arena.run(peerloom(...args)).exited()).toBe(0);
  await arena.expectSame(payload, folder);
});

test('peerloom seed gives libtorrent the same bytes', async ({ arena }) => {
  const payload = await arena.payload('tree');
  const leech = arena.libtorrent();
  const folder = arena.folder();
  await leech.add(payload.torrentPath, folder);
  const listen = ['--listen', '127.0.0.1:0', '--json'];
  const seed = arena.run(peerloom('seed', payload.torrentPath, '--path', payload.folder, ...listen));
  const line = await seed.line((text) => text.includes('"listenSucceeded"'), 'the command to listen');
  const { endpoint } = JSON.parse(line) as { readonly endpoint: string };
  await leech.connect(parseEndpoint(endpoint));
  await leech.finished();
  await arena.expectSame(payload, folder);
});
