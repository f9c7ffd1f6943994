import { addressPrefixKey } from '@peerloom/core/plugin';

/** How many peers one party has with the tracker: an IPv4 address, or an IPv6 /64. */
export interface AddressAccount {
  readonly prefix: string;
  peerCount: number;
}

/** The accounts of those that have any peer. */
export class AddressAccounts {
  readonly #accounts = new Map<string, AddressAccount>();

  /** Peers that the party of `address` has. */
  peerCount(address: string): number {
    return this.#accounts.get(addressPrefixKey(address))?.peerCount ?? 0;
  }

  /** Counts one more peer; to be given back with {@link AddressAccounts.leave}. */
  enter(address: string): AddressAccount {
    const prefix = addressPrefixKey(address);
    let account = this.#accounts.get(prefix);
    if (account === undefined) {
      account = { prefix, peerCount: 0 };
      this.#accounts.set(prefix, account);
    }
    account.peerCount++;
    return account;
  }

  leave(account: AddressAccount): void {
    if (--account.peerCount === 0) this.#accounts.delete(account.prefix);
  }
}
