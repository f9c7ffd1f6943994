import type { Session } from '@peerloom/core';
import type { Warn } from '../output/warning.js';

/** Warns of each tracker that fails, once until it works again, and once of each that warns of something itself. */
export function warnOfTrackers(session: Session, warn: Warn): void {
  const warned = new Set<string>();
  session.on('plugin', ({ plugin, event, data }) => {
    if (plugin !== 'tracker') return;
    const { url, code = 'TRACKER_WARNING', message } = data;
    if (event === 'reply') warned.delete(`failure ${url}`);
    if ((event !== 'failure' && event !== 'warning') || warned.has(`${event} ${url}`)) return;
    warned.add(`${event} ${url}`);
    warn({ code: String(code), message: `tracker ${url}: ${message}` });
  });
}
