import { stat } from 'node:fs/promises';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

/** Whether there is a folder: `'absent'` where nothing is there. Throws {@link CliError} for something else. */
async function lookAt(path: string, option: string): Promise<'folder' | 'absent'> {
  const where = `${option} '${escapeText(path)}'`;
  try {
    if ((await stat(path)).isDirectory()) return 'folder';
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (errno === 'ENOENT') return 'absent';
    if (errno !== 'ENOTDIR') throw new CliError('CLI_FOLDER', `${where}: ${errno}`, { cause: error });
  }
  throw new CliError('CLI_FOLDER', `${where}: not a folder`);
}

/** Requires that data may be put below a path: it is a folder, or nothing yet. Throws {@link CliError}. */
export async function requireOutputFolder(path: string, option: string): Promise<void> {
  await lookAt(path, option);
}

/** Requires a folder. Throws {@link CliError}. */
export async function requireFolder(path: string, option: string): Promise<void> {
  if ((await lookAt(path, option)) === 'folder') return;
  throw new CliError('CLI_FOLDER', `${option} '${escapeText(path)}': there is no such folder`);
}
