import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStorage, Session, type TorrentHandle } from '@peerloom/core';
import { makeTestTorrent } from '@peerloom/testing';
import { describe, expect, it, onTestFinished } from 'vitest';

const pieceLength = 16 * 1024;
const content = makeTestTorrent({
  seed: 'found',
  pieceLength,
  fileLengths: [3 * pieceLength, 2 * pieceLength],
});

interface Found {
  readonly root: string;
  readonly first: string;
  readonly torrent: TorrentHandle;
  readonly errors: { readonly code: string; readonly path: string | undefined }[];
  readonly oversized: unknown[];
}

/** A torrent on real files, which `prepare` makes before it is added. */
function open(prepare: (folder: string) => void): Found {
  const root = mkdtempSync(join(tmpdir(), 'peerloom-found-'));
  const folder = join(root, 'content');
  mkdirSync(folder);
  prepare(folder);
  const storage = new FileStorage({ root, threads: 0 });
  const session = new Session({ storage });
  onTestFinished(async () => {
    await session.stop();
    await storage.close();
    rmSync(root, { recursive: true, force: true });
  });
  const errors: Found['errors'] = [];
  const oversized: unknown[] = [];
  session.on('torrentError', ({ error }) => {
    errors.push({ code: error.code, path: 'path' in error ? String(error.path) : undefined });
  });
  session.on('fileOversized', (alert) => oversized.push(alert));
  const torrent = session.addTorrent({ torrent: content.metainfo });
  return { root, first: join(folder, 'file-0'), torrent, errors, oversized };
}

function bytesOf(file: number): Uint8Array {
  return content.files[file]?.bytes ?? new Uint8Array(0);
}

describe('files that are found when a torrent is added', () => {
  it.each([
    ['a folder', (path: string) => mkdirSync(path), 'STORAGE_NOT_A_FILE'],
    ['a symbolic link', (path: string) => symlinkSync('/etc/hostname', path), 'STORAGE_SYMLINK'],
  ])('%s in place of a file is told during the check', async (_, make, code) => {
    const { torrent, errors } = open((folder) => make(join(folder, 'file-0')));
    await expect(torrent.checked()).rejects.toMatchObject({ code, path: 'content/file-0' });
    expect(torrent.state).toBe('error');
    expect(errors).toEqual([{ code, path: 'content/file-0' }]);
  });

  it('a file of another length that holds nothing of the torrent is not written over', async () => {
    for (const lengthBytes of [100, 3 * pieceLength + 1]) {
      const theirs = new Uint8Array(lengthBytes).fill(7);
      const { first, torrent, errors } = open((folder) => writeFileSync(join(folder, 'file-0'), theirs));
      await expect(torrent.checked()).rejects.toMatchObject({ code: 'STORAGE_FOREIGN_FILE' });
      expect(torrent.state).toBe('error');
      expect(errors).toHaveLength(1);
      expect(Buffer.compare(readFileSync(first), theirs)).toBe(0);
      // Out of the way, it goes on.
      rmSync(first);
      torrent.resume();
      await torrent.checked();
      expect(torrent.state).toBe('downloading');
    }
  });

  it('a file that is longer keeps its tail, and is told with both lengths', async () => {
    const longer = Buffer.concat([bytesOf(0), Buffer.from('tail')]);
    const { first, torrent, oversized, errors } = open((folder) => {
      writeFileSync(join(folder, 'file-0'), longer);
      writeFileSync(join(folder, 'file-1'), bytesOf(1));
    });
    await torrent.checked();
    expect(torrent.state).toBe('seeding');
    expect(errors).toEqual([]);
    expect(oversized).toMatchObject([
      { file: 0, path: 'content/file-0', lengthBytes: 3 * pieceLength + 4, expectedBytes: 3 * pieceLength },
    ]);
    expect(Buffer.compare(readFileSync(first), longer)).toBe(0);
  });

  it('a file that is shorter counts for the pieces that are in it', async () => {
    const { torrent, errors } = open((folder) => {
      writeFileSync(join(folder, 'file-0'), bytesOf(0).subarray(0, 2 * pieceLength + 5));
    });
    await torrent.checked();
    expect(torrent.state).toBe('downloading');
    expect(torrent.stats.piecesHave).toBe(2);
    expect(errors).toEqual([]);
  });
});
