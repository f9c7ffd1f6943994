import { open, unlink } from 'node:fs/promises';
import { StorageError, writeFileAtomic } from '@peerloom/core';
import { CliError } from '../cli-error.js';

/** A file that must not be there yet. */
export interface NewFile {
  readonly path: string;
  /** For messages: what it was named for. */
  readonly where: string;
  /** Permissions, before the process's mask; 0o600 for secrets. */
  readonly mode?: number;
  /** What to do where it is there, for the message. */
  readonly advice?: string;
}

/**
 * Writes all of a new file or nothing, and never over one, one that came up meanwhile included. Rejects with
 * `CLI_OUTPUT_EXISTS`, or with `StorageError`.
 */
export async function writeNewFile({ path, where, mode, advice }: NewFile, bytes: Uint8Array): Promise<void> {
  const reserved = await open(path, 'wx', mode).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw existsError(where, advice);
    throw new StorageError('STORAGE_IO', `cannot write ${where}: ${error.code}`, path, { cause: error });
  });
  await reserved.close();
  try {
    await writeFileAtomic(path, bytes, mode);
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  }
}

/** A file is there that would be written over. */
export function existsError(where: string, advice?: string): CliError {
  const rest = advice === undefined ? '' : `; ${advice}`;
  return new CliError('CLI_OUTPUT_EXISTS', `${where}: exists already${rest}`);
}
