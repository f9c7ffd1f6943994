import { type Alert, type Endpoint, formatEndpoint } from '@peerloom/core';
import { formatDuration } from '../output/format.js';
import type { EventText } from './event-text.js';

/** Connections that are being made, at most; what others do is told without how long it took. */
const maxOpening = 1_024;

/** How long connections wait for handshakes and holds. */
export class ConnectionTimes {
  /** When connections were made that are not ready yet, by session and remote. */
  readonly #openedMs = new Map<string, number>();

  /** What an alert of a session says of that; `undefined` where nothing. */
  take(
    alert: Alert,
    node: string,
    timeMs: number,
    who: (endpoint: Endpoint) => string,
  ): EventText | undefined {
    if (alert.type !== 'peerConnected' && alert.type !== 'peerReady' && alert.type !== 'peerDisconnected') {
      return undefined;
    }
    const key = `${node} ${formatEndpoint(alert.endpoint)}`;
    if (alert.type === 'peerConnected') {
      if (this.#openedMs.size < maxOpening) this.#openedMs.set(key, timeMs);
      return undefined;
    }
    const openedMs = this.#openedMs.get(key);
    this.#openedMs.delete(key);
    const waitMs = openedMs === undefined ? undefined : timeMs - openedMs;
    const wait: EventText['details'] = waitMs === undefined ? [] : [['heldMs', waitMs.toFixed(1)]];
    const took = waitMs === undefined ? '' : ` for ${waitText(waitMs)}`;
    const remote = who(alert.endpoint);
    if (alert.type === 'peerReady') {
      const text = `let ${remote} in, held${took} by handshakes and extensions`;
      return { kind: 'hold', text, details: wait };
    }
    if (openedMs === undefined) return undefined;
    const { code, message, plugin } = alert.reason;
    return {
      kind: 'hold',
      text: `never let ${remote} in, held${took}: ${message}`,
      details: [...wait, ['code', code], ...(plugin === undefined ? [] : [['plugin', plugin] as const])],
    };
  }
}

function waitText(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : formatDuration(ms);
}
