import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Bitfield } from '../common/bitfield.js';
import { noise, requireBuiltWorker, temporaryFolder } from './disk-fixture.fake.js';
import { FileStorage } from './file-storage.js';
import { JournalEncoder, journalSeed, parseJournal } from './journal-record.js';
import { forEachDamage, Opening, resumeFixture, summary, unchanged } from './resume-rig.fake.js';
import { OpenFixture, storageError } from './storage-suite.fake.js';
import { mountTestFileSystem } from './tmpfs.fake.js';

vi.setConfig({ testTimeout: 60_000 });

beforeAll(requireBuiltWorker);

const damaged = storageError('STORAGE_RESUME_DAMAGED');
const { infoHash = '' } = resumeFixture().layout;

function lastJournal(opening: Opening): string {
  return opening.path(opening.journals().at(-1) ?? '');
}

function sequenceOf(path: string): number {
  return Number(path.split('.').at(-1));
}

/** Adds records to the journal that is written now. */
function append(opening: Opening, add: (encoder: JournalEncoder) => void): void {
  const path = lastJournal(opening);
  const encoder = new JournalEncoder(journalSeed(infoHash, sequenceOf(path)));
  add(encoder);
  appendFileSync(path, encoder.pending);
}

/** A file's time, some seconds from what it is. */
function shiftTime(path: string, seconds: number): void {
  const { mtimeMs } = statSync(path);
  utimesSync(path, mtimeMs / 1000 + seconds, mtimeMs / 1000 + seconds);
}

