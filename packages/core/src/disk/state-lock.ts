import { link, lstat, readFile, rename, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StorageError } from '../common/errors.js';
import { nodeFileSystem } from './file-system.js';
import { type ProcessIdentity, type ProcessTable, systemProcesses } from './process-identity.js';
import { errnoOf, storageFailure } from './storage-failure.js';

/** Who else comes and goes at the same moment makes us look again, but not for ever. */
const maxAttempts = 8;

/** Where there are no hard links a lock is there before what it says: so long that may be on its way. */
const maxWriteMs = 2000;

/** What systems answer that have no hard links on this medium. */
const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

let lockCount = 0;

/**
 * A file that says which process has a folder. It is made in one step, and one whose process is gone is
 * taken over in one step, so that of any number of processes one gets it.
 */
export class StateLock {
  #folder: string;
  /** Tells the locks of one process apart. */
  readonly #id = lockCount++;
  readonly #processes: ProcessTable;
  readonly #content: string;
  /** Folders to take away at the end, innermost first. */
  #folders: string[];

  private constructor(folder: string, processes: ProcessTable) {
    this.#folder = folder;
    this.#folders = [folder, dirname(folder)];
    this.#processes = processes;
    const { pid, startTime, bootId } = processes.self;
    this.#content = `${JSON.stringify({ pid, startTime, bootId, id: this.#id })}\n`;
  }

  /**
   * Takes the lock of the folder, which is made where it does not exist. Rejects with `STORAGE_LOCKED` where
   * a process that runs has it, this one included.
   */
  static async acquire(folder: string, processes: ProcessTable = systemProcesses): Promise<StateLock> {
    const lock = new StateLock(folder, processes);
    try {
      await lock.#acquire();
    } catch (error) {
      throw storageFailure(error, 'lock', lock.#path);
    }
    return lock;
  }

  /** Gives the lock back, and takes away the folders that are ours, or were made for it, where nothing is in them. */
  async release(): Promise<void> {
    try {
      if ((await readText(this.#path)) !== this.#content) return;
      await unlink(this.#path);
      for (const folder of this.#folders) await rmdir(folder);
    } catch {
      // Something is left in the folder; or it has gone, and the lock with it.
    }
  }

  /** The folder's files, the lock among them, are somewhere else by now. */
  moved(folder: string): void {
    this.#folder = folder;
    this.#folders = [folder, dirname(folder)];
  }

  get #path(): string {
    return join(this.#folder, 'lock');
  }

  /** Claimed by who takes over a lock. */
  get #next(): string {
    return join(this.#folder, 'lock.next');
  }

  get #temporary(): string {
    return join(this.#folder, `.lock.${this.#processes.self.pid}.${this.#id}.tmp`);
  }

  async #makeFolder(): Promise<void> {
    for (let folder = dirname(dirname(this.#folder)); !(await isThere(folder)); folder = dirname(folder)) {
      if (!this.#folders.includes(folder)) this.#folders.push(folder);
    }
    nodeFileSystem.mkdir(this.#folder);
  }

  async #acquire(): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      await this.#makeFolder();
      if (await this.#create(this.#path)) return;
      const found = await readText(this.#path);
      if (found === undefined) continue;
      await this.#refuseIfAlive(this.#path, found);
      if (await this.#takeOver()) return;
    }
    throw this.#locked('others are taking it');
  }

  /** Puts our claim to `path`, unless there is something. */
  async #create(path: string): Promise<boolean> {
    try {
      await writeFile(this.#temporary, this.#content, { flag: 'wx' });
      await link(this.#temporary, path);
      return true;
    } catch (error) {
      const errno = errnoOf(error) ?? '';
      // The folder of somebody who has just given up its lock goes away under us.
      if (errno === 'EEXIST' || errno === 'ENOENT') return false;
      if (!noLinks.has(errno)) throw error;
      return await this.#createWithoutLink(path);
    } finally {
      await unlink(this.#temporary).catch(() => undefined);
    }
  }

  async #createWithoutLink(path: string): Promise<boolean> {
    try {
      await writeFile(path, this.#content, { flag: 'wx' });
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /**
   * Replaces a lock whose process is gone. Only who holds `lock.next` may, and looks at the lock once more
   * before it does; whether ours is the one that got there is seen afterwards, because a claim to `lock.next` may have
   * been taken for that of a process that is gone.
   */
  async #takeOver(): Promise<boolean> {
    if (!(await this.#create(this.#next))) {
      const claim = await readText(this.#next);
      if (claim !== undefined) {
        await this.#refuseIfAlive(this.#next, claim);
        await unlink(this.#next).catch(() => undefined);
      }
      return false;
    }
    try {
      const found = await readText(this.#path);
      if (found !== undefined) await this.#refuseIfAlive(this.#path, found);
      await rename(this.#next, this.#path);
    } catch (error) {
      if (error instanceof StorageError) await unlink(this.#next).catch(() => undefined);
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    return (await readText(this.#path)) === this.#content;
  }

  async #refuseIfAlive(path: string, content: string): Promise<void> {
    const owner = parseOwner(content);
    if (owner === undefined && (await this.#isBeingWritten(path))) throw this.#locked('others are taking it');
    if (owner === undefined || !this.#processes.isAlive(owner)) return;
    const isSelf = owner.pid === this.#processes.self.pid;
    throw this.#locked(isSelf ? 'this process has it already' : `process ${owner.pid} has it`);
  }

  /** Whether a file is so new that its content may follow, by the clock of the medium. */
  async #isBeingWritten(path: string): Promise<boolean> {
    try {
      await writeFile(this.#temporary, '', { flag: 'wx' });
      const [now, written] = [await stat(this.#temporary), await stat(path)];
      return Math.abs(now.mtimeMs - written.mtimeMs) < maxWriteMs;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT') return false;
      if (errno === 'EEXIST') return true;
      throw error;
    } finally {
      await unlink(this.#temporary).catch(() => undefined);
    }
  }

  #locked(reason: string): StorageError {
    const message = `the torrent's data is in use: ${reason} ('${this.#path}')`;
    return new StorageError('STORAGE_LOCKED', message, this.#path);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** `undefined` for what no process has written to its end. */
function parseOwner(content: string): ProcessIdentity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startTime, bootId } = value as Record<string, unknown>;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, startTime: asText(startTime), bootId: asText(bootId) };
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
