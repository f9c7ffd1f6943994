import {
  asBytes,
  asDict,
  asInteger,
  asText,
  type BencodeDict,
  type BencodeValue,
} from '../bencode/bencode.js';
import { utf8 } from '../common/bytes.js';
import { addressFromBytes } from '../common/endpoint.js';
import { WireError } from '../common/errors.js';
import { limits } from '../common/limits.js';

/**
 * What a peer's extension handshake says (BEP 10). A field is there only where the peer sent it with
 * a usable value: a later handshake says only what changed.
 */
export interface ExtensionHandshake {
  /** `m`: ids under which the peer wants each message; 0 where it no longer takes it. */
  readonly messageIds: ReadonlyMap<string, number>;
  /** `v`: client and version, shortened to 64 characters, control and bidi characters dropped. */
  readonly clientName?: string;
  /** `p`: the port that it listens on, 1–65535. */
  readonly listenPort?: number;
  /** `yourip`: our address as the peer sees it. */
  readonly yourIp?: string;
  /** `ipv4`: an IPv4 address of the peer. */
  readonly ipv4?: string;
  /** `ipv6`: an IPv6 address of the peer. */
  readonly ipv6?: string;
  /** `reqq`: requests that it keeps queued, at least 1. */
  readonly requestQueue?: number;
  /** `metadata_size` (BEP 9): bytes of the info dictionary, at least 1. A claim, not a fact. */
  readonly metadataSize?: number;
  /** `upload_only` (BEP 21): it will not download anything more. */
  readonly uploadOnly?: boolean;
}

/**
 * Reads a decoded extension handshake. Fields of a wrong type or out of range are ignored. Throws
 * `WIRE_EXTENSION_HANDSHAKE` where `m` has too many names, too long a name, or an id outside 0–255.
 */
export function readExtensionHandshake(dict: BencodeDict): ExtensionHandshake {
  const clientName = readClientName(dict.v);
  const listenPort = integerIn(dict.p, 1, 65_535);
  const yourIp = readAddress(dict.yourip);
  const ipv4 = readAddress(dict.ipv4, 4);
  const ipv6 = readAddress(dict.ipv6, 6);
  const requestQueue = integerIn(dict.reqq, 1, Number.MAX_SAFE_INTEGER);
  const metadataSize = integerIn(dict.metadata_size, 1, Number.MAX_SAFE_INTEGER);
  const uploadOnly = asInteger(dict.upload_only);
  return {
    messageIds: readMessageIds(asDict(dict.m)),
    ...(clientName !== undefined && { clientName }),
    ...(listenPort !== undefined && { listenPort }),
    ...(yourIp !== undefined && { yourIp }),
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    ...(requestQueue !== undefined && { requestQueue }),
    ...(metadataSize !== undefined && { metadataSize }),
    ...(uploadOnly !== undefined && { uploadOnly: uploadOnly !== 0 }),
  };
}

function readMessageIds(m: BencodeDict | undefined): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  const names = Object.keys(m ?? {});
  if (names.length > limits.maxExtensionNames) {
    throw invalid(`${names.length} names in 'm' (at most ${limits.maxExtensionNames})`);
  }
  for (const name of names) {
    const nameBytes = utf8(name).length;
    if (nameBytes > limits.maxExtensionNameBytes) {
      throw invalid(`a name of ${nameBytes} bytes in 'm' (at most ${limits.maxExtensionNameBytes})`);
    }
    const id = asInteger(m?.[name]);
    if (id === undefined) continue;
    if (id < 0 || id > 255) throw invalid(`message id ${id} in 'm' (0 to 255)`);
    ids.set(name, id);
  }
  return ids;
}

function invalid(message: string): WireError {
  return new WireError('WIRE_EXTENSION_HANDSHAKE', `extension handshake: ${message}`);
}

function integerIn(value: BencodeValue | undefined, min: number, max: number): number | undefined {
  const integer = asInteger(value);
  return integer !== undefined && integer >= min && integer <= max ? integer : undefined;
}

function readAddress(value: BencodeValue | undefined, family?: 4 | 6): string | undefined {
  const bytes = asBytes(value);
  const address = bytes && addressFromBytes(bytes);
  if (address === undefined) return undefined;
  const actual = address.includes(':') ? 6 : 4;
  return family === undefined || family === actual ? address : undefined;
}

/** What a terminal or a log would not show as it is: controls, format characters (bidi, zero width), separators. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function readClientName(value: BencodeValue | undefined): string | undefined {
  const text = asText(value)?.replace(invisible, '').trim();
  if (text === undefined || text === '') return undefined;
  return Array.from(text).slice(0, limits.maxClientNameLength).join('');
}