for (const { mode, threads } of [
  { mode: 'inline', threads: 0 },
  { mode: 'in two workers', threads: 2 },
]) {
  const open = (root: string): Promise<Opening> => Opening.open(root, threads);

  const found = (root: string): Promise<object | undefined> => foundIn(root, threads);

  describe(`what is kept of a torrent's data, written ${mode}`, () => {
    it('is nothing at first, and leaves nothing behind', async () => {
      const root = temporaryFolder();
      const opening = await open(root);
      expect(await opening.resume()).toBe(undefined);
      await opening.save();
      await opening.close();
      expect(readdirSync(root)).toEqual([]);
    });

    it('is all that was had when it was closed', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0, 1, 2, 3, 7);
      await opening.save();
      expect(opening.journals()).toEqual([]);
      await opening.close();
      expect(readdirSync(opening.folder)).toEqual(['resume']);
      expect(await found(root)).toEqual(unchanged([0, 1, 2, 3, 7]));
    });

    it('is not written again where nothing has changed', async () => {
      const root = temporaryFolder();
      const first = await (await open(root)).begin();
      await first.write(0, 1);
      await first.save();
      const before = statSync(first.path('resume'), { bigint: true });
      expect(before.size).toBeGreaterThan(0n);
      await first.save();
      await first.close();
      const second = await (await open(root)).begin();
      await second.save();
      await second.close();
      const { ino, mtimeNs } = before;
      expect(statSync(second.path('resume'), { bigint: true })).toMatchObject({ ino, mtimeNs });
    });

    it('is all that was written when the process ended, with no snapshot or after one', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0, 1, 2, 3);
      opening.abandon();
      expect(await found(root)).toEqual(unchanged([0, 1, 2, 3]));
      const second = await (await open(root)).begin();
      await second.write(4);
      await second.save();
      await second.write(5, 7);
      second.abandon();
      expect(await found(root)).toEqual(unchanged([0, 1, 2, 3, 4, 5, 7]));
      await opening.close();
      await second.close();
    });

    it('has no piece that was lost after it was written, where nothing was kept before', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(7);
      // As after a check that found it wrong on the medium.
      opening.have.delete(7);
      await opening.save();
      expect(opening.journals()).toEqual([]);
      opening.abandon();
      expect(await found(root)).toBe(undefined);
      await opening.close();
    });

    it('has no piece whose hash was wrong', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      expect(await opening.data.writePiece(0, opening.fixture.hash(1))).toBe('hashFailed');
      await opening.write(1);
      opening.abandon();
      expect(await found(root)).toEqual(unchanged([1]));
      await opening.close();
    });

    it('has the pieces to check whose write was begun and not ended, whatever the files look like', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0, 1, 4, 7);
      append(opening, (encoder) => encoder.addBegin(2));
      opening.abandon();
      expect(await found(root)).toEqual(unchanged([0, 1, 4, 7], [2]));
      // Half of it was written: the files that it is in look otherwise.
      for (const name of ['t/a', 't/b']) shiftTime(join(root, name), 5);
      expect(await found(root)).toEqual(unchanged([0, 1, 4, 7], [2]));
      // A file that it is not in, and one from before it.
      shiftTime(join(root, 't/c'), 5);
      shiftTime(join(root, 't/a'), -100);
      expect(await found(root)).toEqual({
        had: [4],
        toCheck: [0, 1, 2, 5, 6, 7],
        changed: 't/a',
        changedFileCount: 2,
      });
      await opening.close();
    });

    it.each([
      ['touched', (path: string) => shiftTime(path, 3)],
      ['given an earlier time', (path: string) => shiftTime(path, -3)],
      ['cut short', (path: string) => truncateSync(path, 50_000)],
      ['made longer', (path: string) => appendFileSync(path, 'x')],
      ['replaced by one of the same size', (path: string) => writeFileSync(path, noise(80 * 1024, 9))],
      ['deleted', (path: string) => rmSync(path)],
    ])('has all pieces of a file to check that was %s, and no others', async (_, change) => {
      for (const isKilled of [false, true]) {
        const root = temporaryFolder();
        const opening = await (await open(root)).begin();
        await opening.write(0, 1, 2, 3, 7);
        if (isKilled) opening.abandon();
        else await opening.save();
        await opening.close();
        change(join(root, 't/a'));
        const changed = { changed: 't/a', changedFileCount: 1 };
        expect(await found(root)).toEqual({ had: [3, 7], toCheck: [0, 1, 2], ...changed });
      }
    });

    it('is put right by the next save, whatever it was like', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0, 7);
      await opening.save();
      await opening.write(3);
      opening.abandon();
      writeFileSync(opening.path('resume'), 'x');
      writeFileSync(opening.path('.resume.1.2.tmp'), 'half');
      const next = await open(root);
      await expect(next.resume()).rejects.toEqual(damaged);
      next.have.add(3);
      await next.save();
      await next.close();
      expect(readdirSync(next.folder)).toEqual(['resume']);
      expect(await found(root)).toEqual(unchanged([3]));
      await opening.close();
    });

    it('of another torrent is refused', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0);
      await opening.save();
      await opening.write(1);
      opening.abandon();
      const journal = lastJournal(opening);
      writeFileSync(opening.path('journal.99'), readFileSync(journal));
      const next = await open(root);
      await expect(next.resume()).rejects.toEqual(damaged);
      rmSync(next.path('journal.99'));
      const snapshot = readFileSync(next.path('resume'));
      writeFileSync(
        next.path('resume'),
        snapshot.toString('latin1').replace(infoHash, 'ab'.repeat(20)),
        'latin1',
      );
      await expect(next.store.load()).rejects.toEqual(damaged);
      await next.close();
      await opening.close();
    });

    it('is not read where it is too large, or not a file', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0);
      await opening.save();
      for (const name of ['resume', 'journal.50']) {
        const path = opening.path(name);
        const before = name === 'resume' ? readFileSync(path) : undefined;
        writeFileSync(path, '');
        truncateSync(path, 65 * 1024 * 1024);
        await expect(opening.store.load()).rejects.toEqual(damaged);
        rmSync(path);
        if (before) writeFileSync(path, before);
      }
      for (let sequence = 100; sequence < 200; sequence++)
        writeFileSync(opening.path(`journal.${sequence}`), '');
      await expect(opening.store.load()).rejects.toEqual(damaged);
      await opening.close();
    });

    it('has what was written since the snapshot to check where the machine was started anew', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0, 1);
      await opening.save();
      await opening.write(2, 3);
      opening.abandon();
      const path = lastJournal(opening);
      const seed = journalSeed(infoHash, sequenceOf(path));
      const encoder = new JournalEncoder(seed);
      for (const record of parseJournal(readFileSync(path), seed).records) {
        if (record.kind === 'opened') encoder.addOpened('an earlier start');
        else if (record.kind === 'begin') encoder.addBegin(record.piece);
        else encoder.addEnd(record.kind, record.piece, record.files);
      }
      writeFileSync(path, encoder.pending);
      expect(await found(root)).toEqual(unchanged([0, 1], [2, 3]));
      await opening.close();
    });

    it('has blocks of pieces that are not complete, and a piece that they have completed', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0);
      await opening.writeBlocks(4, 1);
      await opening.writeBlocks(5, 0);
      opening.blocks.set(4, blocksOf(1));
      opening.blocks.set(5, blocksOf(0));
      await opening.save();
      await opening.close();
      const second = await open(root);
      const resumed = await second.resume();
      expect(summary(resumed)).toEqual(unchanged([0]));
      expect([...(resumed?.blocks ?? [])].map(([piece, bits]) => [piece, bits.has(0), bits.has(1)])).toEqual([
        [4, false, true],
        [5, true, false],
      ]);
      await second.save();
      await second.writeBlocks(4, 0);
      expect(await second.data.hashPiece(4)).toBe('ok');
      await second.writeBlocks(5, 1);
      second.abandon();
      expect(await found(root)).toEqual(unchanged([0, 4], [5]));
      await second.close();
    });

    it('is forgotten when told', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0, 1);
      await opening.save();
      await opening.write(2);
      await opening.store.remove();
      await opening.write(3);
      await opening.close();
      expect(readdirSync(root)).toEqual(['t']);
      expect(await found(root)).toBe(undefined);
    });

    it('is about what a check of everything found, once it was reset', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0, 1, 2);
      await opening.save();
      shiftTime(join(root, 't/a'), 10);
      await opening.store.reset();
      opening.abandon();
      expect(await found(root)).toBe(undefined);
      await opening.save();
      await opening.close();
      expect(await found(root)).toEqual(unchanged([0, 1, 2]));
    });

    it('does not make what others have changed its own where nothing was written', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0, 1, 2, 3, 7);
      await opening.save();
      shiftTime(join(root, 't/a'), 10);
      await opening.write(6);
      await opening.save();
      await opening.close();
      expect(await found(root)).toMatchObject({ had: [3, 6, 7], toCheck: [0, 1, 2], changed: 't/a' });
    });

    it.each([true, false])('goes with a file that becomes wanted (closed: %s)', async (isClosed) => {
      for (const lost of [undefined, 'parts/3']) {
        const root = temporaryFolder();
        const first = await open(root);
        await first.data.torrent.selectFiles?.([2]);
        await first.begin();
        await first.write(2, 3, 7);
        if (isClosed) await first.save();
        else first.abandon();
        await first.close();
        if (lost) rmSync(first.path(lost));
        const second = await open(root);
        await second.store.lock();
        await second.data.torrent.selectFiles?.([]);
        expect(summary(await second.resume())).toEqual(lost ? unchanged([2, 7], [3]) : unchanged([2, 3, 7]));
        await second.save();
        await second.close();
        // From then on it is a file like others.
        expect(await found(root)).toEqual(unchanged(lost ? [2, 7] : [2, 3, 7]));
        writeFileSync(join(root, 't/b'), 'theirs');
        expect(await found(root)).toMatchObject({ had: [7], changed: 't/b', changedFileCount: 1 });
      }
    });

    it('tells of a file that is somebody else’s where one is kept aside', async () => {
      const root = temporaryFolder();
      const first = await open(root);
      await first.data.torrent.selectFiles?.([2]);
      await first.begin();
      await first.write(2, 3, 7);
      await first.save();
      await first.close();
      writeFileSync(join(root, 't/b'), 'theirs');
      const second = await open(root);
      await second.data.torrent.selectFiles?.([]);
      expect(summary(await second.resume())).toMatchObject({ had: [7], changed: 't/b' });
      await second.close();
    });

    it('goes with files that are renamed and with a torrent that is moved', async () => {
      const root = temporaryFolder();
      const elsewhere = join(temporaryFolder(), 'moved');
      const opening = await (await open(root)).begin();
      await opening.write(0, 1, 2, 3);
      await opening.save();
      await opening.data.torrent.renameFile?.(0, ['t', 'other']);
      await opening.write(4);
      await opening.data.torrent.move?.(elsewhere);
      await opening.write(7);
      expect(readdirSync(root)).toEqual([]);
      rmSync(join(elsewhere, '.peerloom', infoHash, 'lock'));
      expect(await found(elsewhere)).toEqual(unchanged([0, 1, 2, 3, 4, 7]));
      await opening.save();
      await opening.close();
      expect(await found(elsewhere)).toEqual(unchanged([0, 1, 2, 3, 4, 7]));
    });

    it('is for one opening at a time', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      await opening.write(0);
      const second = await open(root);
      await expect(second.store.lock()).rejects.toEqual(storageError('STORAGE_LOCKED'));
      await second.close();
      await opening.write(1);
      await opening.save();
      await opening.close();
      expect(await found(root)).toEqual(unchanged([0, 1]));
    });

    it('stays as it was when it was closed', async () => {
      const root = temporaryFolder();
      const opening = await (await open(root)).begin();
      const { store } = opening;
      const closing = opening.close();
      const closed = storageError('STORAGE_CLOSED');
      const refused = async (): Promise<void> => {
        await expect(opening.save()).rejects.toEqual(closed);
        await expect(store.reset()).rejects.toEqual(closed);
        await expect(store.remove()).rejects.toEqual(closed);
        await expect(store.load()).rejects.toEqual(closed);
        await expect(store.lock()).rejects.toEqual(closed);
      };
      await refused();
      await closing;
      rmSync(root, { recursive: true });
      await refused();
      expect(existsSync(root)).toBe(false);
    });

    it('is read, and nothing kept, where nothing can be written', async () => {
      const mounted = mountTestFileSystem(4 * 1024 * 1024);
      if (typeof mounted === 'string') return;
      try {
        const opening = await (await open(mounted.folder)).begin();
        await opening.write(0, 1);
        await opening.save();
        await opening.close();
        mounted.setReadOnly(true);
        const second = await open(mounted.folder);
        await expect(second.store.lock()).rejects.toEqual(storageError('STORAGE_READ_ONLY'));
        expect(summary(await second.store.load())).toEqual(unchanged([0, 1]));
        await second.close();
      } finally {
        mounted.unmount();
      }
    });
  });
}

