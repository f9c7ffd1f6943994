/**
 * A limit that several have a say in: the application, and each extension. The least of what they say holds; 0 says
 * nothing.
 */
export class LeastLimit {
  #application = 0;
  /** What extensions say, by what stands for each. */
  #others: Map<object, number> | undefined;

  /** @param setter What stands for the extension whose limit it is; the application's where there is none. */
  set(bytesPerSecond: number, setter?: object): void {
    if (setter === undefined) {
      this.#application = bytesPerSecond;
    } else if (bytesPerSecond === 0) {
      this.#others?.delete(setter);
    } else {
      this.#others ??= new Map();
      this.#others.set(setter, bytesPerSecond);
    }
  }

  /** Bytes a second; 0 where nobody limits it. */
  get least(): number {
    let least = this.#application || Number.POSITIVE_INFINITY;
    for (const limit of this.#others?.values() ?? []) least = Math.min(least, limit);
    return least === Number.POSITIVE_INFINITY ? 0 : least;
  }
}
