import { type Endpoint, formatEndpoint, type Session } from '@peerloom/core';
import type { Warn } from '../output/warning.js';

/** Says where a peer that was named on the command line is not connected to because it is banned. */
export function warnOfBan(session: Session, remote: Endpoint, warn: Warn): void {
  const ban = session.bans().find(({ target }) => {
    if ('principal' in target || target.endpoint.address !== remote.address) return false;
    return target.portOnly !== true || target.endpoint.port === remote.port;
  });
  if (ban === undefined) return;
  const reason = ban.reason === '' ? '' : `: ${ban.reason}`;
  warn({ code: 'PEER_BANNED', message: `--peer: ${formatEndpoint(remote)} is banned${reason}` });
}
