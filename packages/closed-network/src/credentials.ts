import { bytesEqual, bytesToHex } from '@peerloom/core/plugin';
import { parseRevocations } from './certificates/authority.js';
import { networkIdOf } from './certificates/authority-key.js';
import { type Certificate, readCertificate, validityProblem } from './certificates/certificate.js';
import { type Member, parseMember } from './certificates/member.js';
import { type RevocationList, readRevocationList } from './certificates/revocation-list.js';
import { ClosedNetworkError } from './closed-network-error.js';
import type { ClosedNetworkOptions } from './closed-network-options.js';
import { derivePreSharedKey, parseSecret } from './secret.js';

/** What a session shows to others, and what it asks of them. */
export class Credentials {
  readonly networkId: Uint8Array;
  readonly preSharedKey: Uint8Array | undefined;
  readonly member: Member | undefined;
  /** Whether what follows the authentication is encrypted. */
  readonly isEncrypted: boolean;
  #revocations: { readonly list: RevocationList; readonly signed: Uint8Array } | undefined;
  #revoked: ReadonlySet<string> = new Set();

  /** Throws {@link ClosedNetworkError} for what cannot be used. */
  constructor({ secret, member, revoked, encryption }: ClosedNetworkOptions) {
    if (secret === undefined && member === undefined) {
      const message = 'a closed network needs a secret, or a member key, or both';
      throw new ClosedNetworkError('CLOSED_NETWORK_OPTION', message);
    }
    this.member = member === undefined ? undefined : parseMember(member);
    this.networkId = networkIdOf(this.member?.authority);
    this.preSharedKey =
      secret === undefined ? undefined : derivePreSharedKey(parseSecret(secret), this.networkId);
    this.isEncrypted = encryption !== 'none';
    if (revoked === undefined) return;
    if (this.member === undefined) {
      const message = 'a revocation list concerns members, and there is no member key';
      throw new ClosedNetworkError('CLOSED_NETWORK_OPTION', message);
    }
    this.#setRevocations(parseRevocations(revoked, this.member.authority));
  }

  /** The signed revocation list in force. */
  get signedRevocations(): Uint8Array | undefined {
    return this.#revocations?.signed;
  }

  /** Number of the revocation list in force; 0 where there is none. */
  get revocationNumber(): number {
    return this.#revocations?.list.number ?? 0;
  }

  /** Whether both have the same secret, or both have none. */
  hasSecretOf({ preSharedKey }: Credentials): boolean {
    if (preSharedKey === undefined || this.preSharedKey === undefined)
      return preSharedKey === this.preSharedKey;
    return bytesEqual(preSharedKey, this.preSharedKey);
  }

  /**
   * Takes over a signed list that was seen before, where it is newer than the one in force; whether it is. Throws
   * {@link ClosedNetworkError} where it is not of the authority.
   */
  adoptRevocations(signed: Uint8Array): boolean {
    if (this.member === undefined) return false;
    const list = readRevocationList(signed, this.member.authority);
    if (list.number <= this.revocationNumber) return false;
    this.#setRevocations({ list, signed });
    return true;
  }

  /**
   * Takes the place of the credentials before, and keeps their revocation list where it has none itself, or an older
   * one; whether it has an older one. Throws {@link ClosedNetworkError}: `CLOSED_NETWORK_FOREIGN` where they are of
   * another network, `CLOSED_NETWORK_REVOKED_OLD` where their list is another one of the same number.
   */
  succeed(before: Credentials): boolean {
    if (!bytesEqual(before.networkId, this.networkId) || before.isEncrypted !== this.isEncrypted) {
      throw new ClosedNetworkError(
        'CLOSED_NETWORK_FOREIGN',
        'the network and its encryption stay as they are',
      );
    }
    const known = before.#revocations;
    if (known === undefined) return false;
    const own = this.#revocations;
    const { number } = known.list;
    if (own === undefined || own.list.number < number) {
      this.#setRevocations(known);
      return own !== undefined;
    }
    if (own.list.number > number || bytesEqual(known.signed, own.signed)) return false;
    const message = `there is another revocation list ${number}`;
    throw new ClosedNetworkError('CLOSED_NETWORK_REVOKED_OLD', message);
  }

  /**
   * The certificate that a remote shows for its key. Throws {@link ClosedNetworkError}: as `readCertificate` does,
   * `CLOSED_NETWORK_KEY` for another key's, and what {@link problemOf} says.
   */
  certificateOf(signed: Uint8Array, staticKey: Uint8Array, wallTimeMs: number): Certificate {
    const certificate = readCertificate(signed, (this.member as Member).authority);
    if (!bytesEqual(certificate.key, staticKey)) {
      throw new ClosedNetworkError('CLOSED_NETWORK_KEY', 'the certificate is of another key');
    }
    const problem = this.problemOf(certificate, wallTimeMs);
    if (problem !== undefined) throw new ClosedNetworkError(problem, describeProblem(problem));
    return certificate;
  }

  /** The code of why a certificate does not make a member now; `undefined` where it does. */
  problemOf(certificate: Certificate, wallTimeMs: number): CertificateProblem | undefined {
    if (this.#revoked.has(bytesToHex(certificate.serial))) return 'CLOSED_NETWORK_REVOKED';
    return validityProblem(certificate, wallTimeMs);
  }

  #setRevocations(revocations: { readonly list: RevocationList; readonly signed: Uint8Array }): void {
    this.#revocations = revocations;
    this.#revoked = new Set(revocations.list.serials.map(bytesToHex));
  }
}

/** Why a genuine certificate does not make a member. */
export type CertificateProblem =
  | 'CLOSED_NETWORK_REVOKED'
  | 'CLOSED_NETWORK_EXPIRED'
  | 'CLOSED_NETWORK_NOT_YET_VALID';

/** One line for people. */
export function describeProblem(problem: CertificateProblem): string {
  return {
    CLOSED_NETWORK_REVOKED: 'the certificate was revoked',
    CLOSED_NETWORK_EXPIRED: 'the certificate has expired',
    CLOSED_NETWORK_NOT_YET_VALID: 'the certificate is not valid yet',
  }[problem];
}
