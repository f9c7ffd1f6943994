import { endpoint } from '@peerloom/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCompactPeers, encodeCompactPeers } from './compact-peers.js';

const port = fc.integer({ min: 0, max: 65_535 });
const peersOf = (address: fc.Arbitrary<string>, family: 4 | 6) =>
  fc.array(
    fc
      .tuple(address, port)
      .map(([host, number]) => endpoint(host, number))
      .filter((peer) => peer.family === family),
  );

describe('a compact list of peers', () => {
  it('has the form of BEP 23 and BEP 7', () => {
    const v4 = [endpoint('192.0.2.1', 6881), endpoint('198.51.100.7', 80)];
    expect(Buffer.from(encodeCompactPeers(v4, 4)).toString('hex')).toBe('c00002011ae1c63364070050');
    const v6 = [endpoint('2001:db8::1', 6881)];
    const hex = '20010db80000000000000000000000011ae1';
    expect(Buffer.from(encodeCompactPeers(v6, 6)).toString('hex')).toBe(hex);
  });

  it.each([
    [4, fc.ipV4()],
    [6, fc.ipV6()],
  ] as const)('of IPv%i comes back as it was', (family, address) => {
    fc.assert(
      fc.property(peersOf(address, family), (peers) => {
        expect(decodeCompactPeers(encodeCompactPeers(peers, family), family)).toEqual(peers);
      }),
    );
  });

  it('is read of any bytes, or refused, and never longer than asked for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(4, 6), (bytes, family) => {
        const isEven = bytes.length % (family === 4 ? 6 : 18) === 0;
        expect(decodeCompactPeers(bytes, family) !== undefined).toBe(isEven);
        expect(decodeCompactPeers(bytes, family, 2)?.length ?? 0).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('takes IPv4-mapped addresses for what they are', () => {
    const mapped = Buffer.from('00000000000000000000ffffc00002011ae1', 'hex');
    expect(decodeCompactPeers(mapped, 6)).toEqual([endpoint('192.0.2.1', 6881)]);
  });
});
