import { Worker } from 'node:worker_threads';
import type { DiskLane, DiskTask } from './disk-lane.js';
import type {
  DiskTorrent,
  WorkerMessage,
  WorkerReply,
  WorkerRequest,
  WorkerSettings,
} from './disk-protocol.js';
import { fromPortable } from './storage-failure.js';

/** How a worker came to its end. */
export interface WorkerEnd {
  /** Whether its file had been loaded. */
  readonly loaded: boolean;
  /** What it did not settle, in order. */
  readonly tasks: readonly DiskTask[];
  /** Why, in words. */
  readonly reason: string;
}

/** The torrent in plain objects: a layout may be an instance of a class, which cannot be cloned. */
function portable({ id, root, layout, slots, flags, partFlags, journal }: DiskTorrent): DiskTorrent {
  return {
    id,
    root,
    layout: {
      files: layout.files.map(({ path, lengthBytes, isPad }) => ({ path, lengthBytes, isPad })),
      pieceLength: layout.pieceLength,
      pieceCount: layout.pieceCount,
      totalLength: layout.totalLength,
      ...(layout.infoHash === undefined ? {} : { infoHash: layout.infoHash }),
    },
    slots: { memory: slots.memory, slotLength: slots.slotLength },
    flags,
    partFlags,
    journal,
  };
}

/** Runs jobs in a worker thread. While none is under way the thread does not keep the process alive. */
export class WorkerLane implements DiskLane {
  readonly #worker: Worker;
  readonly #onEnd: (lane: WorkerLane, end: WorkerEnd) => void;
  readonly #known = new Set<number>();
  readonly #tasks = new Map<number, DiskTask>();
  #outbox: WorkerRequest[] = [];
  #nextId = 0;
  #loadBytes = 0;
  #loaded = false;
  #reason: string | undefined;

  /**
   * Starts a worker.
   *
   * @param onEnd Called once when the thread is gone, for whatever reason, and touches no slot any more.
   */
  constructor(url: URL, settings: WorkerSettings, onEnd: (lane: WorkerLane, end: WorkerEnd) => void) {
    this.#onEnd = onEnd;
    // Without the parent's execArgv: loaders and inspectors are not for this thread.
    this.#worker = new Worker(url, { name: 'peerloom-disk', workerData: settings, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message));
    this.#worker.on('error', (error) => {
      this.#reason = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on('exit', (exitCode) => {
      const reason = this.#reason ?? `it exited with code ${exitCode}`;
      this.#onEnd(this, { loaded: this.#loaded, tasks: [...this.#tasks.values()], reason });
    });
  }

  get loadBytes(): number {
    return this.#loadBytes;
  }

  /** Whether the worker's file has been loaded. */
  get loaded(): boolean {
    return this.#loaded;
  }

  knows(torrentId: number): boolean {
    return this.#known.has(torrentId);
  }

  submit(task: DiskTask): void {
    const { torrent, job, costBytes } = task;
    const isKnown = this.#known.has(torrent.id);
    if (job.kind === 'close') this.#known.delete(torrent.id);
    else this.#known.add(torrent.id);
    const id = this.#nextId++;
    if (this.#tasks.size === 0) this.#worker.ref();
    this.#tasks.set(id, task);
    this.#loadBytes += costBytes;
    // Everything submitted in one turn travels as one message.
    if (this.#outbox.length === 0) queueMicrotask(() => this.#flush());
    const opened = isKnown ? undefined : portable(torrent);
    this.#outbox.push({ id, torrentId: torrent.id, torrent: opened, job, costBytes });
  }

  /** Ends the thread. What is not settled by then never is: the owner waits first. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #flush(): void {
    const requests = this.#outbox;
    this.#outbox = [];
    this.#worker.postMessage(requests);
  }

  #receive(message: WorkerMessage): void {
    if (message === 'ready') this.#loaded = true;
    else for (const reply of message) this.#settle(reply);
  }

  #settle(reply: WorkerReply): void {
    const task = this.#tasks.get(reply.id);
    if (task === undefined) return;
    this.#tasks.delete(reply.id);
    this.#loadBytes -= task.costBytes;
    if (this.#tasks.size === 0) this.#worker.unref();
    if ('failure' in reply) task.reject(fromPortable(reply.failure));
    else task.resolve(reply.result);
  }
}
