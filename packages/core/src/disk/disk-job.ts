import { StorageError } from '../common/errors.js';
import type { StorageLayout } from '../ports/storage.js';
import { DiskFiles } from './disk-files.js';
import { DiskParts } from './disk-parts.js';
import type { DiskJob, DiskResult, DiskTorrent } from './disk-protocol.js';
import { asideFlag, FileFlags } from './file-flags.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { type JournalPlace, JournalWriter } from './journal-writer.js';
import { OpenFilePool } from './open-file-pool.js';
import { PartedFiles } from './parted-files.js';
import { PieceIo } from './piece-io.js';

interface OpenTorrent {
  readonly root: string;
  readonly layout: StorageLayout;
  readonly files: PartedFiles;
  readonly pieces: PieceIo;
  journal: JournalWriter | undefined;
  close(): void;
}

/**
 * Does disk jobs, one at a time and synchronously, wherever it is called: on the main thread or in a
 * worker. Keeps what outlives a job: open files, and torrents.
 */
export class DiskJobRunner {
  readonly #fileSystem: FileSystem;
  readonly #pool: OpenFilePool;
  readonly #torrents = new Map<number, OpenTorrent>();
  /** Journals that are to be flushed at the end of the turn. */
  readonly #unflushed = new Set<JournalWriter>();

  /** @param maxOpenFiles Files this runner keeps open at most, over all torrents. */
  constructor(maxOpenFiles: number, fileSystem: FileSystem = nodeFileSystem) {
    this.#fileSystem = fileSystem;
    this.#pool = new OpenFilePool(fileSystem, maxOpenFiles);
  }

  /** Makes a torrent known; touches nothing on the disk. */
  open({ id, root, layout, slots, flags: memory, partFlags, journal }: DiskTorrent): void {
    const { infoHash = '' } = layout;
    const flags = new FileFlags(memory);
    const pathOf = (file: number): readonly string[] => layout.files[file]?.path ?? [];
    const inPlace = new DiskFiles(this.#fileSystem, this.#pool, root, pathOf, flags);
    const flagsOfParts = partFlags ? new FileFlags(partFlags) : FileFlags.create(0);
    const parts = new DiskParts(this.#fileSystem, this.#pool, root, infoHash, flagsOfParts);
    const files = new PartedFiles(layout, inPlace, parts, (file) => flags.has(file, asideFlag));
    const close = (): void => {
      inPlace.close();
      parts.close();
    };
    const pieces = new PieceIo(layout, files, slots);
    const torrent: OpenTorrent = { root, layout, files, pieces, journal: undefined, close };
    this.#torrents.set(id, torrent);
    this.#setJournal(torrent, journal);
  }

  /** Does one job of an open torrent. Throws `StorageError`. */
  run(torrentId: number, job: DiskJob): DiskResult {
    const torrent = this.#torrents.get(torrentId);
    if (torrent === undefined) throw new StorageError('STORAGE_CLOSED', 'the torrent is closed', '');
    try {
      return this.#run(torrentId, torrent, job);
    } finally {
      if (torrent.journal?.hasPending) this.#unflushed.add(torrent.journal);
    }
  }

  #run(torrentId: number, torrent: OpenTorrent, job: DiskJob): DiskResult {
    const { pieces } = torrent;
    switch (job.kind) {
      case 'writePiece':
        return pieces.writePiece(job.piece, job.slots, job.expectedHash);
      case 'writeBlock':
        pieces.writeBlock(job.piece, job.begin, job.slot, job.lengthBytes);
        return undefined;
      case 'readBlocks':
        pieces.readBlocks(job.piece, job.begin, job.lengthBytes, job.slots);
        return undefined;
      case 'hashPiece':
        return pieces.hashPiece(job.piece, job.expectedHash, job.endsWrite);
      case 'digestPieces':
        return pieces.digestPieces(job.piece, job.count);
      case 'stat':
        return torrent.files.statAll(job.files ?? torrent.layout.files.keys());
      case 'makeEmptyFiles':
        pieces.makeEmptyFiles();
        return undefined;
      case 'journal':
        this.#setJournal(torrent, job.journal);
        return undefined;
      case 'close':
        this.#setJournal(torrent, undefined);
        torrent.close();
        this.#torrents.delete(torrentId);
        return undefined;
    }
  }

  /** Several jobs were done: what journals kept back for more of them is written. */
  endTurn(): void {
    for (const journal of this.#unflushed) journal.flush();
    this.#unflushed.clear();
  }

  #setJournal(torrent: OpenTorrent, place: JournalPlace | undefined): void {
    torrent.journal?.close();
    const { root, layout } = torrent;
    torrent.journal = place && new JournalWriter(this.#fileSystem, root, layout.infoHash ?? '', place);
    torrent.pieces.journal = torrent.journal;
  }
}
