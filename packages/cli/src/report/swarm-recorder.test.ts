import { endpoint } from '@peerloom/core';
import type { ScenarioEvent } from '@peerloom/scenarios';
import { expect, test } from 'vitest';
import { recordingLimits, type SwarmRecording } from './recording.js';
import {
  alertEvent,
  infoHash,
  leechAt,
  nodeEvent,
  progressEvent,
  progressOf,
  seedAt,
} from './scenario-events.fake.js';
import { SwarmRecorder } from './swarm-recorder.js';

function record(...events: readonly ScenarioEvent[]): SwarmRecording {
  const recorder = new SwarmRecorder({ name: 'test', about: 'a test' }, '2020-01-01T00:00:00.000Z');
  for (const event of events) recorder.take(event);
  return recorder.recording({ kind: 'passed' });
}

const nodes = [nodeEvent('seed', 'seed'), nodeEvent('leech', 'leech', leechAt)];

test('a piece has the time of its alert, and, where there was none, of the first progress that has it', () => {
  const recording = record(
    ...nodes,
    alertEvent(5, 'seed', { type: 'torrentChecked', infoHash, piecesHave: 3, pieceCount: 3 }),
    alertEvent(6, 'leech', { type: 'torrentChecked', infoHash, piecesHave: 0, pieceCount: 3 }),
    alertEvent(50, 'leech', { type: 'pieceFinished', infoHash, piece: 2 }),
    progressEvent(100, progressOf('leech', 3, [0, 2])),
    progressEvent(200, progressOf('leech', 3, [0, 2])),
  );
  expect(recording.pieceCount).toBe(3);
  expect(recording.nodes.map(({ name, rowTimesMs }) => [name, rowTimesMs])).toEqual([
    ['seed', [5, 5, 5]],
    ['leech', [100, -1, 50]],
  ]);
  expect(recording.durationMs).toBe(200);
});

test('a session that starts again keeps what it had, and is where it listens now', () => {
  const again = endpoint('127.0.0.1', 4321);
  const recording = record(
    ...nodes,
    progressEvent(100, progressOf('leech', 2, [0])),
    nodeEvent('leech', 'leech', again),
    progressEvent(300, progressOf('leech', 2, [0, 1])),
  );
  expect(recording.nodes).toHaveLength(2);
  expect(recording.nodes[1]).toMatchObject({ endpoint: '127.0.0.1:4321', rowTimesMs: [100, 300] });
});

test('of very many pieces a row stands for several, and is had when all of them are', () => {
  const pieceCount = recordingLimits.rows * 3;
  const finished = (elapsedMs: number, piece: number) =>
    alertEvent(elapsedMs, 'leech', { type: 'pieceFinished', infoHash, piece });
  const recording = record(
    ...nodes,
    alertEvent(0, 'leech', { type: 'torrentChecked', infoHash, piecesHave: 0, pieceCount }),
    finished(10, 3),
    finished(20, 3),
    finished(30, 4),
    finished(40, 5),
    finished(50, 0),
  );
  const times = recording.nodes[1]?.rowTimesMs ?? [];
  expect(times).toHaveLength(recordingLimits.rows);
  expect(times.slice(0, 3)).toEqual([-1, 40, -1]);
});

test('what moved between whom is what whoever got it says; others than sessions are told by those who are', () => {
  const outside = '10.0.0.9:1';
  const recording = record(
    ...nodes,
    progressEvent(
      10,
      progressOf('seed', 1, [], {
        traffic: [
          { remote: 'leech', downloadedBytes: 0, uploadedBytes: 120 },
          { remote: outside, downloadedBytes: 3, uploadedBytes: 7 },
        ],
      }),
      progressOf('leech', 1, [], { traffic: [{ remote: 'seed', downloadedBytes: 100, uploadedBytes: 0 }] }),
    ),
  );
  expect(recording.transfers).toEqual([
    { from: outside, to: 'seed', bytes: 3 },
    { from: 'seed', to: outside, bytes: 7 },
    { from: 'seed', to: 'leech', bytes: 100 },
  ]);
});

test('samples are few however many come, span the run, and end with what was counted last', () => {
  const count = recordingLimits.samples * 20;
  const progress = Array.from({ length: count }, (_, index) =>
    progressEvent(index * 100, progressOf('leech', 1, [], { downloadedBytes: index })),
  );
  const { samplesMs, nodes: recorded } = record(...nodes, ...progress);
  const downloadedAt = recorded.find(({ name }) => name === 'leech')?.downloadedAt ?? [];
  expect(samplesMs.length).toBeLessThanOrEqual(recordingLimits.samples + 1);
  expect(samplesMs.length).toBeGreaterThan(recordingLimits.samples / 4);
  expect([samplesMs[0], samplesMs.at(-1)]).toEqual([0, (count - 1) * 100]);
  expect(downloadedAt.map((bytes) => bytes * 100)).toEqual(samplesMs);
});

