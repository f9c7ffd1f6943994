import { setImmediate } from 'node:timers';
import { DiskJobRunner } from './disk-job.js';
import type { DiskLane, DiskTask } from './disk-lane.js';
import type { FileSystem } from './file-system.js';
import { storageFailure } from './storage-failure.js';

/** A turn of the event loop ends after jobs of this much data: sockets and timers get their time. */
const turnBytes = 256 * 1024;

/** Runs jobs on this thread, each in a later turn of the event loop. */
export class InlineLane implements DiskLane {
  readonly #runner: DiskJobRunner;
  readonly #known = new Set<number>();
  #queue: DiskTask[] = [];
  #scheduled = false;
  #loadBytes = 0;

  constructor(maxOpenFiles: number, fileSystem?: FileSystem) {
    this.#runner = new DiskJobRunner(maxOpenFiles, fileSystem);
  }

  get loadBytes(): number {
    return this.#loadBytes;
  }

  knows(torrentId: number): boolean {
    return this.#known.has(torrentId);
  }

  submit(task: DiskTask): void {
    const { torrent, job } = task;
    if (!this.#known.has(torrent.id)) {
      this.#known.add(torrent.id);
      this.#runner.open(torrent);
    }
    if (job.kind === 'close') this.#known.delete(torrent.id);
    this.#loadBytes += task.costBytes;
    this.#queue.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    let count = 0;
    for (let bytes = 0; bytes < turnBytes && count < this.#queue.length; count++) {
      const task = this.#queue[count];
      if (task === undefined) break;
      this.#run(task);
      bytes += task.costBytes;
    }
    this.#runner.endTurn();
    this.#queue = this.#queue.slice(count);
    if (this.#queue.length > 0) this.#schedule();
  }

  #run(task: DiskTask): void {
    this.#loadBytes -= task.costBytes;
    try {
      task.resolve(this.#runner.run(task.torrent.id, task.job));
    } catch (error) {
      task.reject(storageFailure(error, 'work on', ''));
    }
  }
}
