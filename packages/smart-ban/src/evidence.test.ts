import { endpoint } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { type BlockDigest, digestBlock, sameBlock } from './block-digest.js';
import { Evidence } from './evidence.js';
import { senderOf } from './sender.js';

const key = new Uint8Array(32).fill(7);

function sent(block: number, connectionId: number, content: number) {
  const identity = {
    connectionId,
    endpoint: endpoint('10.0.0.1', 50_000 + connectionId),
    listenEndpoint: undefined,
    principal: undefined,
  };
  return { block, sender: senderOf(identity), digest: digestBlock(key, new Uint8Array([content])) };
}

describe('Evidence', () => {
  it('tells when a peer sends another version of a block, and of nobody else', () => {
    const evidence = new Evidence();
    expect(evidence.add('a', sent(0, 1, 1))).toBe(false);
    expect(evidence.add('a', sent(0, 1, 1)), 'the same again').toBe(false);
    expect(evidence.add('a', sent(0, 2, 2)), 'of another peer').toBe(false);
    expect(evidence.add('a', sent(1, 1, 2)), 'of another block').toBe(false);
    expect(evidence.add('b', sent(0, 1, 2)), 'of another piece').toBe(false);
    expect(evidence.add('a', sent(0, 1, 2))).toBe(true);
    expect(evidence.take('a')).toHaveLength(4);
    expect(evidence.take('a')).toEqual([]);
    expect(evidence.has('b')).toBe(true);
    expect(evidence.size).toBe(1);
  });

  it('forgets the oldest piece past its limit, and of a single piece the oldest block', () => {
    const evidence = new Evidence(3);
    for (const block of [0, 1]) evidence.add('a', sent(block, 1, 1));
    for (const block of [0, 1]) evidence.add('b', sent(block, 1, 1));
    expect(evidence.has('a')).toBe(false);
    for (const block of [2, 3, 4]) evidence.add('b', sent(block, 1, 1));
    expect(evidence.size).toBe(3);
    expect(evidence.take('b').map(({ block }) => block)).toEqual([2, 3, 4]);
    expect(evidence.size).toBe(0);
  });
});

describe('the digest of a block', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const digest = digestBlock(key, bytes);

  it('cannot be made without the key', () => {
    expect(digestBlock(new Uint8Array(32), bytes).keyed).not.toEqual(digest.keyed);
  });

  it('is compared by what both have', () => {
    const second: BlockDigest = { keyed: undefined, sha1: digest.sha1 };
    expect(sameBlock(digest, second)).toBe(true);
    expect(sameBlock(second, digestBlock(key, new Uint8Array([1, 2, 4])))).toBe(false);
    expect(sameBlock(digest, { keyed: new Uint8Array(32), sha1: digest.sha1 }), 'a collision').toBe(false);
  });
});

describe('who sent a block', () => {
  const incoming = endpoint('10.0.0.1', 50_000);
  const claimed = endpoint('10.0.0.1', 6881);
  const keyOf = (
    connectionId: number,
    listenEndpoint: typeof claimed | undefined,
    principal?: string,
  ): string => senderOf({ connectionId, endpoint: incoming, listenEndpoint, principal }).key;

  it('is the same peer only where that is proved', () => {
    expect(keyOf(1, claimed), 'a port is claimed').not.toBe(keyOf(2, claimed));
    expect(keyOf(1, incoming), 'dialled by us').toBe(keyOf(2, incoming));
    expect(keyOf(1, claimed, 'alice')).toBe(keyOf(2, incoming, 'alice'));
    expect(keyOf(1, claimed, 'alice')).not.toBe(keyOf(1, claimed, 'bob'));
  });
});
