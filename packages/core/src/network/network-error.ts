import { type Endpoint, formatEndpoint } from '../common/endpoint.js';
import { NetworkError } from '../common/errors.js';

const codes = new Map([
  ['EADDRINUSE', 'NETWORK_ADDRESS_IN_USE'],
  ['EADDRNOTAVAIL', 'NETWORK_ADDRESS_UNAVAILABLE'],
  ['EAFNOSUPPORT', 'NETWORK_ADDRESS_UNAVAILABLE'],
  ['ECONNREFUSED', 'NETWORK_REFUSED'],
  ['ETIMEDOUT', 'NETWORK_TIMEOUT'],
  ['ECONNRESET', 'NETWORK_RESET'],
  ['ECONNABORTED', 'NETWORK_RESET'],
  ['EPIPE', 'NETWORK_RESET'],
  ['ENETUNREACH', 'NETWORK_UNREACHABLE'],
  ['EHOSTUNREACH', 'NETWORK_UNREACHABLE'],
  ['ENETDOWN', 'NETWORK_UNREACHABLE'],
  ['EHOSTDOWN', 'NETWORK_UNREACHABLE'],
  ['EACCES', 'NETWORK_PERMISSION'],
  ['EPERM', 'NETWORK_PERMISSION'],
]);

/**
 * A system error on a socket as {@link NetworkError}; `NETWORK_FAILED` for what has no code of its own.
 * `what` says what was tried, for example `cannot listen on`.
 */
export function networkError(what: string, where: Endpoint, cause: unknown): NetworkError {
  const errno = systemCode(cause);
  const code = codes.get(errno) ?? 'NETWORK_FAILED';
  return new NetworkError(code, `${what} ${formatEndpoint(where)}: ${errno}`, { cause });
}

/** The system's name of an error, such as `ECONNRESET`; its message where it has none. */
export function systemCode(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : String(cause);
}
