import { join } from 'node:path';

/** Folder below a storage's root that holds what the engine itself keeps, and no torrent's files. */
const stateFolderName = '.peerloom';

/**
 * The folder of one torrent's own state: `<root>/.peerloom/<infohash>`.
 *
 * @param infoHash 40 hexadecimal digits.
 */
export function stateFolder(root: string, infoHash: string): string {
  return join(root, ...stateFolderPath(infoHash));
}

/** Path elements of {@link stateFolder} below the root. */
export function stateFolderPath(infoHash: string): readonly string[] {
  return [stateFolderName, infoHash];
}

/** Whether a torrent's path starts in the engine's own folder, on systems too where case makes no difference. */
export function isInStateFolder([first = '']: readonly string[]): boolean {
  return first.toLowerCase() === stateFolderName;
}
