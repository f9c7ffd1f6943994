import { describe, expect, test } from 'vitest';
import { ExclusiveGate } from './exclusive-gate.js';

/** Works that note when they start and end when told. */
function setUp() {
  const gate = new ExclusiveGate();
  const log: string[] = [];
  const ends = new Map<string, (fails: boolean) => void>();
  const work = (name: string) => (): Promise<string> =>
    new Promise((resolve, reject) => {
      log.push(name);
      ends.set(name, (fails) => (fails ? reject(new Error(name)) : resolve(name)));
    });
  const end = async (name: string, fails = false): Promise<void> => {
    ends.get(name)?.(fails);
    for (let turn = 0; turn < 5; turn++) await undefined;
  };
  return { gate, log, work, end };
}

describe('ExclusiveGate', () => {
  test('works start at once beside each other', () => {
    const { gate, log, work } = setUp();
    void gate.shared(work('a'));
    void gate.shared(work('b'));
    expect(log).toEqual(['a', 'b']);
  });

  test('one alone waits for those before it, and those after it wait for it, in order', async () => {
    const { gate, log, work, end } = setUp();
    void gate.shared(work('a'));
    void gate.shared(work('b'));
    void gate.exclusive(work('alone'));
    void gate.shared(work('c'));
    void gate.shared(work('d'));
    void gate.exclusive(work('alone again'));
    await end('a');
    expect(log).toEqual(['a', 'b']);
    await end('b');
    expect(log).toEqual(['a', 'b', 'alone']);
    await end('alone');
    expect(log).toEqual(['a', 'b', 'alone', 'c', 'd']);
    void gate.shared(work('e'));
    await end('c');
    await end('d');
    expect(log.at(-1)).toBe('alone again');
    await end('alone again');
    expect(log.at(-1)).toBe('e');
  });

  test('a failure is of its own work and lets the next one in', async () => {
    const { gate, work, end } = setUp();
    const failed = gate.exclusive(work('alone'));
    const after = gate.shared(work('after'));
    const expected = expect(failed).rejects.toThrow('alone');
    await end('alone', true);
    await expected;
    await end('after');
    expect(await after).toBe('after');
  });
});
