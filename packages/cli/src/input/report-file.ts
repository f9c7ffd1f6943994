import { open, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StorageError } from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';
import { requireFolder } from './folder.js';

/**
 * Requires that a report can be put there, in the place of a file that may be there. Throws {@link CliError}, and
 * `StorageError` where the medium does not let it be written.
 */
export async function requireReportFile(path: string): Promise<void> {
  const where = `--report '${escapeText(path)}'`;
  await requireFolder(dirname(path), '--report');
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) throw new CliError('CLI_REPORT', `${where}: is not a file`);
  // Whether a file can be made there is what the system alone knows.
  const trial = join(dirname(path), `.${basename(path)}.${process.pid}.trial`);
  try {
    await (await open(trial, 'wx')).close();
    await unlink(trial);
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const code = errno === 'EACCES' || errno === 'EPERM' ? 'STORAGE_PERMISSION' : 'STORAGE_IO';
    throw new StorageError(code, `${where}: cannot be written: ${errno}`, path, { cause: error });
  }
}
