import { describe, expect, it } from 'vitest';
import { IpFilter } from './ip-filter.js';

/** Those of the addresses that a filter of these ranges blocks. */
function blocked(ranges: readonly string[], addresses: readonly string[]): string[] {
  const filter = IpFilter.of(ranges);
  return addresses.filter((address) => filter.blocks(address));
}

describe('an IP filter', () => {
  it('blocks single addresses, prefixes and ranges, ends included', () => {
    expect(blocked(['10.0.0.5'], ['10.0.0.4', '10.0.0.5', '10.0.0.6'])).toEqual(['10.0.0.5']);
    expect(blocked(['10.0.0.77/24'], ['9.255.255.255', '10.0.0.0', '10.0.0.255', '10.0.1.0'])).toEqual([
      '10.0.0.0',
      '10.0.0.255',
    ]);
    expect(blocked(['1.2.3.250 - 1.2.4.5'], ['1.2.3.249', '1.2.3.250', '1.2.4.5', '1.2.4.6'])).toEqual([
      '1.2.3.250',
      '1.2.4.5',
    ]);
    expect(blocked(['0.0.0.0/0'], ['0.0.0.0', '255.255.255.255', '::1'])).toEqual([
      '0.0.0.0',
      '255.255.255.255',
    ]);
    expect(blocked(['200.0.0.0/32'], ['200.0.0.0', '200.0.0.1'])).toEqual(['200.0.0.0']);
  });

  it('does the same for IPv6, however addresses are spelt', () => {
    expect(
      blocked(
        ['2001:DB8:0:0::/63', 'fe80::1'],
        ['2001:db8::', '2001:0db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:2::', 'fe80::1%eth0', 'fe80::2'],
      ),
    ).toEqual(['2001:db8::', '2001:0db8:0:1:ffff:ffff:ffff:ffff', 'fe80::1%eth0']);
    expect(
      blocked(['2001:db8::5-2001:db8::7'], ['2001:db8::4', '2001:db8::5', '2001:db8::7', '2001:db8::8']),
    ).toEqual(['2001:db8::5', '2001:db8::7']);
    expect(blocked(['::/0'], ['::', 'ffff::', '1.2.3.4'])).toEqual(['::', 'ffff::']);
  });

  it('takes an IPv4-mapped IPv6 address for the IPv4 one, in ranges and when asked', () => {
    const addresses = ['1.2.3.4', '::ffff:1.2.3.4', '::ffff:102:304', '1.2.4.4'];
    const same = addresses.slice(0, 3);
    expect(blocked(['1.2.3.0/24'], addresses)).toEqual(same);
    expect(blocked(['::ffff:1.2.3.0/120'], addresses)).toEqual(same);
    expect(blocked(['::ffff:1.2.3.4-::ffff:1.2.3.4'], addresses)).toEqual(same);
  });

  it('counts ranges that overlap as one, of both families', () => {
    expect(IpFilter.of(['10.0.0.0/8', '10.1.0.0/16', '11.5.0.1', '::1']).rangeCount).toBe(3);
    expect(IpFilter.of([]).rangeCount).toBe(0);
    expect(IpFilter.of(['::/0']).blocks('not an address')).toBe(false);
  });

  it.each([
    '',
    'example.org',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    '::/129',
    '::ffff:1.2.3.4/95',
    '1.2.3.5-1.2.3.4',
    '1.2.3.4-::1',
    '1.2.3.4-',
    '1.2.3.4-1.2.3.5-1.2.3.6',
    '1::2::3',
  ])("takes no '%s'", (text) => {
    expect(() => IpFilter.of(['1.1.1.1', text])).toThrow(
      expect.objectContaining({ name: 'EndpointError', code: 'ENDPOINT_RANGE' }),
    );
  });
});
