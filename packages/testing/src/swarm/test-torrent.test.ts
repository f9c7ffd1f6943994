import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeTestTorrent } from './test-torrent.js';

describe('makeTestTorrent', () => {
  it('makes the same torrent for the same seed, and another for another', () => {
    const first = makeTestTorrent({ seed: 1 });
    expect(makeTestTorrent({ seed: 1 }).metainfoBytes).toEqual(first.metainfoBytes);
    expect(makeTestTorrent({ seed: 2 }).infoHash.hex).not.toBe(first.infoHash.hex);
  });

  it('has hashes that its content has, the short last piece included', () => {
    const { metainfo, data, pieceLength, pieceCount } = makeTestTorrent({ seed: 1, lengthBytes: 100_000 });
    expect(pieceCount).toBe(4);
    for (let piece = 0; piece < pieceCount; piece++) {
      const content = data.subarray(piece * pieceLength, (piece + 1) * pieceLength);
      const digest = createHash('sha1').update(content).digest();
      expect(Buffer.from(metainfo.info.pieceHash(piece))).toEqual(digest);
    }
  });

  it('splits its content into files below its name', () => {
    const { files, data, metainfo } = makeTestTorrent({
      seed: 1,
      name: 'folder',
      fileLengths: [10, 40_000, 0, 7],
      isPrivate: true,
      trackers: [['http://tracker.example/announce']],
    });
    expect(files.map(({ path }) => path)).toEqual([0, 1, 2, 3].map((i) => `folder/file-${i}`));
    expect(Buffer.concat(files.map(({ bytes }) => bytes))).toEqual(Buffer.from(data));
    expect(metainfo.info.isPrivate).toBe(true);
    expect(metainfo.trackers).toEqual([['http://tracker.example/announce']]);
    expect(metainfo.info.layout.files.map(({ lengthBytes }) => lengthBytes)).toEqual([10, 40_000, 0, 7]);
  });
});
