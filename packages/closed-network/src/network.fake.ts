import { DeterministicSecureRandom } from '@peerloom/testing';
import { createAuthority, describeFile, issueMember, revokeMembers } from './certificates/authority.js';
import type { Certificate, Permission } from './certificates/certificate.js';

/** A secret as its file has it. */
export const secretText = `${Buffer.from(new DeterministicSecureRandom('secret').bytes(32)).toString('base64')}\n`;
/** Another one. */
export const otherSecretText = Buffer.from(new DeterministicSecureRandom('other').bytes(32)).toString('hex');

/** What a member is issued beyond its name. */
interface MemberOptions {
  readonly permissions?: readonly Permission[];
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** An authority with its members, for tests. */
export class TestAuthority {
  readonly random: DeterministicSecureRandom;
  /** Its key file. */
  readonly text: string;
  #list: string | undefined;

  constructor(seed = 'authority') {
    this.random = new DeterministicSecureRandom(seed);
    this.text = createAuthority(this.random);
  }

  /** Key file of a new member, valid from 1970 for a long time unless said otherwise. */
  member(name: string, options: MemberOptions = {}): string {
    const { permissions = ['download', 'upload'], notBefore = 0, notAfter = 4e9 } = options;
    return issueMember(this.text, { name, permissions, notBefore, notAfter }, this.random);
  }

  /** The next revocation list, with these members on it beside those of the lists before. */
  revoke(...members: readonly string[]): string {
    this.#list = revokeMembers(
      this.text,
      this.#list,
      members.map((text) => certificateOf(text).serial),
    );
    return this.#list;
  }
}

/** The certificate in a member's key file. */
export function certificateOf(memberText: string): Certificate {
  const description = describeFile(memberText);
  if (description.kind !== 'member') throw new TypeError('not a member');
  return description.certificate;
}
