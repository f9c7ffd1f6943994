import type { Payload } from './payload.js';
import type { Command } from './processes.js';

/** Where a download gets the data from. */
export interface Source {
  /** Of the seed, on 127.0.0.1. */
  readonly port: number;
  /** Of a tracker that tells of the seed. */
  readonly trackerUrl: string;
}

/** How to have an engine seed a payload that is complete. */
export interface Seeding {
  /** Starts a process that seeds until it is killed, on a port of 127.0.0.1 that it tells of. */
  command(payload: Payload): Command;
  /** The port that a line of its output tells of. */
  portIn(line: string): number | undefined;
}

/** How one engine is told to do each task that it can do; each process but a seed ends when it is done. */
export interface Engine {
  readonly name: string;
  /** Why it might not run here, and so be left out. */
  readonly needs: string;
  /** A command that succeeds where the engine can run. */
  readonly probe: Command;
  /** Into an empty folder. */
  download?(payload: Payload, folder: string, source: Source): Command;
  readonly seeding?: Seeding;
  /** Checks data that is complete. */
  recheck?(payload: Payload): Command;
  /** Makes a torrent of the payload's file, with pieces of 1 MiB, at a path where nothing is. */
  create?(payload: Payload, torrentPath: string): Command;
}
