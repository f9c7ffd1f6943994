import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

const schemes: ReadonlySet<string> = new Set(['http:', 'https:', 'udp:', 'ws:', 'wss:']);

/** The value of `--tracker`: an announce URL, as it was given. Throws {@link CliError}. */
export function parseTracker(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    // The torrent file would hand them to everybody.
    throw new CliError('CLI_TRACKER', '--tracker: an announce URL with a user name or password in it');
  }
  if (url !== undefined && schemes.has(url.protocol) && url.hostname !== '') return text;
  throw new CliError(
    'CLI_TRACKER',
    `--tracker '${escapeText(text)}': not an announce URL (http, https, udp, ws or wss)`,
  );
}
