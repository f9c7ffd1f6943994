import { isLocalAddress, normalizeAddress } from '@peerloom/core/plugin';

/** The URL of a tracker, taken apart. */
export interface TrackerUrl {
  /** As it was given. */
  readonly text: string;
  readonly scheme: 'http' | 'https' | 'udp';
  /** A name, or an IP address without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Host and port, as a request names them; the port only where it is not the usual one. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
}

const maxUrlLength = 4096;
const defaultPorts = { 'http:': 80, 'https:': 443 } as const;

/** Takes a URL apart; `undefined` where it is not one of a tracker over HTTP, HTTPS or UDP. */
export function parseTrackerUrl(text: string): TrackerUrl | undefined {
  if (text.length > maxUrlLength) return undefined;
  const scheme = /^(https?|udp):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  // As HTTP a host is read in the same way whatever the scheme: lower case, addresses in their one form.
  const url = parseUrl(scheme === 'udp' ? text.replace(/^udp/i, 'http') : text);
  if (url === undefined || url.hostname === '') return undefined;
  const port = url.port === '' ? defaultPorts[url.protocol as keyof typeof defaultPorts] : Number(url.port);
  if (port === 0) return undefined;
  return {
    text,
    scheme: scheme as TrackerUrl['scheme'],
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    authority: url.host,
    path: `${url.pathname}${url.search}`,
  };
}

/** Where a redirect leads; `undefined` where that is not HTTP or HTTPS. */
export function redirectTarget(from: TrackerUrl, location: string): TrackerUrl | undefined {
  const url = parseUrl(location, `${from.scheme}://${from.authority}${from.path}`);
  const target = url && parseTrackerUrl(url.href);
  return target?.scheme === 'udp' ? undefined : target;
}

/**
 * Where the tracker is scraped (BEP 48): the last element of its path begins with `announce`, which becomes `scrape`.
 * `undefined` where it has none; a UDP tracker is scraped where it is (BEP 15).
 */
export function scrapeUrl(url: TrackerUrl): TrackerUrl | undefined {
  if (url.scheme === 'udp') return url;
  const path = url.path.replace(/^([^?]*\/)announce(?=[^/?]*(?:\?|$))/, '$1scrape');
  return path === url.path ? undefined : { ...url, path };
}

const localNames = /^(?:[^.]+|(?:.*\.)?(?:localhost|local|internal|test|home\.arpa))\.?$/;

/**
 * Whether a host is meant to be on this machine or its own networks: a local address, a name without dots, or one of
 * a domain that is nobody's in public (RFC 6761, 6762, 8375). Any other name may not lead there.
 */
export function isLocalHost(host: string): boolean {
  const address = normalizeAddress(host);
  return address === undefined ? localNames.test(host) : isLocalAddress(address);
}

/**
 * Whether an HTTP request may go there although it is local: the path has an element that begins with `announce` or
 * `scrape`, so that no torrent makes us ask anything else of what listens on a local network. Slashes that are escaped
 * there are some servers' way to another path.
 */
export function looksLikeTracker({ path }: TrackerUrl): boolean {
  const [elements = ''] = path.split('?', 1);
  return /\/(?:announce|scrape)/.test(elements) && !/%(?:2f|5c)/i.test(elements);
}

function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
