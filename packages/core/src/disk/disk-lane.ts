import type { StorageError } from '../common/errors.js';
import type { DiskJob, DiskResult, DiskTorrent } from './disk-protocol.js';

/** A job with whoever waits for it. */
export interface DiskTask {
  readonly torrent: DiskTorrent;
  readonly job: DiskJob;
  /** Bytes the job goes through, by which load is measured. */
  readonly costBytes: number;
  resolve(result: DiskResult): void;
  reject(error: StorageError): void;
}

/** Somewhere that jobs run one after the other, in the order in which they were submitted. */
export interface DiskLane {
  /** Bytes of the tasks not settled yet. */
  readonly loadBytes: number;
  /** Whether the lane keeps anything for the torrent. */
  knows(torrentId: number): boolean;
  submit(task: DiskTask): void;
}
