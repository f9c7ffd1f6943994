import type { SwarmRecording } from './recording.js';

/** What ends an element, a line and a quotation, and turns text around. */
export const hostileText = `</script><script>alert(1)</script>"'&\u2028\u202e<img src=x onerror=alert(2)>`;

/** A recording in which everything that others choose is hostile. */
export const hostileRecording: SwarmRecording = {
  scenario: hostileText,
  about: hostileText,
  startedAt: '2020-01-01T00:00:00.000Z',
  durationMs: 1_000,
  outcome: { kind: 'error', message: hostileText },
  figures: [{ name: hostileText, label: hostileText, value: hostileText, unit: 'text' }],
  checks: [{ name: hostileText, label: hostileText, isPassed: false, seen: hostileText }],
  pieceCount: 2,
  rowCount: 2,
  nodes: [
    {
      name: hostileText,
      role: 'leech',
      endpoint: hostileText,
      haveBytes: 1,
      totalBytes: 2,
      downloadedBytes: 3,
      uploadedBytes: 4,
      peakPeerCount: 5,
      rowTimesMs: [10, -1],
      hashFailures: [{ timeMs: 5, row: 1 }],
      downloadedAt: [0, 3],
      uploadedAt: [0, 4],
    },
  ],
  samplesMs: [0, 1_000],
  transfers: [{ from: hostileText, to: `${hostileText}2`, bytes: 7 }],
  events: [
    { timeMs: 1, kind: 'ban', node: hostileText, text: hostileText, details: [[hostileText, hostileText]] },
  ],
  omittedEvents: { ban: 2 },
  omittedNodeCount: 1,
};
