interface Waiting {
  readonly isExclusive: boolean;
  start(): void;
}

/**
 * Lets many works run at the same time, and now and then one alone. They start in the order in which they
 * came, whatever they wait for.
 */
export class ExclusiveGate {
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #isExclusive = false;

  /** Runs `work` beside others like it. */
  shared<T>(work: () => Promise<T>): Promise<T> {
    return this.#enter(false, work);
  }

  /** Runs `work` once all that came before is done, and nothing else meanwhile. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#enter(true, work);
  }

  #enter<T>(isExclusive: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length === 0 && this.#isFree(isExclusive)) return this.#run(isExclusive, work);
    return new Promise((resolve) => {
      this.#waiting.push({ isExclusive, start: () => resolve(this.#run(isExclusive, work)) });
    });
  }

  #isFree(isExclusive: boolean): boolean {
    return isExclusive ? this.#running === 0 : !this.#isExclusive;
  }

  async #run<T>(isExclusive: boolean, work: () => Promise<T>): Promise<T> {
    this.#running++;
    this.#isExclusive = isExclusive;
    try {
      return await work();
    } finally {
      this.#running--;
      this.#isExclusive = false;
      this.#advance();
    }
  }

  #advance(): void {
    for (let next = this.#waiting[0]; next && this.#isFree(next.isExclusive); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.start();
    }
  }
}