test('of each kind of event the first ones are kept, and the others counted', () => {
  const more = 7;
  const flood = Array.from({ length: recordingLimits.eventsOfKind + more }, () =>
    alertEvent(1, 'leech', { type: 'hashFailed', infoHash, piece: 0 }),
  );
  const ban = alertEvent(2, 'leech', {
    type: 'peerBanned',
    endpoint: seedAt,
    principal: undefined,
    reason: 'it lies',
    plugin: 'judge',
    durationMs: -1,
  });
  const { events, omittedEvents } = record(...nodes, ...flood, ban);
  expect(events).toHaveLength(recordingLimits.eventsOfKind + 1);
  expect(omittedEvents).toEqual({ hash: more });
  expect(events.at(-1)).toMatchObject({ kind: 'ban', node: 'leech', text: 'banned seed for ever: it lies' });
});

test('how long a connection was held is told when it is let in, and when it never was', () => {
  const remote = endpoint('127.0.0.1', 40_000);
  const opened = { infoHash, endpoint: remote, isOutgoing: false, transport: 'tcp' };
  const reason = { origin: 'plugin', code: 'GATE_STRANGER', message: 'a stranger', plugin: 'gate' } as const;
  const { events } = record(
    ...nodes,
    alertEvent(10, 'leech', { type: 'peerConnected', ...opened }),
    alertEvent(22, 'leech', { type: 'peerReady', infoHash, endpoint: remote, peerId: '', client: undefined }),
    alertEvent(30, 'leech', { type: 'peerDisconnected', infoHash, endpoint: remote, reason }),
    alertEvent(40, 'leech', { type: 'peerConnected', ...opened }),
    alertEvent(47, 'leech', { type: 'peerDisconnected', infoHash, endpoint: remote, reason }),
  );
  expect(events.map(({ timeMs, kind, text }) => [timeMs, kind, text])).toEqual([
    [22, 'hold', 'let seed in, held for 12 ms by handshakes and extensions'],
    [30, 'connection', 'disconnected from seed: a stranger'],
    [47, 'hold', 'never let seed in, held for 7 ms: a stranger'],
  ]);
  expect(events[2]?.details).toEqual([
    ['heldMs', '7.0'],
    ['code', 'GATE_STRANGER'],
    ['plugin', 'gate'],
  ]);
});

test('what an extension tells is kept in short texts and few, whatever it holds', () => {
  const itself: Record<string, unknown> = { long: 'x'.repeat(10_000), block: { piece: 1 }, none: undefined };
  itself.itself = itself;
  for (let index = 0; index < 100; index++) itself[`field${index}`] = index;
  const { events } = record(
    ...nodes,
    alertEvent(1, 'leech', {
      type: 'plugin',
      plugin: 'any',
      event: 'rang',
      infoHash,
      endpoint: seedAt,
      data: itself,
    }),
  );
  const [event] = events;
  expect(event).toMatchObject({ kind: 'extension', text: 'any: rang seed' });
  expect(event?.details).toHaveLength(recordingLimits.details);
  expect(event?.details).toContainEqual(['block', '{"piece":1}']);
  for (const [, value] of event?.details ?? []) {
    expect(value.length).toBeLessThanOrEqual(recordingLimits.textLength);
  }
});

test('our own extensions are told in words, with names, and what scenarios watch by is not told', () => {
  const told = (plugin: string, event: string, data: Record<string, unknown>) =>
    alertEvent(1, 'leech', { type: 'plugin', plugin, event, infoHash, endpoint: seedAt, data });
  const { events } = record(
    ...nodes,
    told('ut_pex', 'learned', { count: 2 }),
    told('peer-watch', 'peerFound', { source: 'pex' }),
    told('smart-ban', 'banned', {}),
  );
  expect(events.map(({ text }) => text)).toEqual([
    'seed told of 2 peers (peer exchange)',
    'smart-ban: banned seed',
  ]);
});

test('sessions beyond those that fit are counted, each once', () => {
  const many = Array.from({ length: recordingLimits.nodes + 3 }, (_, index) =>
    nodeEvent(`n${index}`, 'leech', endpoint('10.0.0.1', index + 1)),
  );
  const late = progressOf(`n${recordingLimits.nodes}`, 1, [0]);
  const recording = record(...many, progressEvent(1, late), progressEvent(2, late));
  expect(recording.nodes).toHaveLength(recordingLimits.nodes);
  expect(recording.omittedNodeCount).toBe(3);
});

test('a recording is plain data', () => {
  const recording = record(...nodes, progressEvent(1, progressOf('leech', 2, [1])));
  expect(JSON.parse(JSON.stringify(recording))).toEqual(recording);
});
