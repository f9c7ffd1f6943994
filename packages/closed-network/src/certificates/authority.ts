import { bytesEqual, type SecureRandom } from '@peerloom/core/plugin';
import { ClosedNetworkError } from '../closed-network-error.js';
import { KeyPair, keyLength } from '../noise/key-pair.js';
import { AuthorityKey, authorityKeyLength, networkIdOf } from './authority-key.js';
import {
  type Certificate,
  isMemberName,
  type Permission,
  permissions,
  readCertificate,
  serialLength,
  signCertificate,
} from './certificate.js';
import {
  type RevocationList,
  readRevocationList,
  signRevocationList,
  withRevoked,
} from './revocation-list.js';
import { fileKindOf, formatFile, parseFile } from './text-file.js';

/** What a new member is given. */
export interface IssueOptions {
  /** For people: 1 to 64 bytes of UTF-8 without control characters. */
  readonly name: string;
  /** What it may do. */
  readonly permissions: readonly Permission[];
  /** Seconds since 1970 from which the certificate is valid. */
  readonly notBefore: number;
  /** Seconds since 1970 until which it is valid. */
  readonly notAfter: number;
}

/** What a file of a closed network says, without what is secret. */
export type FileDescription =
  | {
      readonly kind: 'authority';
      /** 32 bytes. */
      readonly networkId: Uint8Array;
    }
  | {
      readonly kind: 'member';
      /** 32 bytes. */
      readonly networkId: Uint8Array;
      /** What others get to see of it. */
      readonly certificate: Certificate;
    }
  | {
      readonly kind: 'revoked';
      /** 32 bytes. */
      readonly networkId: Uint8Array;
      /** What has been taken back. */
      readonly list: RevocationList;
    };

/** Text of a new authority's key file. Secret: who has it can make members. */
export function createAuthority(random: SecureRandom): string {
  return formatFile('authority', { key: random.bytes(authorityKeyLength) });
}

/**
 * Text of a new member's key file: its keys and certificate. Secret: who has it is that member. `authorityText` is
 * the authority's key file. Throws {@link ClosedNetworkError}: `CLOSED_NETWORK_FILE`, `CLOSED_NETWORK_KEY`,
 * `CLOSED_NETWORK_NAME`, `CLOSED_NETWORK_VALIDITY`.
 */
export function issueMember(authorityText: string, options: IssueOptions, random: SecureRandom): string {
  const authority = parseAuthority(authorityText);
  const { name, notBefore, notAfter } = options;
  if (!isMemberName(name)) {
    const message = 'a name has 1 to 64 bytes and no control characters';
    throw new ClosedNetworkError('CLOSED_NETWORK_NAME', message);
  }
  if (
    !Number.isSafeInteger(notBefore) ||
    !Number.isSafeInteger(notAfter) ||
    notBefore < 0 ||
    notAfter <= notBefore
  ) {
    throw new ClosedNetworkError('CLOSED_NETWORK_VALIDITY', 'a certificate ends after it begins');
  }
  const key = random.bytes(keyLength);
  const certificate = signCertificate(
    {
      key: new KeyPair(key).publicKey,
      name,
      perms: permissions.filter((permission) => options.permissions.includes(permission)),
      notBefore,
      notAfter,
      serial: random.bytes(serialLength),
    },
    authority,
  );
  return formatFile('member', { authority: authority.publicKey, key, certificate });
}

/**
 * Text of the next revocation list, which takes these certificates back, too. `listText` is the list before it;
 * without one this is the first. Throws {@link ClosedNetworkError}: `CLOSED_NETWORK_FILE`, `CLOSED_NETWORK_KEY`,
 * `CLOSED_NETWORK_SERIAL`, and `CLOSED_NETWORK_FOREIGN` or `CLOSED_NETWORK_FORGED` for a list that is not the
 * authority's own.
 */
export function revokeMembers(
  authorityText: string,
  listText: string | undefined,
  serials: readonly Uint8Array[],
): string {
  const authority = parseAuthority(authorityText);
  if (serials.some(({ length }) => length !== serialLength)) {
    throw new ClosedNetworkError('CLOSED_NETWORK_SERIAL', `a serial number has ${serialLength} bytes`);
  }
  const before =
    listText === undefined
      ? { number: 0, serials: [] }
      : readRevocationList(parseFile('revoked', listText).list, authority.publicKey);
  const list = signRevocationList(withRevoked(before, serials), authority);
  return formatFile('revoked', { authority: authority.publicKey, list });
}

/**
 * What a key file or revocation list says. Throws {@link ClosedNetworkError}: `CLOSED_NETWORK_FILE` for any other
 * text, and what is wrong with it.
 */
export function describeFile(text: string): FileDescription {
  const kind = fileKindOf(text);
  if (kind === 'member') {
    const { authority, certificate } = parseFile('member', text);
    checkKeyLength(authority);
    return {
      kind,
      networkId: networkIdOf(authority),
      certificate: readCertificate(certificate, authority),
    };
  }
  if (kind === 'revoked') {
    const { authority, list } = parseFile('revoked', text);
    checkKeyLength(authority);
    return { kind, networkId: networkIdOf(authority), list: readRevocationList(list, authority) };
  }
  return { kind: 'authority', networkId: networkIdOf(parseAuthority(text).publicKey) };
}

/** Reads a revocation list for members of an authority. Throws as {@link describeFile} does. */
export function parseRevocations(
  text: string,
  authority: Uint8Array,
): { list: RevocationList; signed: Uint8Array } {
  const { authority: signer, list: signed } = parseFile('revoked', text);
  if (!bytesEqual(signer, authority)) {
    throw new ClosedNetworkError('CLOSED_NETWORK_FOREIGN', 'the revocation list is of another network');
  }
  return { list: readRevocationList(signed, authority), signed };
}

function parseAuthority(text: string): AuthorityKey {
  const { key } = parseFile('authority', text);
  checkKeyLength(key);
  return new AuthorityKey(key);
}

function checkKeyLength({ length }: Uint8Array): void {
  if (length === authorityKeyLength) return;
  throw new ClosedNetworkError('CLOSED_NETWORK_KEY', `a key has ${authorityKeyLength} bytes, not ${length}`);
}
