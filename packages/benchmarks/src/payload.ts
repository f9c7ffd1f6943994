import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createTorrent, type Metainfo, parseMetainfo } from '@peerloom/core';

/** Bytes in a MiB. */
export const MiB = 1024 * 1024;

/** The data that is moved and checked. */
export interface Payload {
  /** Folder that holds its one file. */
  readonly folder: string;
  /** Its one file. */
  readonly path: string;
  readonly bytes: number;
  readonly digest: string;
  readonly torrentPath: string;
  readonly metainfo: Metainfo;
}

/** Writes a file of bytes that do not compress below `root`, and its torrent of pieces of 1 MiB. */
export async function makePayload(root: string, totalMiB: number): Promise<Payload> {
  const folder = join(root, 'data');
  const path = join(folder, 'payload.bin');
  await mkdir(folder);
  const file = await open(path, 'wx');
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(MiB);
  for (let index = 0; index < totalMiB; index++) await file.write(cipher.update(zeros));
  await file.close();
  const torrentPath = join(root, 'payload.torrent');
  const torrent = await createTorrent(path, { pieceLength: MiB });
  await writeFile(torrentPath, torrent);
  return {
    folder,
    path,
    bytes: totalMiB * MiB,
    digest: await digestOf(path),
    torrentPath,
    metainfo: parseMetainfo(torrent),
  };
}

/** Throws unless the file in `folder` has the payload's bytes: what moved something else has no speed. */
export async function requireSame({ path, digest }: Payload, folder: string): Promise<void> {
  if ((await digestOf(join(folder, basename(path)))) !== digest) {
    throw new Error('the download is not what was seeded');
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of createReadStream(path, { highWaterMark: MiB })) hash.update(chunk);
  return hash.digest('hex');
}
