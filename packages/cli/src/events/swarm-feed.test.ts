import { type Alert, endpoint, InfoHash } from '@peerloom/core';
import type { NodeRole } from '@peerloom/scenarios';
import { beforeEach, expect, test } from 'vitest';
import { displayWidth } from '../output/display-width.js';
import { makeStyle } from '../output/style.js';
import { SwarmFeed } from './swarm-feed.js';

const infoHash = InfoHash.fromBytes(new Uint8Array(20));
let lines: string[];
let problems: string[];
let feed: SwarmFeed;

function makeFeed(isTerminal = false): SwarmFeed {
  return new SwarmFeed({
    line: (text) => lines.push(text),
    problem: (text) => problems.push(text),
    style: makeStyle(false),
    isTerminal,
    columns: 80,
  });
}

beforeEach(() => {
  lines = [];
  problems = [];
  feed = makeFeed();
});

function meet(name: string, address: string, role: NodeRole = 'leech'): void {
  feed.take({ type: 'node', elapsedMs: 0, name, role, endpoint: endpoint(address, 6881) });
}

function hear(elapsedMs: number, node: string, alert: Alert): void {
  feed.take({ type: 'alert', elapsedMs, node, alert });
}

function plugin(name: string, event: string, address: string, data: Record<string, unknown> = {}): Alert {
  return { type: 'plugin', plugin: name, event, infoHash, endpoint: endpoint(address, 50_000), data };
}

test('what happens together is one line, with the names of the sessions', () => {
  meet('seed', '127.0.0.1', 'seed');
  meet('ann', '127.0.0.2');
  meet('bob', '127.0.0.3');
  for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.2']) {
    hear(1_000, 'seed', plugin('peer-watch', 'peerFound', address, { source: 'pex' }));
  }
  feed.take({ type: 'note', elapsedMs: 1_100, message: 'next' });
  expect(lines).toEqual([' 1.0s  seed  hears of ann and bob by peer exchange', ' 1.1s  next']);
});

test('a member who is banned is told by the name in its certificate, without the infohash', () => {
  meet('ann', '127.0.0.1');
  hear(0, 'ann', plugin('closed-network', 'confirmed', '127.0.0.9', { principal: 'f00', name: 'mallory' }));
  hear(2_000, 'ann', {
    type: 'peerBanned',
    endpoint: undefined,
    principal: 'f00',
    reason: `sent wrong data: piece 1, block 2 of ${'ab'.repeat(20)}`,
    plugin: 'smart-ban',
    durationMs: -1,
  });
  feed.end();
  expect(lines).toEqual([
    ' 0.0s  ann  lets in 127.0.0.9:50000',
    ' 2.0s  ann  bans mallory: sent wrong data: piece 1, block 2',
  ]);
});

test('where sessions share an address, nobody is taken for another', () => {
  meet('ann', '127.0.0.1');
  meet('bob', '127.0.0.1');
  hear(0, 'ann', plugin('closed-network', 'refused', '127.0.0.1', { code: 'X', message: 'no' }));
  feed.end();
  expect(lines).toEqual([' 0.0s  ann  turns away 127.0.0.1:50000: no']);
});

test('wrong pieces are counted, and only leeches become complete', () => {
  meet('seed', '127.0.0.1', 'seed');
  meet('ann', '127.0.0.2');
  for (const piece of [3, 4, 5]) hear(piece * 500, 'ann', { type: 'hashFailed', infoHash, piece });
  for (const node of ['seed', 'ann']) hear(4_000, node, { type: 'torrentFinished', infoHash });
  feed.end();
  expect(lines).toEqual([' 1.5s  ann   gets 3 wrong pieces', ' 4.0s  ann   has every piece']);
});

test('on a terminal no line is broken, and what is not text is not written to it', () => {
  feed = makeFeed(true);
  feed.take({ type: 'note', elapsedMs: 0, message: `\x1b[2J${'long '.repeat(40)}` });
  expect(lines[0]).not.toContain('\x1b[2J');
  expect(displayWidth(lines[0] ?? '')).toBeLessThan(80);
});

test('what a note tells as well is told once', () => {
  const data = { from: 'ada', text: 'hello' };
  hear(0, 'ann', { type: 'plugin', plugin: 'chat', event: 'line', infoHash, endpoint: undefined, data });
  feed.take({ type: 'note', elapsedMs: 0, message: 'ann hears ada: hello' });
  feed.end();
  expect(lines).toEqual([' 0.0s  ann hears ada: hello']);
});

test('why a stranger is turned away has room on a terminal', () => {
  feed = makeFeed(true);
  meet('poisoner', '127.0.0.1');
  meet('stranger', '127.0.0.2');
  const data = {
    code: 'CLOSED_NETWORK_STRANGER',
    message: 'it does not know how to prove that it belongs here',
  };
  hear(0, 'poisoner', plugin('closed-network', 'refused', '127.0.0.2', data));
  feed.end();
  expect(lines).toEqual([' 0.0s  poisoner  turns away stranger: it cannot prove that it belongs here']);
});

test('a fault of an extension is a problem', () => {
  const action = 'peerClosed';
  const fault = { plugin: 'x', scope: 'peer', hook: 'onPiece', error: new Error('broken'), action } as const;
  hear(0, 'ann', { type: 'pluginFault', ...fault, infoHash, endpoint: undefined });
  feed.end();
  expect([lines, problems]).toEqual([
    [],
    ['peerloom: warning: ann: extension x failed in onPiece: broken (the connection was closed)'],
  ]);
});
