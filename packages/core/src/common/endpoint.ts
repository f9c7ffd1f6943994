import { EndpointError } from './errors.js';
import { printable } from './printable.js';

/** Address and port of a peer, listener or server. Build with {@link endpoint} or parse. */
export interface Endpoint {
  /** IPv4 in dotted form or IPv6 in canonical lower-case form; never IPv4-mapped IPv6. */
  readonly address: string;
  /** 1–65535; 0 only where any free port is asked for. */
  readonly port: number;
  /** Whether the address is an IPv4 or IPv6 one. */
  readonly family: 4 | 6;
}

const ipv4Pattern = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function isIPv4(address: string): boolean {
  return ipv4Pattern.test(address);
}

/**
 * Groups of one side of `::`; `undefined` where one is malformed. Where the address ends with this side
 * (`isLast`) its tail may be dotted and counts as two.
 */
function parseGroups(part: string, isLast: boolean): number[] | undefined {
  if (part === '') return [];
  const groups: number[] = [];
  const fields = part.split(':');
  for (const [i, field] of fields.entries()) {
    if (isLast && i === fields.length - 1 && isIPv4(field)) {
      const [a = 0, b = 0, c = 0, d = 0] = field.split('.').map(Number);
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(field)) {
      groups.push(Number.parseInt(field, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/** The eight 16-bit groups of an IPv6 address, its zone dropped; `undefined` where it is not one. */
function ipv6Groups(address: string): number[] | undefined {
  const text = address.replace(/%[\w.-]+$/, '');
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const front = parseGroups(halves[0] ?? '', halves.length === 1);
  if (front === undefined) return undefined;
  if (halves.length === 1) return front.length === 8 ? front : undefined;
  const back = parseGroups(halves[1] ?? '', true);
  if (back === undefined || front.length + back.length > 7) return undefined;
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function formatIPv6(groups: readonly number[]): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > bestLength) {
      bestStart = start;
      bestLength = end - start;
    }
    if (end > start) start = end;
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (bestStart < 0) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}

/**
 * The one spelling of an address: IPv6 shortened as in RFC 5952, without a zone, IPv4-mapped IPv6 as
 * IPv4. `undefined` where `address` is not an IP address.
 */
export function normalizeAddress(address: string): string | undefined {
  if (isIPv4(address)) return address;
  const groups = ipv6Groups(address);
  if (groups === undefined) return undefined;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const high = groups[6] ?? 0;
    const low = groups[7] ?? 0;
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return formatIPv6(groups);
}

/**
 * An {@link Endpoint} from an IP address and a port. Throws `ENDPOINT_ADDRESS` or `ENDPOINT_PORT`.
 */
export function endpoint(address: string, port: number): Endpoint {
  const normal = normalizeAddress(address);
  if (normal === undefined) {
    throw new EndpointError('ENDPOINT_ADDRESS', `not an IP address: '${printable(address)}'`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new EndpointError('ENDPOINT_PORT', `not a port (0 to 65535): ${port}`);
  }
  return { address: normal, port, family: normal.includes(':') ? 6 : 4 };
}

/** A host (name or address, no brackets) and port. */
export interface HostPort {
  /** A host name, or an IP address without brackets. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
}

/**
 * Splits `HOST:PORT` or `[IPv6]:PORT`; the host may be a name. Throws `ENDPOINT_SYNTAX` or
 * `ENDPOINT_PORT`.
 */
export function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([\w:.%-]+)\]|([\p{L}\p{N}._-]{1,253})):(\d{1,5})$/u.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (!match || host === undefined || (match[1] !== undefined && ipv6Groups(host) === undefined)) {
    throw new EndpointError('ENDPOINT_SYNTAX', `not HOST:PORT or [IPv6]:PORT: '${printable(text)}'`);
  }
  const port = Number(match[3]);
  if (port > 65_535) throw new EndpointError('ENDPOINT_PORT', `not a port (0 to 65535): ${port}`);
  return { host, port };
}

/** Parses `ADDRESS:PORT` where the host is an IP address. Throws {@link EndpointError}. */
export function parseEndpoint(text: string): Endpoint {
  const { host, port } = parseHostPort(text);
  return endpoint(host, port);
}

/** `1.2.3.4:6881` or `[2001:db8::1]:6881`. Also the key under which endpoints are compared. */
export function formatEndpoint({ address, port, family }: Endpoint): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The 4 or 16 bytes of a valid address in network order, as compact peer lists carry it (BEP 23, 7). */
export function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  const bytes = new Uint8Array(16);
  (ipv6Groups(address) ?? []).forEach((group, i) => {
    bytes[i * 2] = group >> 8;
    bytes[i * 2 + 1] = group & 255;
  });
  return bytes;
}

/** The address of 4 or 16 bytes in network order; `undefined` for another length. */
export function addressFromBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0));
  return normalizeAddress(groups.map((group) => group.toString(16)).join(':'));
}

/** Whether the address is loopback (127.0.0.0/8, ::1). */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/**
 * Whether the address is of this host or its local networks: loopback, RFC 1918, link-local, unique
 * local, unspecified. Such addresses are taken only from senders that are local themselves.
 */
export function isLocalAddress(address: string): boolean {
  if (isLoopbackAddress(address)) return true;
  if (isIPv4(address)) {
    const [a = 0, b = 0] = address.split('.').map(Number);
    return (
      a === 0 ||
      a === 10 ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254)
    );
  }
  const first = ipv6Groups(address)?.[0] ?? 0;
  return address === '::' || (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80;
}

/** Key of the block of addresses one party is taken to own: the IPv4 address, or the IPv6 /64. */
export function addressPrefixKey(address: string): string {
  if (isIPv4(address)) return address;
  return `${(ipv6Groups(address) ?? [])
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
