import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTorrent,
  type Endpoint,
  FileStorage,
  type Magnet,
  type Metainfo,
  parseMetainfo,
  Session,
  type SessionOptions,
} from '@peerloom/core';

const fileName = 'example.bin';

/** A session that listens on loopback. */
export interface LocalPeer {
  readonly session: Session;
  readonly endpoint: Endpoint;
}

/** A file with its torrent in a temporary folder, and sessions in this process that may have it. */
export class LocalSwarm {
  readonly metainfo: Metainfo;
  readonly #bytes: Uint8Array;
  readonly #folder: string;
  readonly #closers: (() => Promise<void>)[];
  readonly #ended: AbortSignal;

  private constructor(
    folder: string,
    bytes: Uint8Array,
    metainfo: Metainfo,
    closers: (() => Promise<void>)[],
    ended: AbortSignal,
  ) {
    this.#folder = folder;
    this.#closers = closers;
    this.#ended = ended;
    this.#bytes = bytes;
    this.metainfo = metainfo;
  }

  /** Runs `use` with a file of so many bytes; everything is closed and removed afterwards, also on Ctrl-C. */
  static async run(lengthBytes: number, use: (swarm: LocalSwarm) => Promise<void>): Promise<void> {
    const ended = new AbortController();
    const interrupted = new Promise<never>((_, reject) => {
      for (const signal of ['SIGINT', 'SIGTERM']) {
        process.once(signal, () => reject(new Error('interrupted')));
      }
    });
    const closers: (() => Promise<void>)[] = [];
    // Made without waiting: no signal comes between this and what removes it.
    const folder = mkdtempSync(join(tmpdir(), 'peerloom-example-'));
    const make = async (): Promise<void> => {
      const bytes = randomBytes(lengthBytes);
      const path = join(folder, fileName);
      await writeFile(path, bytes);
      const torrent = await createTorrent(path, { pieceLength: 64 * 1024, signal: ended.signal });
      ended.signal.throwIfAborted();
      await use(new LocalSwarm(folder, bytes, parseMetainfo(torrent), closers, ended.signal));
    };
    try {
      await Promise.race([make(), interrupted]);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    } finally {
      ended.abort();
      await Promise.all(closers.map((close) => close()));
      // A file that was being written may come while they are removed.
      await rm(folder, { recursive: true, maxRetries: 5 });
    }
  }

  /** What a magnet link without trackers says. */
  get magnet(): Magnet {
    return { infoHash: this.metainfo.info.infoHash, trackers: [], peers: [] };
  }

  /** Makes a session with a folder of its own; one that has the file from the start is a seed. */
  async addPeer(
    name: string,
    { hasFile = false, ...options }: Omit<SessionOptions, 'storage'> & { readonly hasFile?: boolean },
  ): Promise<LocalPeer> {
    const root = join(this.#folder, name);
    await mkdir(root);
    if (hasFile) await writeFile(join(root, fileName), this.#bytes);
    // Nobody would close what is opened after the end.
    this.#ended.throwIfAborted();
    const storage = new FileStorage({ root });
    const session = new Session({ storage, ...options });
    this.#closers.push(async () => {
      await session.stop();
      await storage.close();
    });
    return { session, endpoint: await session.listen('127.0.0.1:0') };
  }

  /** Throws unless that session has the file, byte for byte. */
  async verify(name: string): Promise<void> {
    const copy = await readFile(join(this.#folder, name, fileName));
    if (!copy.equals(this.#bytes)) throw new Error(`${name} has another file`);
    console.log(`${name} has the file, byte for byte`);
  }
}
