import { ClosedNetwork, createAuthority, issueMember, permissions } from '@peerloom/closed-network';
import { SystemClock, SystemSecureRandom } from '@peerloom/core';

const validForSeconds = 3_600;

/** The authority of a closed network that exists for one run: it makes members, of whom all may do all. */
export class MembershipOffice {
  readonly #random = new SystemSecureRandom();
  readonly #clock = new SystemClock();
  readonly #authority = createAuthority(this.#random);

  /** The extension of a new member. Its certificate is good for an hour. */
  admit(name: string): ClosedNetwork {
    const notBefore = Math.floor(this.#clock.wallTimeMs() / 1000);
    const certificate = { name, permissions, notBefore, notAfter: notBefore + validForSeconds };
    return new ClosedNetwork({ member: issueMember(this.#authority, certificate, this.#random) });
  }
}