describe('what is kept of a torrent’s data, damaged,', () => {
  it('is believed as far as it goes where the last record was cut off, anywhere', async () => {
    const root = temporaryFolder();
    const opening = await (await Opening.open(root, 0)).begin();
    await opening.write(0);
    await opening.write(7);
    opening.abandon();
    const path = lastJournal(opening);
    const whole = parseJournal(readFileSync(path), journalSeed(infoHash, sequenceOf(path)));
    expect(whole.records.map(({ kind }) => kind).filter((kind) => kind !== 'opened')).toHaveLength(4);
    const seen = new Set<string>();
    await forEachDamage(path, async (how) => {
      const next = await Opening.open(root, 0);
      const result = next.resume();
      if (how === 'flipped') await expect(result).rejects.toEqual(damaged);
      else seen.add(JSON.stringify(summary(await result)));
      await next.close();
    });
    const all = [...seen].map((text) => JSON.parse(text) as { had: number[]; toCheck: number[] });
    for (const { had } of all) expect([0, 7]).toEqual(expect.arrayContaining(had));
    expect(all.map(({ had }) => had)).toEqual(expect.arrayContaining([[], [0]]));
    await opening.close();
  });

  it('is refused where any byte of the snapshot is wrong or missing', async () => {
    const root = temporaryFolder();
    const opening = await (await Opening.open(root, 0)).begin();
    await opening.write(0, 7);
    opening.blocks.set(4, blocksOf(1));
    await opening.save();
    await opening.close();
    await forEachDamage(opening.path('resume'), async () => {
      const next = await Opening.open(root, 0);
      await expect(next.resume()).rejects.toEqual(damaged);
      await next.close();
    });
    expect(await foundIn(root, 0)).toEqual(unchanged([0, 7]));
  });
});

it('a storage that keeps no state has none, and no lock', async () => {
  const root = temporaryFolder();
  const storage = new FileStorage({ root, threads: 0, keepsState: false });
  const { torrent } = await OpenFixture.open(storage, resumeFixture());
  expect(torrent.resume).toBe(undefined);
  await storage.close();
});

/** What the next opening finds; it is closed again. */
async function foundIn(root: string, threads: number): Promise<object | undefined> {
  const opening = await Opening.open(root, threads);
  try {
    return summary(await opening.resume());
  } finally {
    await opening.close();
  }
}

function blocksOf(...blocks: readonly number[]): Bitfield {
  const bits = new Bitfield(2);
  for (const block of blocks) bits.add(block);
  return bits;
}
