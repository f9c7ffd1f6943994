import { isLocalAddress, isLoopbackAddress } from '@peerloom/core/plugin';

/** How far an address means the same thing: on one host, on a local network, everywhere. */
export const scopes = { host: 0, local: 1, global: 2 } as const;

/** One of {@link scopes}. Who asks from one scope is told of peers in it and in wider ones. */
export type Scope = (typeof scopes)[keyof typeof scopes];

/** The scope of an address. */
export function scopeOf(address: string): Scope {
  if (isLoopbackAddress(address)) return scopes.host;
  return isLocalAddress(address) ? scopes.local : scopes.global;
}
