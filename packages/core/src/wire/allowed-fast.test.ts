import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AllowedFastOptions, allowedFastSet } from './allowed-fast.js';

const options: AllowedFastOptions = {
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  infoHash: new Uint8Array(20).fill(0xaa),
  address: '80.4.4.200',
  pieceCount: 1313,
  count: 7,
};

describe('allowedFastSet', () => {
  it('gives the example results of BEP 6', () => {
    expect(allowedFastSet(options)).toEqual([1059, 431, 808, 1217, 287, 376, 1188]);
    expect(allowedFastSet({ ...options, count: 9 })).toEqual([
      1059, 431, 808, 1217, 287, 376, 1188, 353, 508,
    ]);
  });

  it('is the same for a whole IPv4 /24 and IPv6 /64, and another one beside it', () => {
    const of = (address: string) => allowedFastSet({ ...options, address });
    expect(of('80.4.4.1')).toEqual(of('80.4.4.200'));
    expect(of('80.4.5.200')).not.toEqual(of('80.4.4.200'));
    expect(of('2001:db8:0:1::1')).toEqual(of('2001:db8:0:1:ffff::2'));
    expect(of('2001:db8:0:2::1')).not.toEqual(of('2001:db8:0:1::1'));
  });

  it('is all pieces of a torrent that has no more', () => {
    const all = allowedFastSet({ ...options, pieceCount: 5, count: 10 });
    expect(all.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(allowedFastSet({ ...options, pieceCount: 1, count: 10 })).toEqual([0]);
  });
});
