import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTorrent } from '@peerloom/core';

/** Bytes in a MiB. */
export const MiB = 1024 * 1024;

const fileName = 'payload.bin';

/** The data that is moved and checked. */
export interface Payload {
  /** Folder that holds its one file. */
  readonly folder: string;
  readonly torrentPath: string;
  readonly totalMiB: number;
  readonly digest: string;
}

/** Writes a file of bytes that do not compress below `root`, and its torrent of pieces of 1 MiB. */
export async function makePayload(root: string, totalMiB: number): Promise<Payload> {
  const folder = join(root, 'data');
  await mkdir(folder);
  const file = await open(join(folder, fileName), 'wx');
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(MiB);
  for (let index = 0; index < totalMiB; index++) await file.write(cipher.update(zeros));
  await file.close();
  const torrentPath = join(root, 'payload.torrent');
  await writeFile(torrentPath, await createTorrent(join(folder, fileName), { pieceLength: MiB }));
  return { folder, torrentPath, totalMiB, digest: await digestOf(folder) };
}

/** Throws unless the file in `folder` has the payload's bytes: what moved something else has no speed. */
export async function requireSame(payload: Payload, folder: string): Promise<void> {
  if ((await digestOf(folder)) !== payload.digest) throw new Error('the download is not what was seeded');
}

async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of createReadStream(join(folder, fileName), { highWaterMark: MiB }))
    hash.update(chunk);
  return hash.digest('hex');
}
