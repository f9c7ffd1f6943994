import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bitfield, type ReadonlyBitfield } from '../common/bitfield.js';
import { blockLength } from '../common/block.js';
import type { Resumed, ResumeStore } from '../ports/resume-store.js';
import { builtWorkerUrl, TorrentFixture } from './disk-fixture.fake.js';
import { pieceSize } from './extent-map.js';
import { FileStorage } from './file-storage.js';
import { stateFolder } from './state-folder.js';
import { OpenFixture } from './storage-suite.fake.js';

const kib = 1024;

/** A torrent of eight pieces of 32 KiB, in files that end inside of pieces. */
export function resumeFixture(): TorrentFixture {
  return new TorrentFixture(32 * kib, [
    { path: 't/a', lengthBytes: 80 * kib },
    { path: 't/empty', lengthBytes: 0 },
    { path: 't/b', lengthBytes: 100 * kib },
    { path: 't/.pad/4096', lengthBytes: 4 * kib, isPad: true },
    { path: 't/c', lengthBytes: 72 * kib - 100 },
  ]);
}

/** One opening of a torrent, as the engine has one. */
export class Opening {
  readonly store: ResumeStore;
  readonly have: Bitfield;
  readonly blocks = new Map<number, ReadonlyBitfield>();

  private constructor(
    readonly root: string,
    readonly fixture: TorrentFixture,
    readonly storage: FileStorage,
    readonly data: OpenFixture,
  ) {
    const { resume } = data.torrent;
    if (resume === undefined) throw new Error('the storage keeps nothing');
    this.store = resume;
    this.have = new Bitfield(fixture.layout.pieceCount);
  }

  static async open(root: string, threads: number, fixture = resumeFixture()): Promise<Opening> {
    const storage = new FileStorage({ root, threads, workerUrl: builtWorkerUrl });
    return new Opening(root, fixture, storage, await OpenFixture.open(storage, fixture));
  }

  /** Takes the data and looks at what was kept. */
  async resume(): Promise<Resumed | undefined> {
    await this.store.lock();
    const resumed = await this.store.load();
    resumed?.trusted.forEach((piece) => {
      this.have.add(piece);
    });
    return resumed;
  }

  /** Begins anew: takes the data, and keeps that nothing is had. */
  async begin(): Promise<this> {
    await this.resume();
    await this.save();
    return this;
  }

  async write(...pieces: readonly number[]): Promise<void> {
    await Promise.all(pieces.map((piece) => this.data.writePiece(piece)));
    for (const piece of pieces) this.have.add(piece);
  }

  async writeBlocks(piece: number, ...blocks: readonly number[]): Promise<void> {
    for (const block of blocks) {
      const begin = block * blockLength;
      const length = Math.min(blockLength, pieceSize(this.fixture.layout, piece) - begin);
      await this.data.writeBlock(piece, begin, length);
    }
  }

  save(): Promise<void> {
    return this.store.save(() => ({ have: this.have.clone(), blocks: this.blocks }));
  }

  async close(): Promise<void> {
    await this.data.torrent.close();
    await this.storage.close();
  }

  /** Leaves everything as it is, as if the process had been killed now. */
  abandon(): void {
    rmSync(join(this.folder, 'lock'));
  }

  get folder(): string {
    return stateFolder(this.root, this.fixture.layout.infoHash ?? '');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The journals there are. */
  journals(): string[] {
    return readdirSync(this.folder).filter((name) => name.startsWith('journal.'));
  }
}

/** What a test looks at of it. */
export function summary(resumed: Resumed | undefined): object | undefined {
  if (resumed === undefined) return undefined;
  const { trusted, toCheck, changed, changedFileCount } = resumed;
  const had: number[] = [];
  trusted.forEach((piece) => {
    had.push(piece);
  });
  return { had, toCheck, changed: changed?.path, changedFileCount };
}

/** The summary where nothing was changed. */
export function unchanged(had: readonly number[], toCheck: readonly number[] = []): object {
  return { had, toCheck, changed: undefined, changedFileCount: 0 };
}

/** Does `work` for each way in which a file is one byte shorter, or one bit of a byte is changed. */
export async function forEachDamage(
  path: string,
  work: (how: 'cut' | 'flipped', at: number, whole: Uint8Array) => Promise<void>,
): Promise<void> {
  const whole = Uint8Array.from(readFileSync(path));
  for (let at = 0; at < whole.length; at++) {
    writeFileSync(path, whole.subarray(0, at));
    await work('cut', at, whole);
    const flipped = whole.slice();
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
    writeFileSync(path, flipped);
    await work('flipped', at, whole);
  }
  writeFileSync(path, whole);
}
