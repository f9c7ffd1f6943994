import { VirtualClock } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { RequestTurns } from './request-turns.js';

const never = new AbortController().signal;

/** Requests that run until they are told to end. */
class Requests {
  readonly started: string[] = [];
  readonly #clock = new VirtualClock();
  readonly #turns = new RequestTurns();
  readonly #ends: (() => void)[] = [];

  run(name: string, { isUrgent = false, signal = never, host = 'a' } = {}): Promise<string> {
    return this.#turns.run(host, { isUrgent, signal }, () => {
      this.started.push(name);
      return new Promise((resolve) => this.#ends.push(() => resolve(name)));
    });
  }

  /** As many as run at a time with one host. */
  async fill(): Promise<void> {
    for (let n = 0; n < 8; n++) void this.run(`filler ${n}`);
    await this.haveStarted(8);
  }

  endOne(): void {
    this.#ends.shift()?.();
  }

  haveStarted(count: number): Promise<void> {
    return this.#clock.runUntil(() => this.started.length === count, { timeoutMs: 10 });
  }
}

describe('turns of requests', () => {
  it('are eight at a time with one host, the urgent ones first', async () => {
    const requests = new Requests();
    await requests.fill();
    void requests.run('later');
    void requests.run('urgent', { isUrgent: true });
    void requests.run('elsewhere', { host: 'b' });
    requests.endOne();
    await requests.haveStarted(10);
    requests.endOne();
    await requests.haveStarted(11);
    expect(requests.started.slice(8).sort()).toEqual(['elsewhere', 'later', 'urgent']);
    expect(requests.started.at(-1)).toBe('later');
  });

  it('are not waited for by who has given up', async () => {
    const requests = new Requests();
    await requests.fill();
    const giver = new AbortController();
    const waiting = requests.run('given up', { signal: giver.signal });
    void requests.run('next');
    giver.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(requests.run('too late', { signal: giver.signal })).rejects.toThrow('enough');
    requests.endOne();
    await requests.haveStarted(9);
    expect(requests.started.at(-1)).toBe('next');
  });
});
