import { stat } from 'node:fs/promises';
import { CliError } from '../cli-error.js';
import { readTextFile } from '../input/text-file.js';
import { escapeText } from '../output/escape-text.js';

const codes = { unreadable: 'CLI_NETWORK_FILE', mode: 'CLI_NETWORK_FILE_MODE' };

/** Text of a file of a closed network. Rejects with `CLI_NETWORK_FILE`; `CLI_NETWORK_FILE_MODE` where others can read a key. */
export function readNetworkFile(path: string): Promise<string> {
  return readTextFile({ path, where: 'network', codes, isSecret });
}

/** Revocation lists are for everybody; all else is for its owner. */
function isSecret(text: string): boolean {
  return !text.startsWith('peerloom-revoked-');
}

/** Whether there is a file. Rejects with `CLI_NETWORK_FILE` where that cannot be told. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      const message = `network: '${escapeText(path)}' cannot be read: ${error.code}`;
      throw new CliError(codes.unreadable, message, { cause: error });
    },
  );
}
