import { describe, expect, it } from 'vitest';
import { MessageIds } from './message-ids.js';

describe('ids of extension messages', () => {
  it('are the same for a name for ever, and never those of another', () => {
    const ids = new MessageIds();
    const first = ids.idOf('ex_peers');
    expect(ids.idOf('ex_metadata')).not.toBe(first);
    expect(ids.idOf('ex_peers')).toBe(first);
  });

  it('are 1 to 255; there is none for one name more, and the others keep theirs', () => {
    const ids = new MessageIds('lt_donthave');
    const given = new Set([ids.idOf('lt_donthave')]);
    for (let i = 1; i < 255; i++) given.add(ids.idOf(`x_${i}`));
    expect(given.size).toBe(255);
    expect([Math.min(...given), Math.max(...given)]).toEqual([1, 255]);
    expect(() => ids.idOf('one_more')).toThrow(expect.objectContaining({ code: 'PLUGIN_MESSAGE_IDS' }));
    expect(ids.idOf('lt_donthave')).toBe(1);
    expect(ids.idOf('x_254')).toBe(255);
  });
});
