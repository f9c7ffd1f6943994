import type { InfoHash, PeerloomError, Session } from '@peerloom/core';
import type { Warn } from '../output/warning.js';

/**
 * Warns where what is known of a torrent and its data from the last time is not used, so that it is fetched again or
 * checked, and once a torrent where it cannot be kept for the next time.
 */
export function warnOfResume(session: Session, warn: Warn): void {
  // What is told when the session stops is of torrents that are gone.
  const names = new Map<string, string>();
  const warned = new Set<string>();
  const tell = (infoHash: InfoHash, consequence: string, { code, message }: PeerloomError): void => {
    const name = names.get(infoHash.hex) ?? infoHash.hex;
    warn({ code, message: `${name}: ${consequence}: ${message}` });
  };
  session.on('torrentAdded', ({ infoHash, name }) => names.set(infoHash.hex, name));
  session.on('resumeRejected', ({ infoHash, error, fileCount }) => {
    tell(infoHash, fileCount === 0 ? 'all of it is checked' : 'what was changed is checked', error);
  });
  session.on('metadataRejected', ({ infoHash, error }) => {
    tell(infoHash, 'its metadata is fetched again', error);
  });
  session.on('resumeSaveFailed', ({ infoHash, error }) => {
    if (warned.has(infoHash.hex)) return;
    warned.add(infoHash.hex);
    tell(infoHash, 'what is known of it cannot be kept', error);
  });
}
