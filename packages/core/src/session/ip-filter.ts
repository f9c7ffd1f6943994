import { type AddressKeyRange, addressKey, parseAddressRange } from '../common/address-range.js';
import { EndpointError } from '../common/errors.js';
import { printable } from '../common/printable.js';
import { RangeSet } from './range-set.js';

/**
 * Addresses that are no peers of a session: see {@link Session.setIpFilter}. Never changes. An address is
 * looked up in O(log n), since whoever connects can make it happen; `net.BlockList` goes through all ranges.
 *
 * An IPv4-mapped IPv6 address is the IPv4 address: ranges of IPv6 that span mapped ones don't cover IPv4.
 */
export class IpFilter {
  readonly #v4: RangeSet<number>;
  readonly #v6: RangeSet<string>;

  private constructor(ranges: readonly AddressKeyRange[]) {
    const v4: { readonly first: number; readonly last: number }[] = [];
    const v6: { readonly first: string; readonly last: string }[] = [];
    for (const { first, last } of ranges) {
      if (typeof first === 'number' && typeof last === 'number') v4.push({ first, last });
      else v6.push({ first: String(first), last: String(last) });
    }
    this.#v4 = new RangeSet(v4);
    this.#v6 = new RangeSet(v6);
  }

  /** Of `ADDRESS`, `ADDRESS/BITS` or `FIRST-LAST` each. Throws `ENDPOINT_RANGE`. */
  static of(ranges: Iterable<string>): IpFilter {
    const keys: AddressKeyRange[] = [];
    for (const text of ranges) {
      const range = parseAddressRange(text);
      if (range === undefined) {
        throw new EndpointError('ENDPOINT_RANGE', `not a range of IP addresses: '${printable(text)}'`);
      }
      keys.push(range);
    }
    return new IpFilter(keys);
  }

  /** @internal */
  static ofKeys(ranges: readonly AddressKeyRange[]): IpFilter {
    return new IpFilter(ranges);
  }

  /** Ranges, those that overlap counted as one. */
  get rangeCount(): number {
    return this.#v4.size + this.#v6.size;
  }

  /** Whether the filter keeps this IP address out. False for what is no address. */
  blocks(address: string): boolean {
    const key = addressKey(address);
    if (key === undefined) return false;
    return typeof key === 'number' ? this.#v4.has(key) : this.#v6.has(key);
  }
}
