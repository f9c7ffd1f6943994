import {
  addressBytes,
  type Endpoint,
  endpoint,
  isLocalAddress,
  type Network,
  normalizeAddress,
} from '@peerloom/core/plugin';
import { TrackerError } from './tracker-error.js';
import { isLocalHost, looksLikeTracker, type TrackerUrl } from './tracker-url.js';
import { untilAborted } from './until-aborted.js';

/** Addresses that are looked at of one name. */
const maxAddresses = 32;

/**
 * Where a tracker is: what its host resolves to, without what may not be dialled. A name that is not a local one never
 * leads to a local address, so that whoever owns a name cannot make us ask what is behind our firewall; and where
 * `mayBeLocal` is false, because another host has redirected us, nothing does. Dial these and never the name again.
 * Rejects with {@link TrackerError}: `TRACKER_RESOLVE`, `TRACKER_LOCAL`, or the reason of `signal`.
 */
export async function checkedAddresses(
  network: Network,
  url: TrackerUrl,
  { mayBeLocal, signal }: { readonly mayBeLocal: boolean; readonly signal: AbortSignal },
): Promise<readonly Endpoint[]> {
  const literal = normalizeAddress(url.host);
  const found = literal === undefined ? await resolve(network, url, signal) : [literal];
  const usable = found.slice(0, maxAddresses).filter(isUnicast);
  const mayUseLocal = mayBeLocal && isLocalHost(url.host) && (url.scheme === 'udp' || looksLikeTracker(url));
  const allowed = usable.filter((address) => mayUseLocal || !isLocalAddress(address));
  if (allowed.length > 0) return allowed.map((address) => endpoint(address, url.port));
  if (usable.length === 0) throw new TrackerError('TRACKER_RESOLVE', `no usable address: ${url.host}`);
  throw new TrackerError('TRACKER_LOCAL', `${url.host} leads to a local address, where it must not`);
}

async function resolve(network: Network, url: TrackerUrl, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const found = await untilAborted(network.resolve(url.host), signal);
    return found.flatMap((address) => normalizeAddress(address) ?? []);
  } catch (error) {
    if (error instanceof TrackerError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new TrackerError('TRACKER_RESOLVE', message, { cause: error });
  }
}

/** Neither unspecified nor multicast nor broadcast. */
function isUnicast(address: string): boolean {
  const first = addressBytes(address)[0] ?? 0;
  if (address.includes(':')) return address !== '::' && first !== 0xff;
  return first > 0 && first < 224;
}
