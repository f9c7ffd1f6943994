import { createReadStream } from 'node:fs';
import {
  isPeerloomError,
  limits,
  type Magnet,
  type Metainfo,
  parseMagnet,
  parseMetainfo,
} from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { exitCodes } from '../exit-code.js';
import { escapeText } from '../output/escape-text.js';

/** Whether an argument is a magnet link rather than the path of a file. */
export function isMagnetLink(source: string): boolean {
  return /^magnet:/i.test(source);
}

/** Reads a magnet link. Throws {@link CliError} with the code of `parseMagnet`. */
export function readMagnet(link: string): Magnet {
  return inputStep('magnet link', () => parseMagnet(link));
}

/** Reads a .torrent file. Rejects with {@link CliError}, which names the file. */
export async function readTorrentFile(path: string): Promise<Metainfo> {
  const bytes = await readBounded(path);
  return inputStep(`'${escapeText(path)}'`, () => parseMetainfo(bytes));
}

function inputStep<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isPeerloomError(error)) throw error;
    throw new CliError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

const failures: Readonly<Record<string, readonly [code: string, words: string]>> = {
  ENOENT: ['STORAGE_NOT_FOUND', 'there is no such file'],
  ENOTDIR: ['STORAGE_NOT_FOUND', 'there is no such file'],
  EISDIR: ['STORAGE_NOT_A_FILE', 'it is a folder'],
  EACCES: ['STORAGE_PERMISSION', 'permission is denied'],
  EPERM: ['STORAGE_PERMISSION', 'permission is denied'],
};

async function readBounded(path: string): Promise<Uint8Array> {
  const where = `'${escapeText(path)}'`;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limits.maxTorrentFileBytes) {
        throw new CliError('METAINFO_TOO_LARGE', `${where} is longer than a torrent file may be (64 MiB)`);
      }
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const [code, words] = failures[errno] ?? ['STORAGE_IO', errno];
    const exitCode = code === 'STORAGE_IO' ? exitCodes.disk : exitCodes.usage;
    throw new CliError(code, `cannot read ${where}: ${words}`, { exitCode, cause: error });
  }
  return Buffer.concat(chunks);
}
