import type { NodeRole, ScenarioCheck, ScenarioFigure } from '@peerloom/scenarios';

/** What events are told apart by. */
export const eventKinds = {
  step: 'steps',
  torrent: 'torrents',
  connection: 'connections',
  hold: 'handshakes and holds',
  extension: 'extensions',
  hash: 'wrong pieces',
  ban: 'bans',
  problem: 'problems',
} as const;

/** A kind of event. */
export type EventKind = keyof typeof eventKinds;

/** One thing that happened in a swarm. */
export interface RecordedEvent {
  /** Since the run began. */
  readonly timeMs: number;
  readonly kind: EventKind;
  /** Name of the session that told it; `undefined` for the scenario itself. */
  readonly node: string | undefined;
  /** One line for people. */
  readonly text: string;
  /** What else is known of it, as pairs of name and value. */
  readonly details: readonly (readonly [name: string, value: string])[];
}

/** A piece that came wrong. */
export interface RecordedHashFailure {
  readonly timeMs: number;
  /** Of the piece map. */
  readonly row: number;
}

/** One session, from its first to its last sample. Bytes are as of the last one. */
export interface RecordedNode {
  readonly name: string;
  readonly role: NodeRole;
  /** `HOST:PORT`; `undefined` where it has not listened. */
  readonly endpoint: string | undefined;
  readonly haveBytes: number;
  readonly totalBytes: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Most connections at one time. */
  readonly peakPeerCount: number;
  /** When all pieces of each row of the map were had; -1 where they never were. Empty before metadata. */
  readonly rowTimesMs: readonly number[];
  readonly hashFailures: readonly RecordedHashFailure[];
  /** Bytes of blocks that had come, and had been sent, at each of the recording's `samplesMs`. */
  readonly downloadedAt: readonly number[];
  readonly uploadedAt: readonly number[];
}

/** Bytes of blocks that went from one to another: names of sessions, or addresses of others. */
export interface RecordedTransfer {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/** How a run ended; `message` says why where it did not come to its end. */
export interface SwarmOutcome {
  readonly kind: 'passed' | 'failed' | 'error' | 'interrupted';
  readonly message?: string;
}

/** A run of an example swarm, in a bounded amount of plain data. Times are milliseconds since it began. */
export interface SwarmRecording {
  readonly scenario: string;
  readonly about: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly outcome: SwarmOutcome;
  readonly figures: readonly ScenarioFigure[];
  readonly checks: readonly ScenarioCheck[];
  readonly pieceCount: number;
  /** Rows of the piece map: pieces, or groups of them where there are many. */
  readonly rowCount: number;
  readonly nodes: readonly RecordedNode[];
  readonly samplesMs: readonly number[];
  readonly transfers: readonly RecordedTransfer[];
  readonly events: readonly RecordedEvent[];
  /** Events that are not in `events`, by kind, where there were more than fit. */
  readonly omittedEvents: Readonly<Partial<Record<EventKind, number>>>;
  /** Sessions that are not in `nodes`, where there were more than fit. */
  readonly omittedNodeCount: number;
}

/** What a recording holds at most. */
export const recordingLimits = {
  nodes: 64,
  rows: 1_024,
  samples: 600,
  eventsOfKind: 250,
  hashFailuresOfNode: 250,
  /** Of each session. */
  remotes: 64,
  details: 12,
  textLength: 300,
} as const;
