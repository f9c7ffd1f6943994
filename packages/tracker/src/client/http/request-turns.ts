/** How many requests run at the same time. */
const maxRunning = 50;
const maxRunningPerHost = 8;

interface Host {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * Turns of requests over connections: 50 at a time, 8 of them with one host, so that a host that does not answer
 * keeps nobody from the others.
 */
export class RequestTurns {
  readonly #hosts = new Map<string, Host>();
  #running = 0;

  /**
   * Runs `request` when it is its turn; where `isUrgent` before others that wait. Settles as `request` does; rejects
   * with the reason of `signal` where that is aborted before its turn.
   */
  async run<T>(
    host: string,
    { isUrgent, signal }: { readonly isUrgent: boolean; readonly signal: AbortSignal },
    request: () => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    await this.#turn(host, isUrgent, signal);
    try {
      return await request();
    } finally {
      this.#end(host);
    }
  }

  #turn(name: string, isUrgent: boolean, signal: AbortSignal): Promise<void> {
    const host = this.#hosts.get(name) ?? { running: 0, waiting: [] };
    this.#hosts.set(name, host);
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', giveUp);
        host.running++;
        this.#running++;
        resolve();
      };
      const giveUp = (): void => {
        host.waiting.splice(host.waiting.indexOf(start), 1);
        this.#forgetIdle(name, host);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      if (isUrgent) host.waiting.unshift(start);
      else host.waiting.push(start);
      this.#startWaiting();
    });
  }

  #end(name: string): void {
    const host = this.#hosts.get(name);
    if (host === undefined) return;
    host.running--;
    this.#running--;
    // The others are first now.
    this.#hosts.delete(name);
    this.#hosts.set(name, host);
    this.#forgetIdle(name, host);
    this.#startWaiting();
  }

  #forgetIdle(name: string, { running, waiting }: Host): void {
    if (running === 0 && waiting.length === 0) this.#hosts.delete(name);
  }

  #startWaiting(): void {
    for (const host of this.#hosts.values()) {
      while (this.#running < maxRunning && host.running < maxRunningPerHost) {
        const start = host.waiting.shift();
        if (start === undefined) break;
        start();
      }
    }
  }
}
