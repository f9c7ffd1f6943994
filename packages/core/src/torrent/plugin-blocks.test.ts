import { describe, expect, it } from 'vitest';
import { fakePeerState } from '../peer/peer-state.fake.js';
import { PluginBlocks } from './plugin-blocks.js';

const peer = fakePeerState(1);

describe('blocks that are with plugins', () => {
  it('end once, and only for the plugin that has them', () => {
    const blocks = new PluginBlocks();
    blocks.add('a', peer, 1, 2, 0);
    expect(blocks.take('b', 1, 2)).toBeUndefined();
    expect(blocks.take('a', 1, 3)).toBeUndefined();
    expect(blocks.take('a', 1, 2)).toMatchObject({ plugin: 'a', peer, piece: 1, block: 2 });
    expect(blocks.take('a', 1, 2)).toBeUndefined();
    expect(blocks.size).toBe(0);
  });

  it('end after 60 seconds', () => {
    const blocks = new PluginBlocks();
    blocks.add('a', peer, 0, 0, 1_000);
    blocks.add('a', peer, 0, 1, 2_000);
    expect(blocks.takeExpired(60_999)).toEqual([]);
    expect(blocks.takeExpired(61_000).map(({ block }) => block)).toEqual([0]);
    expect(blocks.takeExpired(61_000)).toEqual([]);
    expect(blocks.size).toBe(1);
  });

  it('end with their plugin, and those of others do not', () => {
    const blocks = new PluginBlocks();
    blocks.add('a', peer, 0, 0, 0);
    blocks.add('b', peer, 0, 1, 0);
    blocks.add('a', peer, 7, 0, 0);
    expect([blocks.countOf('a'), blocks.countOf('b'), blocks.countOf('c')]).toEqual([2, 1, 0]);
    expect(blocks.takeAll('a').map(({ piece, block }) => [piece, block])).toEqual([
      [0, 0],
      [7, 0],
    ]);
    expect([blocks.countOf('a'), blocks.countOf('b')]).toEqual([0, 1]);
  });
});
