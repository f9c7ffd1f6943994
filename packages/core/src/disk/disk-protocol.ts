import type { SlotIndex } from '../ports/slots.js';
import type { FileStatus, StorageLayout } from '../ports/storage.js';
import type { SlotMemory } from './io-vectors.js';
import type { JournalPlace } from './journal-writer.js';
import type { PortableFailure } from './storage-failure.js';

/** What a disk thread has to know of a torrent before its first job. */
export interface DiskTorrent {
  /** Number of the torrent in its executor. */
  readonly id: number;
  /** Folder that the files' paths start from. */
  readonly root: string;
  readonly layout: StorageLayout;
  readonly slots: SlotMemory;
  /** Memory of the torrent's `FileFlags`. */
  readonly flags: SharedArrayBuffer;
  /** Memory of the `FileFlags` of the parts of its pieces; `undefined` while no file is kept aside. */
  readonly partFlags: SharedArrayBuffer | undefined;
  /** Where writes are noted; changes while the torrent is open. */
  journal: JournalPlace | undefined;
}

/** One piece of work for a disk thread. Data stays in the slots: only their numbers travel. */
export type DiskJob =
  | {
      readonly kind: 'writePiece';
      readonly piece: number;
      readonly slots: readonly SlotIndex[];
      readonly expectedHash: Uint8Array;
    }
  | {
      readonly kind: 'writeBlock';
      readonly piece: number;
      readonly begin: number;
      readonly slot: SlotIndex;
      readonly lengthBytes: number;
    }
  | {
      readonly kind: 'readBlocks';
      readonly piece: number;
      readonly begin: number;
      readonly lengthBytes: number;
      readonly slots: readonly SlotIndex[];
    }
  | {
      readonly kind: 'hashPiece';
      readonly piece: number;
      readonly expectedHash: Uint8Array;
      /** Its blocks were written by `writeBlock`. */
      readonly endsWrite: boolean;
    }
  | { readonly kind: 'digestPieces'; readonly piece: number; readonly count: number }
  | { readonly kind: 'stat'; readonly files: readonly number[] | undefined }
  | { readonly kind: 'makeEmptyFiles' }
  | { readonly kind: 'journal'; readonly journal: JournalPlace | undefined }
  | { readonly kind: 'close' };

/** What each kind of job results in. */
export interface DiskResults {
  readonly writePiece: 'ok' | 'hashFailed';
  readonly writeBlock: undefined;
  readonly readBlocks: undefined;
  readonly hashPiece: 'ok' | 'hashFailed' | 'missing';
  readonly digestPieces: Uint8Array;
  readonly stat: readonly FileStatus[];
  readonly makeEmptyFiles: undefined;
  readonly journal: undefined;
  readonly close: undefined;
}

/** The result of any job. */
export type DiskResult = DiskResults[keyof DiskResults];

/** A job on its way to a worker. `torrent` comes with the first job for that torrent. */
export interface WorkerRequest {
  readonly id: number;
  readonly torrentId: number;
  readonly torrent: DiskTorrent | undefined;
  readonly job: DiskJob;
  /** Bytes the job goes through. */
  readonly costBytes: number;
}

/** A worker's answer to one request. */
export type WorkerReply =
  | { readonly id: number; readonly result: DiskResult }
  | { readonly id: number; readonly failure: PortableFailure };

/** All that a worker posts: that it is there, then answers, many at once where they are quick. */
export type WorkerMessage = 'ready' | readonly WorkerReply[];

/** What a worker is started with. */
export interface WorkerSettings {
  readonly maxOpenFiles: number;
}
