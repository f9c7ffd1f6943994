import { open } from 'node:fs/promises';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

/** Longest file that is read as an option's value. */
const maxOptionFileBytes = 1024 * 1024;
/** Anything for group or others. */
const othersMode = 0o077;

/** A file that an option's value is read from. */
export interface OptionFile {
  readonly path: string;
  /** For messages: whose option it is. */
  readonly where: string;
  /** Refused where others than its owner may read or write it. */
  readonly isSecret: boolean;
}

/**
 * Text of a file that stands for an option's value. Rejects with {@link CliError}: `CLI_EXT_FILE` where it
 * cannot be read or is longer than 1 MiB, `CLI_EXT_FILE_MODE` for a secret that is not its owner's alone.
 */
export async function readOptionFile({ path, where, isSecret }: OptionFile): Promise<string> {
  const named = `${where}: '${escapeText(path)}'`;
  const file = await open(path).catch((error: unknown) => {
    throw new CliError('CLI_EXT_FILE', `${named} cannot be read: ${errnoOf(error)}`, { cause: error });
  });
  try {
    const { mode, size } = await file.stat();
    if (isSecret && process.platform !== 'win32' && (mode & othersMode) !== 0) {
      const message = `${named} is a secret, and others than its owner have access to it; chmod 600 it`;
      throw new CliError('CLI_EXT_FILE_MODE', message);
    }
    if (size > maxOptionFileBytes) throw new CliError('CLI_EXT_FILE', `${named} is longer than 1 MiB`);
    return await file.readFile('utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('CLI_EXT_FILE', `${named} cannot be read: ${errnoOf(error)}`, { cause: error });
  } finally {
    await file.close();
  }
}

function errnoOf(error: unknown): string {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return errno === 'ENOENT' ? 'there is no such file' : errno === 'EISDIR' ? 'it is a folder' : errno;
}
