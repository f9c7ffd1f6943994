import { createHash } from 'node:crypto';
import { type Metainfo, parseMetainfo } from '@peerloom/core/plugin';
import type { TestTorrent } from '@peerloom/testing';

const pieceLength = 16 * 1024;

/** A torrent of so many files, all empty but for the first, whose metadata is about 120 bytes a file. */
export function manyFiles(count: number): TestTorrent {
  const data = new Uint8Array(100);
  const paths = Array.from({ length: count }, (_, index) => [
    `a folder with a name that is rather long ${index % 100}`,
    `a file with a name that is longer, number ${index}.txt`,
  ]);
  const files = paths.map((path, index) => {
    return `d6:lengthi${index === 0 ? data.length : 0}e4:pathl${path.map(text).join('')}ee`;
  });
  const pieces = text(createHash('sha1').update(data).digest().toString('latin1'));
  const info = `d5:filesl${files.join('')}e4:name4:many12:piece lengthi${pieceLength}e6:pieces${pieces}e`;
  // By hand: it is quicker than the encoder, which checks and sorts.
  const metainfoBytes = new Uint8Array(Buffer.from(`d4:info${info}e`, 'latin1'));
  const metainfo: Metainfo = parseMetainfo(metainfoBytes);
  const { infoHash } = metainfo.info;
  return {
    metainfo,
    metainfoBytes,
    infoHash,
    magnet: { infoHash, trackers: [], peers: [] },
    data,
    pieceLength,
    pieceCount: 1,
    files: [{ path: ['many', ...(paths[0] ?? [])].join('/'), bytes: data }],
  };
}

function text(value: string): string {
  return `${value.length}:${value}`;
}
