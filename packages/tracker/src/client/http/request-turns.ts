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

  /** Runs `request` when it is its turn; at once `isUrgent` before others that wait. Settles as `request` does. */
  async run<T>(host: string, isUrgent: boolean, request: () => Promise<T>): Promise<T> {
    await this.#turn(host, isUrgent);
    try {
      return await request();
    } finally {
      this.#end(host);
    }
  }

  #turn(name: string, isUrgent: boolean): Promise<void> {
    const host = this.#hosts.get(name) ?? { running: 0, waiting: [] };
    this.#hosts.set(name, host);
    return new Promise((resolve) => {
      const start = (): void => {
        host.running++;
        this.#running++;
        resolve();
      };
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
    if (host.running > 0 || host.waiting.length > 0) this.#hosts.set(name, host);
    this.#startWaiting();
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
