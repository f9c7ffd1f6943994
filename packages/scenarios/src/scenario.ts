import type { Alert, Endpoint, ReadonlyBitfield } from '@peerloom/core';

/** What part a session has in its swarm: what it began as, or what it is up to. */
export type NodeRole = 'seed' | 'leech' | 'poisoner' | 'stranger';

/** What went between a session of a swarm and one other, since both began. */
export interface NodeTraffic {
  /** Name of the other session; its address, as `HOST:PORT`, where it is none of the swarm. */
  readonly remote: string;
  /** Bytes of blocks that came from it. */
  readonly downloadedBytes: number;
  /** Bytes of blocks that were sent to it. */
  readonly uploadedBytes: number;
}

/** How far one session of a swarm is, at one moment. Rates are bytes a second. */
export interface NodeProgress {
  /** Unique in the swarm, for example `seed` or `leech-2`. */
  readonly name: string;
  /** What part it has in the swarm. */
  readonly role: NodeRole;
  /** Pieces that are had and verified; `undefined` before metadata. */
  readonly pieces: ReadonlyBitfield | undefined;
  /** Bytes of pieces that are had and verified. */
  readonly haveBytes: number;
  /** Bytes of the torrent. */
  readonly totalBytes: number;
  /** Bytes of blocks that came. */
  readonly downloadedBytes: number;
  /** Bytes of blocks that were sent. */
  readonly uploadedBytes: number;
  /** Of blocks, in bytes a second. */
  readonly downloadRate: number;
  /** Of blocks, in bytes a second. */
  readonly uploadRate: number;
  /** Connections. */
  readonly peerCount: number;
  /** Who sent it what, and got what; those with whom it has exchanged blocks. */
  readonly traffic: readonly NodeTraffic[];
}

/** What a running scenario tells. `elapsedMs` is the time since it began. */
export type ScenarioEvent =
  /** A step has begun: one line for people. */
  | { readonly type: 'note'; readonly elapsedMs: number; readonly message: string }
  /** A session listens for others there. No other session of the swarm has its name. */
  | {
      readonly type: 'node';
      readonly elapsedMs: number;
      readonly name: string;
      readonly role: NodeRole;
      readonly endpoint: Endpoint;
    }
  /** Where every session is; several a second while data moves, and a last one when it has. */
  | { readonly type: 'progress'; readonly elapsedMs: number; readonly nodes: readonly NodeProgress[] }
  /** An alert of one of the sessions. */
  | {
      readonly type: 'alert';
      readonly elapsedMs: number;
      readonly node: string;
      readonly alert: Alert;
    };

/** One figure of a result. */
export interface ScenarioFigure {
  /** Key for programs, stable across releases. */
  readonly name: string;
  /** A few words for people. */
  readonly label: string;
  /** A number of `unit`, or text. */
  readonly value: number | string;
  /** What `value` counts. */
  readonly unit: 'bytes' | 'bytesPerSecond' | 'ms' | 'text';
}

/** One thing that a scenario sets out to show, and what was seen of it. */
export interface ScenarioCheck {
  /** Key for programs, stable across releases. */
  readonly name: string;
  /** A few words for people: what is to be seen. */
  readonly label: string;
  /** Whether it was seen. */
  readonly isPassed: boolean;
  /** What was seen, for example `4 of 4`. */
  readonly seen: string;
}

/** How a scenario ended. */
export interface ScenarioResult {
  /** Whether every check has passed. */
  readonly isPassed: boolean;
  /** What the scenario sets out to show. */
  readonly checks: readonly ScenarioCheck[];
  /** What was measured. */
  readonly figures: readonly ScenarioFigure[];
}

/** Options of {@link Scenario.run}. */
export interface ScenarioOptions {
  /** Called with events as they come, on the caller's thread. */
  readonly report: (event: ScenarioEvent) => void;
  /** Ends the run: sessions are stopped, files removed, and the run rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Bytes of data to move. Default: the scenario's own size. */
  readonly sizeBytes?: number;
  /**
   * The program and its arguments that run the `peerloom` command, for scenarios with processes of their own. Default:
   * `peerloom`, as it is found on the path.
   */
  readonly command?: readonly string[];
}

/** An example swarm: a function over the public interface of the engine. */
export interface Scenario {
  /** Unique; what the command line calls it. */
  readonly name: string;
  /** What it shows, in one line. */
  readonly about: string;
  /**
   * Runs it to its end, and cleans up in any case. Rejects with what a session failed with, for example a
   * `StorageError`, and with the signal's reason.
   */
  run(options: ScenarioOptions): Promise<ScenarioResult>;
}
