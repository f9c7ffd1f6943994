import { createCipheriv } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CreateTorrentOptions, createTorrent, type Metainfo, parseMetainfo } from '@peerloom/core';

const KiB = 1024;
const MiB = 1024 * KiB;

/** A file, or a folder of files, and how it is cut into pieces. */
export interface PayloadSpec {
  /** Of the file, or of the folder. */
  readonly name: string;
  readonly pieceLength: number;
  /** Length of each file by its path below the folder; with the empty path for a single file. */
  readonly files: Readonly<Record<string, number>>;
}

/** What is moved: each stresses something else. */
export const payloads = {
  /** One file whose length is a multiple of nothing. */
  odd: { name: 'odd.bin', pieceLength: 32 * KiB, files: { '': 200_003 } },
  /** Names in many scripts, an empty file, files that share pieces, one block a piece. */
  tree: {
    name: 'Bücher & 音楽',
    pieceLength: 16 * KiB,
    files: {
      'Ångström/größe.dat': 700_001,
      'Ångström/Ελληνικά/μηδέν.txt': 0,
      'Русский текст.txt': 12,
      '日本語/資料 01.bin': 1_300_000,
      '日本語/資料 02.bin': 1,
      '🎻/décomposé.bin': 333_333,
    },
  },
  large: { name: 'large.bin', pieceLength: MiB, files: { '': 64 * MiB } },
  /** Pieces too large for an eighth of the default pool, so that their blocks pass over the disk. */
  hugePieces: { name: 'huge-pieces.bin', pieceLength: 16 * MiB, files: { '': 40 * MiB + 12_345 } },
} as const satisfies Readonly<Record<string, PayloadSpec>>;

/** Moved once. */
export const gibibyte: PayloadSpec = { name: 'gibibyte.bin', pieceLength: MiB, files: { '': 1024 * MiB } };

/** Name of one of {@link payloads}. */
export type PayloadName = keyof typeof payloads;

/** A payload on disk, and its torrent. */
export interface Payload {
  /** Folder that holds the file or folder of the payload's name. */
  readonly folder: string;
  /** The file or folder. */
  readonly path: string;
  readonly name: string;
  readonly totalBytes: number;
  readonly metainfo: Metainfo;
  readonly torrentPath: string;
}

/** What goes into its torrent besides. */
export type PayloadOptions = Pick<CreateTorrentOptions, 'trackers'>;

/** Length of what is made and written at a time. */
const chunkLength = 16 * MiB;

/** Writes bytes that do not repeat and do not compress, the same for the same key. */
async function writeNoise(path: string, length: number, key: string): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', key.padEnd(16).slice(0, 16), Buffer.alloc(16));
  const zeros = Buffer.alloc(Math.min(length, chunkLength));
  await using file = await open(path, 'w');
  for (let start = 0; start < length; start += chunkLength) {
    await file.write(cipher.update(zeros.subarray(0, length - start)));
  }
}

/** Writes a payload below `root` and makes its torrent. */
export async function makePayload(
  root: string,
  spec: PayloadSpec,
  options: PayloadOptions = {},
): Promise<Payload> {
  const folder = join(root, 'data');
  const path = join(folder, spec.name);
  let totalBytes = 0;
  for (const [index, [below, length]] of Object.entries(spec.files).entries()) {
    const file = join(path, below);
    await mkdir(dirname(file), { recursive: true });
    await writeNoise(file, length, `${index}`);
    totalBytes += length;
  }
  const bytes = await createTorrent(path, { pieceLength: spec.pieceLength, ...options });
  const torrentPath = join(root, 'payload.torrent');
  await writeFile(torrentPath, bytes);
  return { folder, path, name: spec.name, totalBytes, metainfo: parseMetainfo(bytes), torrentPath };
}
