import { endpoint } from '@peerloom/core/plugin';
import type { AnnounceEvent } from '../../protocol/announce-event.js';
import { percentDecodeBytes } from '../../protocol/percent-encoding.js';
import { hashBytes } from '../../protocol/udp-layout.js';
import type { AnnounceRequest } from '../announce.js';

/** How the peers of a reply are to be written. */
export interface PeersForm {
  /** In compact form (BEP 23), which is what is taken for wanted where nothing is said. */
  readonly isCompact: boolean;
  /** Without peer ids, where they are dictionaries. */
  readonly omitsPeerIds: boolean;
}

/** An announce, and in which form its answer should be. */
export interface AnnounceQuery {
  readonly request: AnnounceRequest;
  readonly form: PeersForm;
}

/** Parameters that are looked at; others, `ip`, `ipv4` and `ipv6` among them, are not (BEP 7: they name victims). */
const announceParameters = new Set([
  'info_hash',
  'peer_id',
  'port',
  'uploaded',
  'downloaded',
  'left',
  'event',
  'numwant',
  'compact',
  'no_peer_id',
]);
const maxPort = 65_535;
const digits = /^\d{1,20}$/;
const events: Readonly<Record<string, AnnounceEvent>> = {
  started: 'started',
  completed: 'completed',
  stopped: 'stopped',
};

/** The announce in a query (BEP 3), of a peer at `address`; text that says what is wrong where there is none. */
export function readAnnounceQuery(query: string, address: string): AnnounceQuery | string {
  const parameters = new Map<string, string>();
  for (const part of query.split('&')) {
    const [name, value] = splitParameter(part);
    if (!announceParameters.has(name)) continue;
    if (parameters.has(name)) return `'${name}' is there twice`;
    const decoded = latin1(percentDecodeBytes(value));
    if (decoded === undefined) return `'${name}' is not percent-encoded`;
    parameters.set(name, decoded);
  }
  const infoHash = parameters.get('info_hash');
  const peerId = parameters.get('peer_id');
  if (infoHash?.length !== hashBytes) return "'info_hash' is not 20 bytes";
  if (peerId?.length !== hashBytes) return "'peer_id' is not 20 bytes";
  const port = figure(parameters.get('port'));
  if (port === undefined || port < 1 || port > maxPort) return "'port' is not 1 to 65535";
  const leftBytes = figure(parameters.get('left'));
  if (leftBytes === undefined) return "'left' is not a number of bytes";
  const uploadedBytes = figure(parameters.get('uploaded') ?? '0');
  if (uploadedBytes === undefined) return "'uploaded' is not a number of bytes";
  const downloadedBytes = figure(parameters.get('downloaded') ?? '0');
  if (downloadedBytes === undefined) return "'downloaded' is not a number of bytes";
  const numwant = parameters.get('numwant') ?? '-1';
  const wantedPeers = figure(numwant);
  if (wantedPeers === undefined && !/^-\d{1,20}$/.test(numwant)) return "'numwant' is not a number";
  return {
    request: {
      infoHash,
      peerId,
      peer: endpoint(address, port),
      event: eventOf(parameters.get('event') ?? ''),
      uploadedBytes,
      downloadedBytes,
      leftBytes,
      wantedPeers,
    },
    form: {
      isCompact: parameters.get('compact') !== '0',
      omitsPeerIds: parameters.get('no_peer_id') === '1',
    },
  };
}

/** The infohashes in a query (BEP 48), each of 20 characters; text that says what is wrong where there are none. */
export function readScrapeQuery(query: string, maxTorrents: number): readonly string[] | string {
  const infoHashes = new Set<string>();
  let count = 0;
  for (const part of query.split('&')) {
    const [name, value] = splitParameter(part);
    if (name !== 'info_hash') continue;
    if (++count > maxTorrents) return `more than ${maxTorrents} torrents`;
    const infoHash = latin1(percentDecodeBytes(value));
    if (infoHash?.length !== hashBytes) return "'info_hash' is not 20 bytes";
    infoHashes.add(infoHash);
  }
  return infoHashes.size > 0 ? [...infoHashes] : 'only torrents that are named are told of';
}

function splitParameter(part: string): readonly [name: string, value: string] {
  const equals = part.indexOf('=');
  return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
}

/** Events that we don't know, such as `paused` (BEP 21), say no more than that the peer is there. */
function eventOf(name: string): AnnounceEvent {
  return Object.hasOwn(events, name) ? (events[name] ?? 'none') : 'none';
}

function figure(text: string | undefined): number | undefined {
  if (text === undefined || !digits.test(text)) return undefined;
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

function latin1(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
