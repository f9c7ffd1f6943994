import { type Endpoint, formatEndpoint, isLocalAddress } from '@peerloom/core/plugin';
import { isDialable, sharesScope } from './address-scope.js';
import type { PexContact } from './compact-contacts.js';
import type { PexUpdate } from './pex-message.js';

/** Contacts of a family that are looked at in a peer's first message. */
const maxFirstPerFamily = 100;
/** The same in later ones. */
const maxLaterPerFamily = 50;
/** Contacts of a family that count as connected to one peer. */
const maxLivePerFamily = 50;

/** What is taken of a message. */
export interface Learned {
  /** Those to connect to. */
  readonly accepted: readonly PexContact[];
  /** How many others there were that were not known: too many, or of no use. */
  readonly refusedCount: number;
}

/** The contacts that one peer has told us of and that it is, as it says, connected to. */
export class LearnedContacts {
  readonly #peerAddress: string;
  /** Those that count, by what makes them distinct. */
  readonly #live = { 4: new Map<string, Endpoint>(), 6: new Map<string, Endpoint>() };
  #isFirst = true;

  constructor(peerAddress: string) {
    this.#peerAddress = peerAddress;
  }

  /** Contacts that count as connected to the peer. */
  get liveCount(): number {
    return this.#live[4].size + this.#live[6].size;
  }

  /** Takes over what a message says, who has gone first. */
  receive({ added, dropped }: PexUpdate): Learned {
    for (const gone of dropped) {
      const live = this.#live[gone.family];
      if (live.get(identityOf(gone))?.port === gone.port) live.delete(identityOf(gone));
    }
    const maxPerFamily = this.#isFirst ? maxFirstPerFamily : maxLaterPerFamily;
    this.#isFirst = false;
    const seen = { 4: 0, 6: 0 };
    const accepted: PexContact[] = [];
    let refusedCount = 0;
    for (const contact of added) {
      const { endpoint } = contact;
      const live = this.#live[endpoint.family];
      const isInMessage = ++seen[endpoint.family] <= maxPerFamily;
      if (live.get(identityOf(endpoint))?.port === endpoint.port) continue;
      if (isInMessage && this.#isUsable(endpoint) && live.size < maxLivePerFamily) {
        live.set(identityOf(endpoint), endpoint);
        accepted.push(contact);
      } else {
        refusedCount++;
      }
    }
    return { accepted, refusedCount };
  }

  #isUsable(endpoint: Endpoint): boolean {
    if (this.#live[endpoint.family].has(identityOf(endpoint))) return false;
    return isDialable(endpoint) && sharesScope(endpoint.address, this.#peerAddress);
  }
}

/** One contact an address, so that many ports cannot be aimed at one host; on a local network hosts are known. */
function identityOf(endpoint: Endpoint): string {
  return isLocalAddress(endpoint.address) ? formatEndpoint(endpoint) : endpoint.address;
}
