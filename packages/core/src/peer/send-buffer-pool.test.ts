import { describe, expect, it } from 'vitest';
import { SendBufferPool, sendBufferLength } from './send-buffer-pool.js';

describe('send buffers', () => {
  it('are used again, and never by two at a time', () => {
    const pool = new SendBufferPool();
    const [a, b] = [pool.take(), pool.take()];
    expect(a).not.toBe(b);
    expect(a).toHaveLength(sendBufferLength);
    pool.give(a);
    expect(pool.take()).toBe(a);
    expect(pool.take()).not.toBe(a);
  });

  it('are kept up to 256', () => {
    const pool = new SendBufferPool();
    const given = Array.from({ length: 300 }, () => new Uint8Array(sendBufferLength));
    for (const buffer of given) pool.give(buffer);
    const taken = new Set(Array.from({ length: 300 }, () => pool.take()));
    expect(given.filter((buffer) => taken.has(buffer))).toHaveLength(256);
  });
});
