import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeConnection } from '../ports/connection.fake.js';
import { SendBufferPool, sendBufferLength } from './send-buffer-pool.js';
import { SendQueue } from './send-queue.js';

function setUp() {
  const pool = new SendBufferPool();
  const connection = new FakeConnection();
  const events: string[] = [];
  const queue = new SendQueue(pool, () => events.push('written'));
  const small = (...bytes: number[]): void => {
    const buffer = queue.reserve(bytes.length);
    buffer.set(bytes, queue.offset);
    queue.commit(queue.offset + bytes.length);
  };
  const wire = (): number[] => connection.writes.flatMap((bytes) => [...bytes]);
  return { pool, connection, events, queue, small, wire };
}

/** "Encrypts" so that a test can tell it from plain. */
function invert(plain: Uint8Array): Uint8Array {
  return plain.map((byte) => 255 - byte);
}

describe('what is queued', () => {
  it('leaves in one write a flush, in order, small messages and content mixed', () => {
    const { queue, small, connection, wire } = setUp();
    small(1, 2);
    queue.append([new Uint8Array([3]), new Uint8Array([4, 5])]);
    small(6);
    small(7);
    expect(queue.queuedBytes).toBe(7);
    expect(queue.flush(connection)).toBe(7);
    expect(connection.writes).toHaveLength(1);
    expect(wire()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(queue.queuedBytes).toBe(0);
    expect(queue.flush(connection)).toBe(0);
    expect(connection.writes).toHaveLength(1);
  });

  it('goes over into another buffer where one is full', () => {
    const { queue, small, connection, wire } = setUp();
    const half = Array.from({ length: sendBufferLength / 2 + 1 }, (_, i) => i & 255);
    small(...half);
    small(...half);
    small(9);
    queue.flush(connection);
    expect(wire()).toEqual([...half, ...half, 9]);
  });

  it('is given back once, when the connection has sent it', () => {
    const { queue, small, connection, events, pool } = setUp();
    small(1);
    queue.append([new Uint8Array([2])], () => events.push('a'));
    queue.append([new Uint8Array([3])], () => events.push('b'));
    queue.flush(connection);
    const inUse = connection.writes[0];
    expect(events).toEqual([]);
    connection.written();
    expect(events).toEqual(['a', 'b', 'written']);
    queue.clear();
    expect(events).toEqual(['a', 'b', 'written']);
    expect(inUse).toEqual(new Uint8Array([1, 2, 3]));
    expect(pool.take()).not.toBe(pool.take());
  });

  it('does not share a buffer with what the connection still owns', () => {
    const { queue, small, connection } = setUp();
    const first = queue.reserve(1);
    small(1);
    queue.flush(connection);
    const second = queue.reserve(1);
    expect(second).not.toBe(first);
    small(2);
    queue.flush(connection);
    connection.written();
    expect([first, second]).toContain(queue.reserve(1));
  });

  it('is given back once where it is thrown away', () => {
    const { queue, small, connection, events } = setUp();
    small(1);
    queue.append([new Uint8Array([2])], () => events.push('a'));
    queue.clear();
    queue.clear();
    expect(events).toEqual(['a']);
    expect(queue.queuedBytes).toBe(0);
    expect(queue.flush(connection)).toBe(0);
    small(5);
    queue.flush(connection);
    expect(connection.writes).toEqual([new Uint8Array([5])]);
  });
});

describe('an upgrade', () => {
  it('sends in plain what was queued before it, and encrypts the rest a flush at a time', () => {
    const { queue, small, connection } = setUp();
    const inputs: number[][] = [];
    small(1);
    queue.upgrade(connection, (plain) => {
      inputs.push([...plain]);
      return invert(plain);
    });
    expect(queue.isEncrypted).toBe(true);
    expect(connection.writes).toEqual([new Uint8Array([1])]);
    small(2);
    queue.append([new Uint8Array([3, 4])]);
    expect(queue.flush(connection)).toBe(3);
    expect(inputs).toEqual([[2, 3, 4]]);
    expect(connection.writes[1]).toEqual(new Uint8Array([253, 252, 251]));
  });

  it('may give what goes on the wire in several pieces, which leave in one write', () => {
    const { queue, connection } = setUp();
    queue.upgrade(connection, (plain) => [new Uint8Array([plain.length]), new Uint8Array(), invert(plain)]);
    queue.append([new Uint8Array([3, 4])]);
    expect(queue.flush(connection)).toBe(3);
    expect(connection.writes).toEqual([new Uint8Array([2, 252, 251])]);
  });

  it('after a freeze encrypts all that was queued since the freeze', () => {
    const { queue, small, connection } = setUp();
    small(1);
    queue.freeze(connection);
    expect(connection.writes).toEqual([new Uint8Array([1])]);
    small(2);
    expect(queue.flush(connection)).toBe(0);
    queue.freeze(connection);
    expect(queue.isFrozen).toBe(true);
    queue.upgrade(connection, invert);
    expect(queue.isFrozen).toBe(false);
    expect(connection.writes).toHaveLength(1);
    small(3);
    queue.flush(connection);
    expect(connection.writes[1]).toEqual(new Uint8Array([253, 252]));
  });

  it('happens once', () => {
    const { queue, connection } = setUp();
    queue.upgrade(connection, invert);
    const twice = expect.objectContaining({ code: 'PLUGIN_UPGRADE_TWICE' });
    expect(() => queue.upgrade(connection, invert)).toThrow(twice);
    expect(() => queue.freeze(connection)).toThrow(twice);
  });

  it('may keep a partial record: then nothing goes out yet, and what was read is given back', () => {
    const { queue, connection, events } = setUp();
    queue.upgrade(connection, () => new Uint8Array());
    queue.append([new Uint8Array([1])], () => events.push('a'));
    expect(queue.flush(connection)).toBe(0);
    expect(connection.writes).toEqual([]);
    expect(events).toEqual(['a']);
  });

  it('whose transform throws gives back what it was to encrypt, once', () => {
    const { queue, connection, events } = setUp();
    queue.upgrade(connection, () => {
      throw new Error('no key');
    });
    queue.append([new Uint8Array([1])], () => events.push('a'));
    expect(() => queue.flush(connection)).toThrow('no key');
    queue.clear();
    expect(events).toEqual(['a']);
  });
});

describe('any use', () => {
  const length = fc.integer({ min: 1, max: 3_000 });
  const command = fc.oneof(
    fc.record({ type: fc.constantFrom('small' as const, 'content' as const), length }),
    fc.record({ type: fc.constantFrom('flush' as const, 'written' as const) }),
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('freeze' as const, 'upgrade' as const) }) },
  );

  it('keeps every byte in order, encrypts from the upgrade on, and gives each buffer back once', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
        const { queue, small, connection, wire } = setUp();
        const expected: number[] = [];
        const releases: number[] = [];
        let next = 0;
        let isEncrypting = false;
        for (const step of commands) {
          if ('length' in step) {
            const bytes = Array.from({ length: step.length }, () => next++ & 255);
            expected.push(...bytes.map((byte) => (isEncrypting ? 255 - byte : byte)));
            if (step.type === 'small') small(...bytes);
            else {
              const index = releases.push(0) - 1;
              queue.append([new Uint8Array(bytes)], () => {
                releases[index] = (releases[index] ?? 0) + 1;
              });
            }
          } else if (step.type === 'flush') queue.flush(connection);
          else if (step.type === 'written') connection.written();
          else if (!queue.isEncrypted && !(step.type === 'freeze' && isEncrypting)) {
            isEncrypting = true;
            if (step.type === 'freeze') queue.freeze(connection);
            else queue.upgrade(connection, invert);
          }
        }
        if (queue.isFrozen) queue.upgrade(connection, invert);
        queue.flush(connection);
        connection.written();
        expect(Buffer.compare(Buffer.from(wire()), Buffer.from(expected))).toBe(0);
        expect(releases.every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
