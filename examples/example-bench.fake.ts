import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTorrent, FileStorage, formatEndpoint, parseMetainfo, Session } from '@peerloom/core';

/** How an example has ended. */
export interface ExampleResult {
  readonly exitCode: number | null;
  /** Lines of standard output. */
  readonly output: readonly string[];
  /** Lines of standard error. */
  readonly problems: readonly string[];
}

/** A file, and beside it its torrent. */
export interface SharedFile {
  readonly bytes: Uint8Array;
  readonly torrentPath: string;
}

/** A file that a session of the test seeds. */
export interface SeededFile extends SharedFile {
  /** Where the seed listens, as `HOST:PORT`. */
  readonly address: string;
}

/** A folder for one test, with what runs in it: built examples, as processes, and a seed. */
export class ExampleBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'peerloom-example-'));
  readonly #children: ChildProcess[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  path(...elements: readonly string[]): string {
    return join(this.folder, ...elements);
  }

  /** Starts an example in the folder. `onLine` is called with each line of its standard output. */
  async run(
    name: string,
    args: readonly string[] = [],
    onLine: (line: string, child: ChildProcess) => void = () => {},
  ): Promise<ExampleResult> {
    const program = fileURLToPath(new URL(`dist/${name}.js`, import.meta.url));
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      // What it keeps in the temporary folder is seen, and goes with the test.
      env: { ...process.env, TMPDIR: this.folder },
    });
    this.#children.push(child);
    const output: string[] = [];
    const problems: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      output.push(line);
      onLine(line, child);
    });
    createInterface({ input: child.stderr }).on('line', (line) => problems.push(line));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { exitCode, output, problems };
  }

  /** Makes a file of random bytes, with its torrent, in a folder of their own. */
  async make(name: string, lengthBytes: number): Promise<SharedFile> {
    const root = this.path('seed');
    mkdirSync(root);
    const bytes = randomBytes(lengthBytes);
    writeFileSync(join(root, name), bytes);
    const torrentPath = join(root, `${name}.torrent`);
    writeFileSync(torrentPath, await createTorrent(join(root, name), { pieceLength: 64 * 1024 }));
    return { bytes, torrentPath };
  }

  /** Makes a file of random bytes with its torrent, and seeds it on loopback until the test ends. */
  async seed(name: string, lengthBytes: number, uploadLimitBytesPerSecond = 0): Promise<SeededFile> {
    const { bytes, torrentPath } = await this.make(name, lengthBytes);
    const root = this.path('seed');
    const storage = new FileStorage({ root });
    const session = new Session({ storage, settings: { uploadLimitBytesPerSecond } });
    this.#closers.push(async () => {
      await session.stop();
      await storage.close();
    });
    const address = formatEndpoint(await session.listen('127.0.0.1:0'));
    await session.addTorrent({ torrent: parseMetainfo(readFileSync(torrentPath)) }).checked();
    return { bytes, torrentPath, address };
  }

  /** Ends what still runs, and removes the folder. */
  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(this.#closers.map((close) => close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
