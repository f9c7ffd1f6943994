import {
  type Alert,
  type AlertOf,
  formatEndpoint,
  type InfoHash,
  type PluginFaultAction,
} from '@peerloom/core';
import { formatDuration } from '../output/format.js';
import { extensionEventText } from './extension-events.js';

/** An alert in words. */
export interface AlertText {
  readonly text: string;
  /** What is bounded together. */
  readonly kind: string;
  /** Whether something is wrong with an extension or the engine: for standard error. */
  readonly isProblem: boolean;
  readonly infoHash: InfoHash | undefined;
}

/** What followed a fault, in words. */
const actionText: Readonly<Record<PluginFaultAction, string>> = {
  peerClosed: 'the connection was closed',
  pluginDetached: 'it was taken out',
  torrentStopped: 'the torrent is paused',
  torrentsStopped: 'all torrents are paused',
  torrentRefused: 'the torrent was not added',
  stateKept: 'its state is that of the last time',
};

/** What an alert says to people; `undefined` where it is told in another way. */
export function alertText(alert: Alert): AlertText | undefined {
  const infoHash = 'infoHash' in alert ? alert.infoHash : undefined;
  const said = (text: string, isProblem = false, kind: string = alert.type): AlertText => ({
    ...{ text, kind, isProblem, infoHash },
  });
  switch (alert.type) {
    case 'peerBanned':
      return said(banText(alert));
    case 'peerUnbanned':
      return said(`${whoOf(alert)} is no longer banned`);
    case 'hashFailed':
      return said(`piece ${alert.piece} is wrong and is fetched again`);
    case 'plugin': {
      const text = extensionEventText(alert);
      return text === undefined ? undefined : said(text, false, `${alert.plugin} ${alert.event}`);
    }
    case 'pluginFault': {
      const { plugin, hook, error, action } = alert;
      const what = error instanceof Error ? error.message : String(error);
      return said(`extension ${plugin} failed in ${hook}: ${what} (${actionText[action]})`, true);
    }
    case 'pluginWarning':
      return said(`extension ${alert.plugin}: ${alert.message}`, true);
    case 'sessionError':
      return said(`${alert.error.message} (${alert.error.code})`, true);
    default:
      return undefined;
  }
}

function banText(alert: AlertOf<'peerBanned'>): string {
  const { reason, durationMs } = alert;
  const time = durationMs < 0 ? '' : ` for ${formatDuration(durationMs)}`;
  return `${whoOf(alert)} is banned${time}${reason === '' ? '' : `: ${reason}`}`;
}

function whoOf({ endpoint, principal }: Pick<AlertOf<'peerBanned'>, 'endpoint' | 'principal'>): string {
  return endpoint === undefined ? (principal ?? '?') : formatEndpoint(endpoint);
}
