import { gunzipSync } from 'node:zlib';
import type { Clock, Endpoint, Network } from '@peerloom/core/plugin';
import type { TrackerRoute } from '../announcement.js';
import { checkedAddresses } from '../checked-addresses.js';
import { TrackerError } from '../tracker-error.js';
import { isLocalHost, redirectTarget, type TrackerUrl } from '../tracker-url.js';
import { httpExchange } from './http-exchange.js';
import { type HttpResponse, maxBodyBytes } from './response-parser.js';
import type { TlsClient } from './tls-client.js';

/** What a request is made with. */
export interface HttpEnvironment {
  readonly network: Network;
  readonly clock: Clock;
  readonly tls: TlsClient;
  /** What we say that we are; printable ASCII. */
  readonly userAgent: string;
}

const maxRedirects = 3;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const connectTimeoutMs = 10_000;

/**
 * The body that an HTTP GET gives, of whatever status. Redirects are followed three times, each to an address of the
 * same family that was resolved and checked anew; a host that is not local never leads to one that is, and HTTPS never
 * to HTTP. Rejects with {@link TrackerError}, or the reason of `signal`.
 */
export async function httpGet(
  environment: HttpEnvironment,
  route: TrackerRoute,
  signal: AbortSignal,
): Promise<HttpResponse> {
  let { url, remote } = route;
  let mayBeLocal = isLocalHost(url.host);
  for (let redirects = 0; ; redirects++) {
    const response = await get(environment, { ...route, url, remote }, signal);
    const location = redirectStatuses.has(response.status) ? response.headers.get('location') : undefined;
    if (location === undefined) return { ...response, body: plainBody(response) };
    if (redirects === maxRedirects) {
      throw new TrackerError('TRACKER_REDIRECT', `redirected more than ${maxRedirects} times`);
    }
    url = targetOf(url, location);
    mayBeLocal &&= isLocalHost(url.host);
    remote = await addressOf(environment.network, url, remote.family, { mayBeLocal, signal });
  }
}

function targetOf(url: TrackerUrl, location: string): TrackerUrl {
  const target = redirectTarget(url, location);
  if (target === undefined) throw new TrackerError('TRACKER_REDIRECT', 'redirected to what is no HTTP URL');
  if (url.scheme === 'https' && target.scheme !== 'https') {
    throw new TrackerError('TRACKER_REDIRECT', 'redirected from HTTPS to HTTP');
  }
  return target;
}

async function addressOf(
  network: Network,
  url: TrackerUrl,
  family: 4 | 6,
  options: { readonly mayBeLocal: boolean; readonly signal: AbortSignal },
): Promise<Endpoint> {
  const addresses = await checkedAddresses(network, url, options);
  const address = addresses.find((candidate) => candidate.family === family);
  if (address !== undefined) return address;
  throw new TrackerError('TRACKER_REDIRECT', `redirected to ${url.host}, which has no IPv${family} address`);
}

function get(
  { network, tls, userAgent }: HttpEnvironment,
  { url, remote, localAddress }: TrackerRoute,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const head = [
    `GET ${url.path} HTTP/1.1`,
    `Host: ${url.authority}`,
    `User-Agent: ${userAgent}`,
    'Accept-Encoding: identity',
    'Connection: close',
  ];
  const request = new TextEncoder().encode(`${head.join('\r\n')}\r\n\r\n`);
  const connection = network.dial(remote, {
    timeoutMs: connectTimeoutMs,
    ...(localAddress !== undefined && { localAddress }),
  });
  const stream = url.scheme === 'https' ? tls.secure(connection, url.host) : connection;
  return httpExchange(stream, request, signal);
}

/** Trackers compress although they are not asked to. */
function plainBody({ headers, body }: HttpResponse): Uint8Array {
  const coding = headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  if (coding === 'identity' || coding === '') return body;
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new TrackerError('TRACKER_HTTP', 'the reply is encoded in a way that was not asked for');
  }
  try {
    return gunzipSync(body, { maxOutputLength: maxBodyBytes });
  } catch (cause) {
    throw new TrackerError('TRACKER_HTTP', 'the reply is not what gzip makes, or longer than 1 MiB', {
      cause,
    });
  }
}
