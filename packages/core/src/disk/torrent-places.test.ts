import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { builtWorkerUrl, requireBuiltWorker, TorrentFixture, temporaryFolder } from './disk-fixture.fake.js';
import { FileStorage } from './file-storage.js';
import { expectBytes, OpenFixture, storageError } from './storage-suite.fake.js';
import { mountTestFileSystem } from './tmpfs.fake.js';

// For machines that are busy with other things.
vi.setConfig({ testTimeout: 30_000 });

const kib = 1024;
const mib = 1024 * kib;
const mounted = mountTestFileSystem(mib);
const reason =
  typeof mounted === 'string' ? ` (skipped: no file system can be mounted here: ${mounted})` : '';

beforeAll(requireBuiltWorker);

afterAll(() => {
  if (typeof mounted !== 'string') mounted.unmount();
});

const fixture = new TorrentFixture(32 * kib, [
  { path: 't/a', lengthBytes: 40 * kib },
  { path: 't/sub/b', lengthBytes: 70 * kib + 3 },
  { path: 't/c', lengthBytes: 300 * kib },
]);
const stateFolder = join('.peerloom', fixture.layout.infoHash ?? '');

/** Everything below a folder that is no folder, in order. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function everythingIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
}

for (const threads of [0, 2]) {
  const mode = threads === 0 ? 'inline' : 'with two workers';

  const storageAt = (root: string, onWarning: (message: string) => void = failOnWarning): FileStorage => {
    const storage = new FileStorage({ root, threads, workerUrl: builtWorkerUrl, onWarning });
    onTestFinished(() => storage.close());
    return storage;
  };

  /** A torrent of which three pieces are written and the second file is kept aside. */
  async function openPartly(root: string): Promise<OpenFixture> {
    const open = await OpenFixture.open(storageAt(root), fixture);
    await open.torrent.selectFiles?.([1]);
    for (const piece of [1, 3, 5]) await open.writePiece(piece);
    return open;
  }

  async function expectPartly(open: OpenFixture): Promise<void> {
    for (const piece of [1, 3, 5]) {
      expect(await open.hashPiece(piece)).toBe('ok');
      expectBytes(await open.read(piece, 0, 32 * kib), fixture.piece(piece));
    }
  }

  const partlyFiles = ['parts/1', 'parts/3', 'places.json'].map((name) => join(stateFolder, name));
  const partly = [...partlyFiles, 't/a', 't/c'].sort();

  describe(`moving a torrent, ${mode}`, () => {
    test('files, what is kept aside and the state move; the rest is written there', async () => {
      const [from, to] = [temporaryFolder(), join(temporaryFolder(), 'made', 'by the move')];
      const open = await openPartly(from);
      writeFileSync(join(from, stateFolder, 'more state'), 'kept');
      writeFileSync(join(from, 'of somebody else'), '');
      await open.torrent.move?.(to);
      expect(everythingIn(from)).toEqual(['of somebody else']);
      expect(filesIn(to)).toEqual([...partly, join(stateFolder, 'more state')].sort());
      await expectPartly(open);
      await open.torrent.selectFiles?.([]);
      for (let piece = 0; piece < fixture.layout.pieceCount; piece++) await open.writePiece(piece);
      for (const [file, { path }] of fixture.layout.files.entries()) {
        expectBytes(readFileSync(join(to, ...path)), fixture.file(file));
      }
      expect(everythingIn(from)).toEqual(['of somebody else']);
      await open.torrent.sync();
    });

    test('the next opening, at the new place, knows what is there', async () => {
      const [from, to] = [temporaryFolder(), temporaryFolder()];
      const open = await openPartly(from);
      await open.torrent.move?.(to);
      await open.torrent.close();
      await expectPartly(await OpenFixture.open(storageAt(to), fixture));
    });

    test('what is under way is done before, what comes meanwhile after', async () => {
      const [from, to] = [temporaryFolder(), temporaryFolder()];
      const open = await openPartly(from);
      const pieces = [...Array(fixture.layout.pieceCount).keys()];
      const results = await Promise.all([
        ...pieces.map((piece) => open.writePiece(piece)),
        open.torrent.move?.(to),
        ...pieces.map((piece) => open.hashPiece(piece)),
        open.torrent.move?.(from),
        ...pieces.map((piece) => open.hashPiece(piece)),
      ]);
      const ok = pieces.map(() => 'ok');
      expect(results).toEqual([...ok, undefined, ...ok, undefined, ...ok]);
      expect(everythingIn(to)).toEqual([]);
    });

    test('where something is in the way everything stays where it was', async () => {
      for (const inTheWay of ['t/c', join(stateFolder, 'places.json')]) {
        const [from, to] = [temporaryFolder(), temporaryFolder()];
        const open = await openPartly(from);
        mkdirSync(join(to, inTheWay, '..'), { recursive: true });
        writeFileSync(join(to, inTheWay), 'theirs');
        await expect(open.torrent.move?.(to)).rejects.toEqual(storageError('STORAGE_EXISTS', inTheWay));
        expect(filesIn(from)).toEqual(partly);
        expect(filesIn(to)).toEqual([inTheWay]);
        expect(readFileSync(join(to, inTheWay), 'utf8')).toBe('theirs');
        await expectPartly(open);
      }
    });

    test('a place that is no folder, or leads elsewhere, is refused', async () => {
      const [from, to] = [temporaryFolder(), temporaryFolder()];
      const open = await openPartly(from);
      writeFileSync(join(to, 'file'), '');
      await expect(open.torrent.move?.(join(to, 'file'))).rejects.toEqual(storageError('STORAGE_NOT_A_FILE'));
      symlinkSync(temporaryFolder(), join(to, 't'));
      await expect(open.torrent.move?.(to)).rejects.toEqual(storageError('STORAGE_SYMLINK'));
      await expect(open.torrent.move?.('')).rejects.toEqual(storageError('STORAGE_PATH'));
      expect(filesIn(from)).toEqual(partly);
      await expectPartly(open);
    });

    test('to where it is changes nothing, whatever the place is called', async () => {
      const root = temporaryFolder();
      const open = await openPartly(root);
      const alias = join(temporaryFolder(), 'alias');
      symlinkSync(root, alias);
      await open.torrent.move?.(root);
      await open.torrent.move?.(alias);
      expect(filesIn(root)).toEqual(partly);
      await expectPartly(open);
    });

    test('one that was killed half way can be done again', async () => {
      const [from, to] = [temporaryFolder(), temporaryFolder()];
      const open = await openPartly(from);
      mkdirSync(join(to, 't'));
      linkSync(join(from, 't/a'), join(to, 't/a'));
      await open.torrent.move?.(to);
      expect(filesIn(to)).toEqual(partly);
      expect(filesIn(from)).toEqual([]);
      await expectPartly(open);
    });

    test('closing ends it, with everything where it was', async () => {
      const [from, to] = [temporaryFolder(), temporaryFolder()];
      const open = await openPartly(from);
      const moved = expect(open.torrent.move?.(to)).rejects.toEqual(storageError('STORAGE_ABORTED'));
      await open.torrent.close();
      await moved;
      expect(filesIn(from)).toEqual(partly);
      expect(everythingIn(to)).toEqual([]);
    });
  });

  describe.skipIf(typeof mounted === 'string')(
    `moving a torrent to another file system, ${mode}${reason}`,
    () => {
      if (typeof mounted === 'string') return;
      const { folder } = mounted;

      test('and back takes everything along, with the times of change, and holes stay holes', async () => {
        const from = temporaryFolder();
        const open = await openPartly(from);
        // The third file, 300 KiB long: the middle was never written.
        await open.writePiece(12);
        const before = statSync(join(from, 't/c'));
        const to = join(folder, `to-${threads}`);
        await open.torrent.move?.(to);
        const after = statSync(join(to, 't/c'));
        expect(after.size).toBe(before.size);
        expect(after.mtimeMs).toBeCloseTo(before.mtimeMs, 0);
        expect(after.blocks * 512).toBeLessThan(200 * kib);
        expect(filesIn(to)).toEqual(partly);
        expect(everythingIn(from)).toEqual([]);
        await expectPartly(open);
        await open.torrent.move?.(from);
        expect(filesIn(from)).toEqual(partly);
        expect(filesIn(folder)).toEqual([]);
        await expectPartly(open);
      });

      test('that fills up leaves everything where it was, and nothing there', async () => {
        const from = temporaryFolder();
        const open = await openPartly(from);
        for (let piece = 3; piece < fixture.layout.pieceCount; piece++) await open.writePiece(piece);
        const ballast = join(folder, 'ballast');
        writeFileSync(ballast, new Uint8Array(mib - 250 * kib));
        await expect(open.torrent.move?.(join(folder, `full-${threads}`))).rejects.toEqual(
          storageError('STORAGE_FULL', 't/c'),
        );
        expect(filesIn(folder)).toEqual(['ballast']);
        expect(existsSync(join(folder, `full-${threads}`))).toBe(false);
        expect(filesIn(from)).toEqual(partly);
        await expectPartly(open);
        rmSync(ballast);
        await open.torrent.move?.(join(folder, `full-${threads}`));
        await open.torrent.move?.(from);
      });
    },
  );

  describe(`a record of where files are, ${mode}`, () => {
    const places = join(stateFolder, 'places.json');

    test('that is damaged is told, and files are looked for where the torrent says', async () => {
      for (const damage of ['{"aside":[7],"paths":[]}', '{"aside":[],"paths":[[0,["..","x"]]]}', '{']) {
        const root = temporaryFolder();
        const first = await openPartly(root);
        await first.torrent.close();
        writeFileSync(join(root, places), damage);
        const warnings: string[] = [];
        const second = await OpenFixture.open(
          storageAt(root, (message) => warnings.push(message)),
          fixture,
        );
        expect(await second.hashPiece(5)).toBe('ok');
        expect(await second.hashPiece(1)).toBe('missing');
        expect(warnings).toEqual([expect.stringContaining('damaged')]);
      }
    });

    test('a rename that was killed is found done or not begun, whichever it is', async () => {
      for (const isDone of [false, true, 'half']) {
        const root = temporaryFolder();
        const first = await openPartly(root);
        await first.torrent.close();
        const renaming = { file: 2, from: ['t', 'c'], to: ['t', 'new'] };
        writeFileSync(join(root, places), JSON.stringify({ aside: [1], paths: [], renaming }));
        if (isDone !== false) linkSync(join(root, 't/c'), join(root, 't/new'));
        if (isDone === true) rmSync(join(root, 't/c'));
        const second = await OpenFixture.open(storageAt(root), fixture);
        await expectPartly(second);
        const name = isDone === false ? 't/c' : 't/new';
        expect(filesIn(root)).toEqual([...partlyFiles, 't/a', name].sort());
        // That is known from then on, whatever is at the other path later.
        await second.torrent.close();
        const other = isDone === false ? 't/new' : 't/c';
        writeFileSync(join(root, other), 'theirs');
        if (isDone !== false) rmSync(join(root, name));
        const third = await OpenFixture.open(storageAt(root), fixture);
        const path = isDone === false ? undefined : ['t', 'new'];
        expect((await third.torrent.stat([2]))[0]?.path).toEqual(path);
      }
    });

    test('a selection that was killed after it put a file in its place loses nothing', async () => {
      const root = temporaryFolder();
      const first = await openPartly(root);
      const before = [readFileSync(join(root, places)), ...[1, 3].map((piece) => partOf(root, piece))];
      await first.torrent.selectFiles?.([]);
      await first.torrent.close();
      mkdirSync(join(root, stateFolder, 'parts'), { recursive: true });
      [places, ...[1, 3].map((piece) => join(stateFolder, 'parts', String(piece)))].forEach((path, index) => {
        writeFileSync(join(root, path), before[index] ?? '');
      });
      const second = await OpenFixture.open(storageAt(root), fixture);
      // It can't tell its own file from another: that is for a check.
      expect(await second.torrent.selectFiles?.([])).toEqual([1]);
      await expectPartly(second);
      expect(filesIn(join(root, stateFolder))).toEqual(['places.json']);
    });

    test('what is kept aside stays while something else is in its place, and comes back once it is gone', async () => {
      const root = temporaryFolder();
      const first = await openPartly(root);
      await first.torrent.close();
      const theirs = join(root, 't/sub/b');
      mkdirSync(join(root, 't/sub'), { recursive: true });
      writeFileSync(theirs, 'theirs');
      const second = await OpenFixture.open(storageAt(root), fixture);
      expect(await second.torrent.selectFiles?.([])).toEqual([1]);
      expect(await second.hashPiece(1)).toBe('missing');
      await second.torrent.close();
      expect(readFileSync(theirs, 'utf8')).toBe('theirs');
      expect(filesIn(join(root, stateFolder))).toEqual(['parts/1', 'parts/3', 'places.json']);
      // Unwanted again, it is used as before.
      const third = await OpenFixture.open(storageAt(root), fixture);
      expect(await third.torrent.selectFiles?.([1])).toEqual([]);
      await expectPartly(third);
      await third.torrent.close();
      rmSync(theirs);
      const fourth = await OpenFixture.open(storageAt(root), fixture);
      expect(await fourth.torrent.selectFiles?.([])).toEqual([]);
      await expectPartly(fourth);
      expect(filesIn(join(root, stateFolder))).toEqual(['places.json']);
    });

    test('a file whose place was taken is renamed and moved like others, and what is kept of it stays', async () => {
      const [from, to] = [temporaryFolder(), temporaryFolder()];
      const open = await openPartly(from);
      mkdirSync(join(from, 't/sub'), { recursive: true });
      writeFileSync(join(from, 't/sub/b'), 'theirs');
      expect(await open.torrent.selectFiles?.([])).toEqual([1]);
      await open.torrent.renameFile?.(1, ['t', 'b']);
      await open.torrent.move?.(to);
      expect(readFileSync(join(to, 't/b'), 'utf8')).toBe('theirs');
      expect(filesIn(to)).toEqual([...partly, 't/b'].sort());
      await open.torrent.close();
      rmSync(join(to, 't/b'));
      const second = await OpenFixture.open(storageAt(to), fixture);
      await second.torrent.selectFiles?.([]);
      await expectPartly(second);
    });
  });
}

function partOf(root: string, piece: number): Buffer {
  return readFileSync(join(root, stateFolder, 'parts', String(piece)));
}

function failOnWarning(message: string): void {
  throw new Error(`unexpected warning: ${message}`);
}
