import { describe, expect, it } from 'vitest';
import type { Alert } from './alert.js';
import { AlertQueue } from './alert-queue.js';
import { defaultAlertMask } from './categories.js';

function warning(number: number): Alert {
  return { type: 'performanceWarning', message: String(number) };
}

function queueOf(capacity: number, onClose?: () => void): AlertQueue {
  return new AlertQueue(defaultAlertMask, capacity, onClose);
}

/** What can be read without waiting for more; the queue is closed by it. */
async function drain(queue: AlertQueue): Promise<string[]> {
  queue.close();
  const read: string[] = [];
  for await (const alert of queue) {
    if (alert.type === 'performanceWarning') read.push(alert.message);
    else if (alert.type === 'alertsDropped') read.push(`dropped ${alert.count}`);
  }
  return read;
}

describe('a queue of alerts', () => {
  it('gives what came, in order, and hands the next one to who waits', async () => {
    const queue = queueOf(10);
    queue.deliver(warning(1));
    queue.deliver(warning(2));
    expect((await queue.next()).value).toEqual(warning(1));
    expect((await queue.next()).value).toEqual(warning(2));
    const waiting = [queue.next(), queue.next()];
    queue.deliver(warning(3));
    queue.deliver(warning(4));
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual([warning(3), warning(4)]);
  });

  it('that is full drops and counts, and says so in place of what is missing', async () => {
    const queue = queueOf(3);
    for (let i = 1; i <= 5; i++) queue.deliver(warning(i));
    expect(queue.droppedCount).toBe(2);
    expect(await drain(queue)).toEqual(['1', '2', '3', 'dropped 2']);
  });

  it('has room again for each one that was read', async () => {
    const queue = queueOf(2);
    queue.deliver(warning(1));
    queue.deliver(warning(2));
    await queue.next();
    queue.deliver(warning(3));
    expect(queue.droppedCount).toBe(0);
    queue.deliver(warning(4));
    expect(queue.droppedCount).toBe(1);
    expect(await drain(queue)).toEqual(['2', '3', 'dropped 1']);
  });

  it('says of a gap before what came after it', async () => {
    const queue = queueOf(2);
    for (const number of [1, 2, 3]) queue.deliver(warning(number));
    await queue.next();
    queue.deliver(warning(4));
    expect(await drain(queue)).toEqual(['2', 'dropped 1', '4']);
  });

  it('that is closed can be read to its end, takes no more, and lets waiting readers go', async () => {
    let closed = 0;
    const queue = queueOf(10, () => closed++);
    queue.deliver(warning(1));
    queue.close();
    queue.close();
    queue.deliver(warning(2));
    expect(closed).toBe(1);
    expect(await drain(queue)).toEqual(['1']);
    const other = queueOf(10);
    const waiting = other.next();
    other.close();
    expect((await waiting).done).toBe(true);
  });

  it('ends where a loop over it is left', async () => {
    let closed = 0;
    const queue = queueOf(10, () => closed++);
    queue.deliver(warning(1));
    queue.deliver(warning(2));
    for await (const alert of queue) {
      expect(alert).toEqual(warning(1));
      break;
    }
    expect(closed).toBe(1);
    expect((await queue.next()).done).toBe(true);
  });
});
