import { bytesToHex } from '@peerloom/core';
import { describe, expect, it } from 'vitest';
import { DeterministicSecureRandom } from './deterministic-secure-random.js';

describe('DeterministicSecureRandom', () => {
  it('gives the same stream for the same seed, however it is cut', () => {
    const whole = new DeterministicSecureRandom(1).bytes(200);
    const random = new DeterministicSecureRandom('1');
    const parts = [0, 1, 63, 64, 72].flatMap((length) => [...random.bytes(length)]);
    expect(Uint8Array.from(parts)).toEqual(whole);
  });

  it('gives another stream for another seed, and never the same block twice', () => {
    const hex = (seed: string): string => bytesToHex(new DeterministicSecureRandom(seed).bytes(6400));
    expect(hex('a')).not.toBe(hex('b'));
    expect(new Set(hex('a').match(/.{128}/g)).size).toBe(100);
  });

  it('gives memory that the caller may keep', () => {
    const random = new DeterministicSecureRandom(1);
    const first = random.bytes(10);
    const copy = first.slice();
    random.bytes(10).fill(0);
    expect(first).toEqual(copy);
  });
});
