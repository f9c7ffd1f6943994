import { fileURLToPath } from 'node:url';

/** Path of the script that an engine runs at the end of a download. */
export const doneScript = fileURLToPath(new URL('../../engines/print_done.sh', import.meta.url));

/** What {@link doneScript} prints. */
export const doneLine = 'the torrent is done';
