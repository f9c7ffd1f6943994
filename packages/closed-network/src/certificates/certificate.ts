import { asBytes, asInteger, asList, asText, type BencodeValue, bytesToHex } from '@peerloom/core/plugin';
import { keyLength } from '../noise/key-pair.js';
import type { AuthorityKey } from './authority-key.js';
import { readSignedDict, type SignedKind, signDict } from './signed-dict.js';

/**
 * What a member may do: `download`, be sent payload by others; `upload`, be asked for payload by others.
 */
export type Permission = 'download' | 'upload';

/** All permissions, in the order in which certificates have them. */
export const permissions: readonly Permission[] = ['download', 'upload'];

/** What an authority says of a member. */
export interface Certificate {
  /** The member's X25519 public key, 32 bytes. */
  readonly key: Uint8Array;
  /** For people, at most 64 bytes of UTF-8. Need not be unique. */
  readonly name: string;
  /** What the member may do, each once, in the order of {@link permissions}. */
  readonly perms: readonly Permission[];
  /** Seconds since 1970 from which it is valid. */
  readonly notBefore: number;
  /** Seconds since 1970 until which it is valid. */
  readonly notAfter: number;
  /** 16 bytes that no other certificate has: what it is revoked by. */
  readonly serial: Uint8Array;
}

/** Why a certificate is not valid now. */
export type ValidityProblem = 'CLOSED_NETWORK_EXPIRED' | 'CLOSED_NETWORK_NOT_YET_VALID';

/** Bytes of a serial number. */
export const serialLength = 16;
const maxNameBytes = 64;
/** By which clocks of members may differ. */
const maxSkewSeconds = 300;

const kind: SignedKind<Certificate> = {
  what: 'certificate',
  label: 'peerloom-cert-v1\0',
  write: ({ key, name, perms, notBefore, notAfter, serial }) => ({
    key,
    name,
    perms: [...perms],
    notBefore,
    notAfter,
    serial,
  }),
  read: (dict) => {
    const key = asBytes(dict.key);
    const name = asText(dict.name);
    const perms = readPermissions(dict.perms);
    const notBefore = asInteger(dict.notBefore);
    const notAfter = asInteger(dict.notAfter);
    const serial = asBytes(dict.serial);
    if (key?.length !== keyLength || serial?.length !== serialLength) return undefined;
    if (name === undefined || !isMemberName(name) || perms === undefined) return undefined;
    if (notBefore === undefined || notAfter === undefined || notBefore < 0) return undefined;
    return { key: key.slice(), name, perms, notBefore, notAfter, serial: serial.slice() };
  },
};

function readPermissions(value: BencodeValue | undefined): readonly Permission[] | undefined {
  const names = asList(value)?.map(asText);
  const known = permissions.filter((permission) => names?.includes(permission));
  return names === undefined || names.length !== known.length ? undefined : known;
}

/** Whether it can be the name of a member: 1 to 64 bytes of UTF-8, without control characters. */
export function isMemberName(name: string): boolean {
  const { length } = new TextEncoder().encode(name);
  return length > 0 && length <= maxNameBytes && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name);
}

/** A certificate as it goes over the wire: canonical bencoding and an Ed25519 signature. */
export function signCertificate(certificate: Certificate, authority: AuthorityKey): Uint8Array {
  return signDict(kind, certificate, authority);
}

/**
 * Reads a certificate. Whether it is valid now, or revoked, is another question. `authority` is the public key.
 * Throws `CLOSED_NETWORK_MALFORMED`, `CLOSED_NETWORK_FOREIGN` or `CLOSED_NETWORK_FORGED`.
 */
export function readCertificate(signed: Uint8Array, authority: Uint8Array): Certificate {
  return readSignedDict(kind, signed, authority);
}

/** Why a certificate is not valid at a time, with five minutes for clocks that differ; `undefined` where it is. */
export function validityProblem(
  { notBefore, notAfter }: Certificate,
  wallTimeMs: number,
): ValidityProblem | undefined {
  const now = wallTimeMs / 1000;
  if (now < notBefore - maxSkewSeconds) return 'CLOSED_NETWORK_NOT_YET_VALID';
  return now > notAfter + maxSkewSeconds ? 'CLOSED_NETWORK_EXPIRED' : undefined;
}

/** What a member is known by, also to bans: its public key in hexadecimal. */
export function principalOf({ key }: Certificate): string {
  return bytesToHex(key);
}
