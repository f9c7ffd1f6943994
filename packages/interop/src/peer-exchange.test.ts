import { formatEndpoint } from '@peerloom/core';
import { utPex } from '@peerloom/ut-pex';
import { describe, expect } from 'vitest';
import { test } from './arena/arena.js';

// Nobody has any data, so that no connection ends because it is of no use.
describe('peer exchange', () => {
  test('Peerloom tells libtorrents of each other', async ({ arena }) => {
    const payload = await arena.payload('odd');
    const hub = arena.peerloom({ extensions: [utPex()] });
    await hub.add(payload.metainfo);
    const address = await hub.session.listen('127.0.0.1:0');
    const [one, two] = [arena.libtorrent(), arena.libtorrent()];
    for (const libtorrent of [one, two]) {
      await libtorrent.add(payload.torrentPath, arena.folder(), { pex: true });
      await libtorrent.connect(address);
    }
    const endpoints = [formatEndpoint(await one.listening()), formatEndpoint(await two.listening())];
    // Which of the two dials first is chance.
    await expect
      .poll(async () => [...(await one.peers()), ...(await two.peers())].map(({ endpoint }) => endpoint), {
        timeout: 30_000,
        interval: 200,
      })
      .toSatisfy((connected: readonly string[]) =>
        endpoints.some((endpoint) => connected.includes(endpoint)),
      );
  });

  test('libtorrent tells Peerlooms of each other', async ({ arena }) => {
    const payload = await arena.payload('odd');
    const hub = arena.libtorrent();
    await hub.add(payload.torrentPath, arena.folder(), { pex: true });
    const address = await hub.listening();
    const sessions = [arena.peerloom({ extensions: [utPex()] }), arena.peerloom({ extensions: [utPex()] })];
    const endpoints: string[] = [];
    for (const session of sessions) {
      await session.add(payload.metainfo);
      endpoints.push(formatEndpoint(await session.session.listen('127.0.0.1:0')));
      session.connect(address);
    }
    // It tells once a minute, whenever a peer has come.
    await expect
      .poll(() => sessions.flatMap((session) => session.peers()).filter(({ source }) => source === 'pex'), {
        timeout: 90_000,
        interval: 200,
      })
      .toSatisfy((learned: readonly { readonly endpoint: Parameters<typeof formatEndpoint>[0] }[]) =>
        learned.some(({ endpoint }) => endpoints.includes(formatEndpoint(endpoint))),
      );
  });
});
