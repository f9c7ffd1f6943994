import { bytesEqual } from '@peerloom/core/plugin';
import { ClosedNetworkError } from '../closed-network-error.js';
import { KeyPair, keyLength } from '../noise/key-pair.js';
import { authorityKeyLength } from './authority-key.js';
import { type Certificate, readCertificate } from './certificate.js';
import { parseFile } from './text-file.js';

/** A member as it knows itself. */
export interface Member {
  /** Public key of the authority, 32 bytes. */
  readonly authority: Uint8Array;
  readonly keyPair: KeyPair;
  readonly certificate: Certificate;
  /** The certificate as others get it. */
  readonly signedCertificate: Uint8Array;
}

/**
 * Reads a member's key file. Throws {@link ClosedNetworkError}: `CLOSED_NETWORK_FILE` where it is none,
 * `CLOSED_NETWORK_KEY` where key and certificate do not belong together, and as `readCertificate` does.
 */
export function parseMember(text: string): Member {
  const { authority, key, certificate: signedCertificate } = parseFile('member', text);
  if (authority.length !== authorityKeyLength || key.length !== keyLength) {
    throw new ClosedNetworkError('CLOSED_NETWORK_KEY', 'a key of a wrong length');
  }
  const certificate = readCertificate(signedCertificate, authority);
  const keyPair = new KeyPair(key);
  if (!bytesEqual(keyPair.publicKey, certificate.key)) {
    throw new ClosedNetworkError('CLOSED_NETWORK_KEY', 'the certificate is of another key');
  }
  return { authority, keyPair, certificate, signedCertificate };
}
