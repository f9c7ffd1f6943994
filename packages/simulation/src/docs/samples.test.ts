import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatEndpoint, MemoryStorage, Session } from '@peerloom/core';
import type { TorrentPluginFactory } from '@peerloom/core/plugin';
import { makeTestTorrent, runSwarm, type SwarmPeer } from '@peerloom/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { codeBlocks } from './markdown.js';
import { mentionsModule } from './mentions.js';
import { readDocument } from './repository.js';
import { compileSamples, importSample, runNode, type Sample } from './samples.js';

const tutorial = readDocument('docs/WRITING-AN-EXTENSION.md').text;
const latencySource = codeBlocks(tutorial).find(({ name }) => name === 'latency')?.code ?? '';
const samples = await compileSamples({ latency: latencySource, mentions: mentionsModule() });
const folder = mkdtempSync(join(tmpdir(), 'peerloom-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The alerts of extensions that a peer of a swarm has seen, by event. */
function eventsOf(peer: SwarmPeer): { readonly event: string; readonly data: unknown }[] {
  const events: { readonly event: string; readonly data: unknown }[] = [];
  peer.session.on('plugin', ({ event, data }) => events.push({ event, data }));
  return events;
}

describe('samples in the documentation', () => {
  it('type-check against the built packages, as do the names that the text mentions', () => {
    expect(samples.errors).toBe('');
    expect(samples.all.length).toBeGreaterThanOrEqual(8);
  });

  it('README: what extends fits into ten lines and more, what teaches into thirty', () => {
    expect(linesOf(samples.named('download'))).toBeLessThanOrEqual(14);
    expect(linesOf(samples.named('extend'))).toBeLessThanOrEqual(14);
    expect(linesOf(samples.named('latency'))).toBeLessThanOrEqual(30);
  });

  it.each(['download', 'core-download'])('%s: downloads a file', async (name) => {
    const content = makeTestTorrent({ seed: name, lengthBytes: 300_000 });
    const cwd = join(folder, name);
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'example.torrent'), content.metainfoBytes);
    const storage = new MemoryStorage();
    storage.put('content', content.data);
    const seed = new Session({ storage });
    const listening = await seed.listen('127.0.0.1:0');
    await seed.addTorrent({ torrent: content.metainfo }).checked();
    const { file } = samples.named(name);
    const script = readFileSync(file, 'utf8').replace('127.0.0.1:6881', formatEndpoint(listening));
    writeFileSync(file, script);
    const { code, output } = await runNode([file], cwd);
    await seed.stop();
    expect({ code, output }).toEqual({
      code: 0,
      output: name === 'download' ? `content: ${content.data.length} bytes\n` : '',
    });
    expect(Buffer.compare(readFileSync(join(cwd, 'downloads/content')), content.data)).toBe(0);
  });

  it('extend: tells who sent a part of each piece', async () => {
    const { credits } = await importSample<{ credits: TorrentPluginFactory }>(samples.named('extend'));
    await runSwarm({}, async (swarm) => {
      const seed = await swarm.addSeed({ settings: { clientName: 'Example 1' } });
      const leech = await swarm.addLeech({ extensions: [credits], connectTo: [seed] });
      const events = eventsOf(leech);
      await swarm.runUntilComplete();
      const pieces = Array.from({ length: swarm.content.pieceCount }, (_, piece) => ({
        event: 'credit',
        data: { piece, client: 'Example 1' },
      }));
      expect(events).toHaveLength(pieces.length);
      expect(events).toEqual(expect.arrayContaining(pieces));
    });
  });

  it('chat: greets those who chat, and leaves the others', async () => {
    const { greeter } = await importSample<{ greeter: TorrentPluginFactory }>(samples.named('chat'));
    await runSwarm({ extensions: () => [greeter] }, async (swarm) => {
      const leech = await swarm.addLeech({ settings: { clientName: 'One' } });
      const other = await swarm.addLeech({ settings: { clientName: 'Two' }, connectTo: [leech] });
      const lines = [eventsOf(leech), eventsOf(other)];
      const mute = swarm.addFakePeer(leech);
      await mute.greet();
      await swarm.advance(5000);
      expect(lines).toEqual([
        [{ event: 'line', data: { line: 'hello, One' } }],
        [{ event: 'line', data: { line: 'hello, Two' } }],
      ]);
      expect(mute.isClosed).toBe(false);
    });
  });

  it('transform: looks at every block, and keeps out who sends what it should not', async () => {
    const { inspector } = await importSample<{
      inspector: (isClean: (bytes: Uint8Array) => Promise<boolean>) => TorrentPluginFactory;
    }>(samples.named('transform'));
    await runSwarm({}, async (swarm) => {
      const seed = await swarm.addSeed();
      let blocks = 0;
      const count = inspector(async () => ++blocks > 0);
      await swarm.addLeech({ extensions: [count], connectTo: [seed] });
      await swarm.runUntilComplete();
      expect(blocks).toBe(Math.ceil(swarm.content.data.length / (16 * 1024)));
      const strict = await swarm.addLeech({ extensions: [inspector(async () => false)], connectTo: [seed] });
      await swarm.advance(5000);
      expect(strict.session.bans().map(({ plugin }) => plugin)).toEqual(['inspector']);
      expect(strict.torrent.stats.downloadedBytes).toBeGreaterThan(0);
      expect(strict.torrent.stats.piecesHave).toBe(0);
      expect(strict.session.stats().plugins).toEqual({});
    });
  });

  it('transform: gives back what it has taken where the torrent goes before it has looked', async () => {
    const { inspector } = await importSample<{
      inspector: (isClean: (bytes: Uint8Array) => Promise<boolean>) => TorrentPluginFactory;
    }>(samples.named('transform'));
    await runSwarm({}, async (swarm) => {
      const verdicts: ((isClean: boolean) => void)[] = [];
      const slow = inspector(() => new Promise((resolve) => verdicts.push(resolve)));
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ extensions: [slow], connectTo: [seed] });
      await swarm.clock.runUntil(() => verdicts.length > 1, { timeoutMs: 10_000 });
      expect(leech.session.stats().plugins.inspector?.blocks).toBeGreaterThan(1);
      const removed = leech.session.removeTorrent(swarm.content.infoHash);
      await swarm.advance(1000);
      await removed;
      for (const [index, settle] of verdicts.entries()) settle(index % 2 === 0);
      await swarm.advance(1000);
      expect(leech.session.stats().plugins).toEqual({});
    });
  });

  it('gate: lets in who says the password, and nobody else', async () => {
    const { doorkeeper } = await importSample<{
      doorkeeper: (password: Uint8Array) => TorrentPluginFactory;
    }>(samples.named('gate'));
    const password = new TextEncoder().encode('open sesame');
    await runSwarm({}, async (swarm) => {
      const seed = await swarm.addSeed({ extensions: [doorkeeper(password)] });
      const friend = await swarm.addLeech({ extensions: [doorkeeper(password)], connectTo: [seed] });
      const liar = await swarm.addLeech({
        extensions: [doorkeeper(new TextEncoder().encode('sesame'))],
        connectTo: [seed],
      });
      const stranger = await swarm.addLeech({ connectTo: [seed] });
      await swarm.runUntilComplete({ peers: [friend] });
      await swarm.advance(60_000);
      expect(liar.torrent.stats.downloadedBytes).toBe(0);
      expect(stranger.torrent.stats.downloadedBytes).toBe(0);
    });
  });
});

function linesOf({ code }: Sample): number {
  return code.trimEnd().split('\n').length;
}

// These samples define tests themselves.
await importSample<unknown>(samples.named('latency-test'));
await importSample<unknown>(samples.named('latency-compliance'));
