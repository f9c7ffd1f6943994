import type { Payload } from './payload.js';
import type { Command } from './processes.js';

/** Where a download gets the data from. */
export interface Source {
  /** Of the seed, on 127.0.0.1. */
  readonly port: number;
  /** Of a tracker that tells of the seed. */
  readonly trackerUrl: string;
}

/** How one engine is told to do each task; each process ends by itself when it is done. */
export interface Engine {
  readonly name: string;
  /** Why it might not run here, and so be left out. */
  readonly needs: string;
  /** A command that succeeds where the engine can run. */
  readonly probe: Command;
  download(payload: Payload, folder: string, source: Source): Command;
  recheck(payload: Payload): Command;
}

/** An engine that can be the seed. */
export interface SeedingEngine extends Engine {
  seed(payload: Payload): Command;
  /** The port that a line of the seed's output tells of. */
  portIn(line: string): number | undefined;
}
