import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeNamedPipe, temporaryFolder } from './disk-fixture.fake.js';
import { listFiles } from './list-files.js';
import { storageError } from './storage-suite.fake.js';

function tree(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe('listFiles', () => {
  test('a folder: all files below it, ordered by path elements, hidden and empty ones too', async () => {
    const root = tree({
      't/b/z': '1',
      't/b/a': '22',
      't/b.txt': '333',
      't/.hidden': '',
      't/B': '4',
      x: 'no',
    });
    mkdirSync(join(root, 't/nothing'));
    const listing = await listFiles(join(root, 't/'));
    expect(listing).toMatchObject({ root, name: 't', isFolder: true });
    expect(listing.files.map(({ path, lengthBytes }) => [path.join('/'), lengthBytes])).toEqual([
      ['t/.hidden', 0],
      ['t/B', 1],
      ['t/b/a', 2],
      ['t/b/z', 1],
      ['t/b.txt', 3],
    ]);
  });

  test('a single file', async () => {
    const root = tree({ one: 'abc' });
    expect(await listFiles(join(root, 'one'))).toEqual({
      root,
      name: 'one',
      isFolder: false,
      files: [{ path: ['one'], lengthBytes: 3 }],
    });
  });

  test('a symbolic link anywhere is refused, even one that stays inside', async () => {
    const root = tree({ 't/a': '1', 't/d/b': '2' });
    symlinkSync('a', join(root, 't/link'));
    await expect(listFiles(join(root, 't'))).rejects.toEqual(storageError('STORAGE_SYMLINK', 't/link'));
    await expect(listFiles(join(root, 't/link'))).rejects.toEqual(storageError('STORAGE_SYMLINK', 'link'));
    symlinkSync('t', join(root, 'folder'));
    await expect(listFiles(join(root, 'folder/'))).rejects.toEqual(storageError('STORAGE_SYMLINK', 'folder'));
    symlinkSync('nowhere', join(root, 't/d/dangling'));
    await expect(listFiles(join(root, 't/d'))).rejects.toEqual(storageError('STORAGE_SYMLINK', 'd/dangling'));
  });

  test('what is neither file nor folder is refused', async () => {
    const root = tree({ 't/a': '1' });
    makeNamedPipe(join(root, 't/pipe'));
    await expect(listFiles(join(root, 't'))).rejects.toEqual(storageError('STORAGE_NOT_A_FILE', 't/pipe'));
  });

  test('a path without data, or that is not there, is told clearly', async () => {
    const root = tree({ 'empty/sub/file': '', file: '' });
    mkdirSync(join(root, 'bare'));
    for (const name of ['empty', 'bare', 'file']) {
      await expect(listFiles(join(root, name))).rejects.toEqual(storageError('STORAGE_EMPTY', name));
    }
    await expect(listFiles(join(root, 'none'))).rejects.toEqual(storageError('STORAGE_NOT_FOUND', 'none'));
  });
});
