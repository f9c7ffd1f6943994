import { describe, expect, it } from 'vitest';
import { ChunkPool } from './chunk-pool.js';

describe('ChunkPool', () => {
  it('gives buffers that are large enough, and the same ones again', () => {
    const pool = new ChunkPool();
    for (const length of [0, 1, 255, 256, 257, 16_397, 100_000]) {
      const buffer = pool.acquire(length);
      expect(buffer.length).toBeGreaterThanOrEqual(length);
      pool.release(buffer);
      expect(pool.acquire(length) === buffer).toBe(true);
    }
  });

  it('gives no buffer to two', () => {
    const pool = new ChunkPool();
    const first = pool.acquire(1000);
    pool.release(first);
    expect(pool.acquire(1000) === first).toBe(true);
    expect(pool.acquire(1000) === first).toBe(false);
  });

  it('keeps neither very large buffers nor very many', () => {
    const pool = new ChunkPool();
    const large = pool.acquire(2 * 1024 * 1024);
    pool.release(large);
    expect(pool.acquire(2 * 1024 * 1024) === large).toBe(false);
    const many = Array.from({ length: 65 }, () => pool.acquire(1024 * 1024));
    for (const buffer of many) pool.release(buffer);
    const again = new Set(Array.from({ length: 65 }, () => pool.acquire(1024 * 1024)));
    expect(many.filter((buffer) => again.has(buffer))).toHaveLength(64);
  });
});
