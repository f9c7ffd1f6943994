/** Counts what is under way, for who waits until nothing is. */
export class WorkCount {
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  begun(): void {
    this.#count++;
  }

  ended(): void {
    if (--this.#count === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
