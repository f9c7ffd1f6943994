import { type AlertOf, type Endpoint, formatEndpoint } from '@peerloom/core';
import { formatCount } from '../output/format.js';

type PluginAlert = AlertOf<'plugin'>;

/** What an event of `remote` says; `undefined` where it is told in another way. */
type Words = (event: PluginAlert, remote: string) => string | undefined;

/** What a third-party extension tells takes this much of a line at most. */
const maxDataLength = 160;

/** Events of our own extensions in words, by extension and event. */
const words: Readonly<Record<string, Readonly<Record<string, Words>>>> = {
  ut_metadata: {
    hashFailed: ({ data }) =>
      `metadata of ${formatCount(numberOf(data.senderCount), 'peer')} together had the wrong hash`,
    unusable: () => 'the metadata is of no torrent that can be used',
    fault: ({ data }, remote) => `${remote} sends no right metadata (${textOf(data.fault)})`,
  },
  ut_pex: {
    learned: ({ data }, remote) =>
      `${remote} told of ${formatCount(numberOf(data.count), 'peer')} (peer exchange)`,
    malformed: ({ data }, remote) => `${remote} sends malformed peer exchange: ${textOf(data.problem)}`,
    flood: (_event, remote) => `${remote} sends too much peer exchange`,
  },
  // What trackers fail by and warn of is told as a warning.
  tracker: {
    announce: () => undefined,
    reply: ({ data }) =>
      numberOf(data.newPeers) === 0
        ? undefined
        : `tracker ${textOf(data.url)} told of ${formatCount(numberOf(data.newPeers), 'peer')}`,
    failure: () => undefined,
    warning: () => undefined,
  },
  // The alert of the ban itself has all of it.
  'smart-ban': { banned: () => undefined },
  'closed-network': {
    confirmed: ({ data }, remote) => {
      const { name } = data;
      return `${remote} is a member${name === undefined ? '' : `: ${textOf(name)}`}`;
    },
    refused: ({ data }, remote) => `${remote} was refused: ${textOf(data.message)} (${textOf(data.code)})`,
    revocations: ({ data }) => `revocation list ${textOf(data.number)} is in force`,
    ownCertificate: ({ data }) => `our own certificate: ${textOf(data.message)} (${textOf(data.code)})`,
  },
};

/**
 * What one of our own extensions has told, in words; `undefined` where it is none of ours, or told in another way.
 * `who` names remotes.
 */
export function ownEventText(alert: PluginAlert, who: (endpoint: Endpoint) => string): string | undefined {
  const { endpoint } = alert;
  return wordsOf(alert)?.(alert, endpoint === undefined ? 'a peer' : who(endpoint));
}

/** What an extension has told, in words; of one that is not known its name, its event, and the data as they are. */
export function extensionEventText(alert: PluginAlert): string | undefined {
  if (wordsOf(alert) !== undefined) return ownEventText(alert, formatEndpoint);
  const { plugin, event, endpoint, data } = alert;
  const about = endpoint === undefined ? '' : ` ${formatEndpoint(endpoint)}`;
  const rest = typeof data.message === 'string' ? data.message : dataText(data);
  return `${plugin}: ${event}${about}${rest === '' ? '' : `: ${rest}`}`;
}

function wordsOf({ plugin, event }: PluginAlert): Words | undefined {
  const ours = Object.hasOwn(words, plugin) ? words[plugin] : undefined;
  return ours !== undefined && Object.hasOwn(ours, event) ? ours[event] : undefined;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

/** Fields that are plain values, as `name value`. */
function dataText(data: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(data)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return text.length > maxDataLength ? `${text.slice(0, maxDataLength)}…` : text;
}
