import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Endpoint, formatEndpoint, parseEndpoint } from '@peerloom/core';
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

test('two peerloom processes of a closed network share, while a libtorrent that dials both gets nothing', async ({
  arena,
}) => {
  const payload = await arena.payload('large');
  const secret = arena.file('secret');
  await writeFile(secret, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  const closed = ['--listen', '127.0.0.1:0', '--json', '--ext', `closed-network:secret=@${secret}`];
  const listeningOf = async (child: Child): Promise<Endpoint> => {
    const line = await child.line((text) => text.includes('"listenSucceeded"'), 'the command to listen');
    return parseEndpoint((JSON.parse(line) as { readonly endpoint: string }).endpoint);
  };
  const lastOf = (child: Child, type: string, rest = ''): Promise<string> =>
    child.line((text) => text.includes(`"type":"${type}"`) && text.includes(rest), type);

  const limit = ['--limit-up', '8MiB'];
  const seed = arena.run(
    peerloom('seed', payload.torrentPath, '--path', payload.folder, ...limit, ...closed),
  );
  const seedAt = await listeningOf(seed);
  const folder = arena.folder();
  const peer = ['--peer', formatEndpoint(seedAt)];
  const download = arena.run(peerloom('download', payload.torrentPath, ...peer, '-o', folder, ...closed));
  const downloadAt = await listeningOf(download);
  await lastOf(download, 'plugin', '"confirmed"');

  const [byTorrent, byMagnet] = [arena.libtorrent(), arena.libtorrent()];
  const strange = arena.folder();
  await byTorrent.add(payload.torrentPath, strange, { pex: true });
  const link = `magnet:?xt=urn:btih:${payload.metainfo.info.infoHash.hex}`;
  await byMagnet.addMagnet(link, strange, { pex: true });
  for (const stranger of [byTorrent, byMagnet]) {
    await stranger.connect(seedAt);
    await stranger.connect(downloadAt);
  }
  for (const member of [seed, download]) await lastOf(member, 'plugin', 'CLOSED_NETWORK_STRANGER');

  expect(await download.exited()).toBe(0);
  await arena.expectSame(payload, folder);
  for (const stranger of [byTorrent, byMagnet]) {
    expect(await stranger.status()).toMatchObject({ downloadedBytes: 0, uploadedBytes: 0, pieceCount: 0 });
    const { bitfield, have, unchoke, piece, metadata, pex } = await stranger.receivedMessages();
    expect({ bitfield, have, unchoke, piece, metadata, pex }).toEqual({
      bitfield: 0,
      have: 0,
      unchoke: 0,
      piece: 0,
      metadata: 0,
      pex: 0,
    });
  }
  expect((await byMagnet.status()).hasMetadata).toBe(false);
});
