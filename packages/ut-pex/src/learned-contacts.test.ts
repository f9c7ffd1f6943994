import { endpoint } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import type { PexContact } from './compact-contacts.js';
import { LearnedContacts } from './learned-contacts.js';

function contact(address: string, port = 6881): PexContact {
  return { endpoint: endpoint(address, port), flags: {} };
}

function many(count: number, from = 0): PexContact[] {
  return Array.from({ length: count }, (_, i) => contact(`192.0.2.${from + i}`));
}

function many6(count: number, from = 0): PexContact[] {
  return Array.from({ length: count }, (_, i) => contact(`2001:db8::${(from + i + 1).toString(16)}`));
}

describe('LearnedContacts', () => {
  it('takes 50 of each family, and others once some have gone', () => {
    const learned = new LearnedContacts('198.51.100.1');
    const first = learned.receive({ added: [...many(60), ...many6(60)], dropped: [] });
    expect([first.accepted.length, first.refusedCount, learned.liveCount]).toEqual([100, 20, 100]);
    const second = learned.receive({
      added: many(20, 100),
      dropped: many(10).map((gone) => gone.endpoint),
    });
    expect([second.accepted.length, second.refusedCount, learned.liveCount]).toEqual([10, 10, 100]);
  });

  it('looks at 100 of a family in the first message and at 50 in others', () => {
    const useless = Array.from({ length: 99 }, () => contact('224.0.0.1'));
    const first = new LearnedContacts('198.51.100.1');
    expect(first.receive({ added: [...useless, ...many(2)], dropped: [] }).accepted).toHaveLength(1);
    expect(
      first.receive({ added: [...useless.slice(50), ...many(2, 10)], dropped: [] }).accepted,
    ).toHaveLength(1);
  });

  it('takes what it was told again for nothing new', () => {
    const learned = new LearnedContacts('198.51.100.1');
    learned.receive({ added: many(3), dropped: [] });
    expect(learned.receive({ added: many(4), dropped: [] })).toEqual({
      accepted: many(1, 3),
      refusedCount: 0,
    });
  });

  it('takes one port of an address, but several on a local network', () => {
    const wide = new LearnedContacts('192.168.0.1');
    const ports = [1, 2, 3];
    const added = ports.flatMap((port) => [contact('192.0.2.1', port), contact('192.168.0.9', port)]);
    expect(wide.receive({ added, dropped: [] }).accepted.map(({ endpoint: { port } }) => port)).toEqual([
      1, 1, 2, 3,
    ]);
    // Another port of it going says nothing.
    wide.receive({ added: [], dropped: [contact('192.0.2.1', 2).endpoint] });
    expect(wide.liveCount).toBe(4);
  });

  it.each([
    ['198.51.100.1', '10.0.0.1', false],
    ['198.51.100.1', '::ffff:192.168.1.1', false],
    ['198.51.100.1', '::ffff:127.0.0.1', false],
    ['2001:db8::1', 'fd00::1', false],
    ['2001:db8::1', '::1', false],
    ['::ffff:192.168.1.5', '192.168.1.1', true],
    ['fd00::2', 'fd00::1', true],
    ['192.168.1.5', '127.0.0.1', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '192.168.1.5', true],
    ['192.168.1.5', '203.0.113.1', true],
    ['127.0.0.1', '0.0.0.0', false],
    ['127.0.0.1', '::', false],
    ['198.51.100.1', '239.1.2.3', false],
    ['198.51.100.1', '255.255.255.255', false],
    ['2001:db8::1', 'ff02::1', false],
  ])('from %s, %s is taken: %s', (sender, address, isTaken) => {
    const { address: normal } = endpoint(sender, 1);
    const { accepted } = new LearnedContacts(normal).receive({ added: [contact(address)], dropped: [] });
    expect(accepted.length).toBe(isTaken ? 1 : 0);
  });

  it('takes no port 0', () => {
    const learned = new LearnedContacts('198.51.100.1');
    expect(learned.receive({ added: [contact('192.0.2.1', 0)], dropped: [] }).refusedCount).toBe(1);
  });
});
