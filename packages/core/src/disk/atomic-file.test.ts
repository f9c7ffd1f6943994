import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFileBounded, writeFileAtomic } from './atomic-file.js';
import { makeNamedPipe, noise, temporaryFolder } from './disk-fixture.fake.js';
import { expectBytes, storageError } from './storage-suite.fake.js';

describe('writeFileAtomic', () => {
  test('makes and replaces a file, and leaves nothing else', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'state');
    await writeFileAtomic(path, noise(100_000, 1));
    expectBytes(readFileSync(path), noise(100_000, 1));
    await writeFileAtomic(path, noise(10, 2));
    expectBytes(readFileSync(path), noise(10, 2));
    expect(readdirSync(folder)).toEqual(['state']);
  });

  test('writers at the same time leave the whole of one of them', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'state');
    const versions = [1, 2, 3, 4].map((seed) => noise(50_000 + seed, seed));
    await Promise.all(versions.map((bytes) => writeFileAtomic(path, bytes)));
    const found = readFileSync(path);
    expect(versions.some((bytes) => Buffer.compare(bytes, found) === 0)).toBe(true);
    expect(readdirSync(folder)).toEqual(['state']);
  });

  test('a failure leaves what was there, and no temporary file', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'state/full'), { recursive: true });
    const path = join(folder, 'state');
    await expect(writeFileAtomic(path, noise(10, 1))).rejects.toEqual(
      storageError('STORAGE_NOT_A_FILE', path),
    );
    expect(readdirSync(folder)).toEqual(['state']);
    expect(readdirSync(path)).toEqual(['full']);
    const nowhere = join(folder, 'none/state');
    const missing = storageError('STORAGE_NOT_FOUND', nowhere);
    await expect(writeFileAtomic(nowhere, noise(10, 1))).rejects.toEqual(missing);
  });

  test('a temporary file that another process left is passed over', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'state');
    for (let i = 0; i < 50; i++) writeFileSync(join(folder, `.state.${process.pid}.${i}.tmp`), 'left');
    await writeFileAtomic(path, noise(10, 1));
    expectBytes(readFileSync(path), noise(10, 1));
    expect(readFileSync(join(folder, `.state.${process.pid}.49.tmp`), 'utf8')).toBe('left');
  });
});

describe('readFileBounded', () => {
  test('reads up to the limit and no further', async () => {
    const path = join(temporaryFolder(), 'f');
    for (const length of [0, 1, 65_535, 65_536, 200_000]) {
      writeFileSync(path, noise(length, 3));
      expectBytes(await readFileBounded(path, 200_000), noise(length, 3));
    }
    expectBytes(await readFileBounded(path, 200_000), noise(200_000, 3));
    const tooLarge = storageError('STORAGE_TOO_LARGE', path);
    await expect(readFileBounded(path, 199_999)).rejects.toEqual(tooLarge);
    await expect(readFileBounded(path, 0)).rejects.toEqual(tooLarge);
  });

  test('reads files whose size the system does not tell, within the limit too', async () => {
    const whole = await readFileBounded('/proc/self/status', 1024 * 1024);
    expect(Buffer.from(whole).toString()).toContain('VmPeak');
    await expect(readFileBounded('/proc/self/status', 100)).rejects.toEqual(
      storageError('STORAGE_TOO_LARGE'),
    );
  });

  test('refuses what is no file, without waiting', async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, 'pipe');
    makeNamedPipe(pipe);
    await expect(readFileBounded(pipe, 10)).rejects.toEqual(storageError('STORAGE_NOT_A_FILE', pipe));
    await expect(readFileBounded(folder, 10)).rejects.toEqual(storageError('STORAGE_NOT_A_FILE', folder));
    const none = join(folder, 'none');
    await expect(readFileBounded(none, 10)).rejects.toEqual(storageError('STORAGE_NOT_FOUND', none));
  });
});
