import type { Alert, Endpoint } from '@peerloom/core';
import { ownEventText } from '../events/extension-events.js';
import { alertJson } from '../output/alert-json.js';
import { formatDuration } from '../output/format.js';
import { type EventKind, type RecordedEvent, recordingLimits } from './recording.js';

/** What an alert says, before it is known when and of which session. */
export type EventText = Pick<RecordedEvent, 'kind' | 'text' | 'details'>;

/** Cut to what a recording keeps of one text. */
export function shorten(text: string): string {
  const { textLength } = recordingLimits;
  return text.length <= textLength ? text : `${text.slice(0, textLength - 1)}…`;
}

/**
 * What an alert says to people; `undefined` for what a report shows in another way, or not at all. `who` names remotes.
 * Connections being made are told once they are ready, or when they end before: see {@link ConnectionTimes}.
 */
export function eventText(alert: Alert, who: (endpoint: Endpoint) => string): EventText | undefined {
  const event = (kind: EventKind, text: string, details: object = {}): EventText => ({
    kind,
    text: shorten(text),
    details: detailsOf(details),
  });
  switch (alert.type) {
    case 'torrentAdded':
      return event('torrent', `added the torrent ${alert.name}`);
    case 'torrentChecked':
      return event('torrent', `checked what is there: ${alert.piecesHave} of ${alert.pieceCount} pieces`);
    case 'metadataReceived':
      return event('torrent', 'learned the metadata from peers');
    case 'torrentFinished':
      return event('torrent', 'has all pieces');
    case 'peerDisconnected': {
      const { message, ...reason } = alert.reason;
      return event('connection', `disconnected from ${who(alert.endpoint)}: ${message}`, reason);
    }
    case 'peerBlocked':
      return event('connection', `let nobody in from ${who(alert.endpoint)}: ${alert.message}`, {
        code: alert.code,
      });
    case 'peerError':
      return event('problem', `${who(alert.endpoint)} broke the protocol: ${alert.message}`, {
        code: alert.code,
      });
    case 'peerSnubbed':
      return event('connection', `${who(alert.endpoint)} does not answer requests in time`);
    case 'peerBanned': {
      const { endpoint, principal, reason, plugin, durationMs } = alert;
      const time = durationMs < 0 ? 'for ever' : `for ${formatDuration(durationMs)}`;
      const target = endpoint === undefined ? (principal ?? 'somebody') : who(endpoint);
      return event('ban', `banned ${target} ${time}: ${reason}`, { plugin, principal, endpoint });
    }
    case 'peerUnbanned': {
      const target = alert.endpoint === undefined ? (alert.principal ?? 'somebody') : who(alert.endpoint);
      return event('ban', `no longer bans ${target}`);
    }
    case 'hashFailed':
      return event('hash', `piece ${alert.piece} came wrong and is fetched again`, { piece: alert.piece });
    case 'plugin': {
      // What scenarios look at themselves; what it tells of is seen from the connections.
      if (alert.plugin === 'peer-watch') return undefined;
      const about = alert.endpoint === undefined ? '' : ` ${who(alert.endpoint)}`;
      // Which block of which piece gave a peer away is what an extension knows and the ban does not say.
      const kind = alert.event === 'banned' ? 'ban' : 'extension';
      const text = ownEventText(alert, who) ?? `${alert.plugin}: ${alert.event}${about}`;
      return event(kind, text, alert.data);
    }
    case 'pluginFault': {
      const { plugin, hook, scope, error, action } = alert;
      const what = error instanceof Error ? error.message : String(error);
      return event('problem', `extension ${plugin} failed in ${hook}: ${what}`, { scope, action });
    }
    case 'pluginWarning':
      return event('problem', `extension ${alert.plugin}: ${alert.message}`);
    case 'torrentError':
    case 'sessionError':
    case 'metadataFailed':
    case 'listenFailed':
      return event('problem', alert.error.message, { code: alert.error.code });
    case 'performanceWarning':
      return event('problem', alert.message);
    case 'alertsDropped':
      return event('problem', `${alert.count} alerts came too fast and are missing here`);
    default:
      return undefined;
  }
}

function detailsOf(data: object): readonly (readonly [string, string])[] {
  const fields = alertJson({ ...data });
  const pairs: (readonly [string, string])[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (pairs.length === recordingLimits.details) break;
    pairs.push([shorten(name), shorten(typeof value === 'string' ? value : JSON.stringify(value))]);
  }
  return pairs;
}
