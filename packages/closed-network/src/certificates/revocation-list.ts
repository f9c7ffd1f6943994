import { asBytes, asInteger, asList, bytesToHex } from '@peerloom/core/plugin';
import type { AuthorityKey } from './authority-key.js';
import { serialLength } from './certificate.js';
import { readSignedDict, type SignedKind, signDict } from './signed-dict.js';

/** Certificates that an authority has taken back. */
export interface RevocationList {
  /** Rises with every list of the authority; from 1. */
  readonly number: number;
  /** Serial numbers, 16 bytes each, sorted, each once. */
  readonly serials: readonly Uint8Array[];
}

const kind: SignedKind<RevocationList> = {
  what: 'revocation list',
  label: 'peerloom-revoked-v1\0',
  write: ({ number, serials }) => ({ number, serials: [...serials] }),
  read: (dict) => {
    const number = asInteger(dict.number);
    const serials = asList(dict.serials)?.map((value) => asBytes(value)?.slice());
    if (number === undefined || number < 1 || serials === undefined) return undefined;
    const whole = serials.filter((serial) => serial?.length === serialLength) as Uint8Array[];
    const isSorted = whole.every(
      (serial, i) => i === 0 || Buffer.compare(whole[i - 1] as Uint8Array, serial) < 0,
    );
    return whole.length === serials.length && isSorted ? { number, serials: whole } : undefined;
  },
};

/** A list as it is handed to members: canonical bencoding and an Ed25519 signature. */
export function signRevocationList(list: RevocationList, authority: AuthorityKey): Uint8Array {
  return signDict(kind, list, authority);
}

/**
 * Reads a list; `authority` is the public key. Throws `CLOSED_NETWORK_MALFORMED`, `CLOSED_NETWORK_FOREIGN` or
 * `CLOSED_NETWORK_FORGED`.
 */
export function readRevocationList(signed: Uint8Array, authority: Uint8Array): RevocationList {
  return readSignedDict(kind, signed, authority);
}

/** A list that takes more certificates back. */
export function withRevoked(list: RevocationList, serials: readonly Uint8Array[]): RevocationList {
  const all = new Map([...list.serials, ...serials].map((serial) => [bytesToHex(serial), serial]));
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, serial]) => serial);
  return { number: list.number + 1, serials: sorted };
}
