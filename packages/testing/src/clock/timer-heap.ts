/** One call that a virtual clock has to make. */
export interface VirtualTimer {
  /** Virtual time at which it is due. */
  dueMs: number;
  /** 0 for a call that is made once. */
  readonly periodMs: number;
  /** `undefined` once cleared or, for a call that is made once, made. */
  callback: (() => void) | undefined;
  /** Whether it is in a {@link TimerHeap}. */
  isInHeap: boolean;
}

const arity = 4; // The parent of `index` is `(index - 1) >> 2`.
const smallestCapacity = 64;

/**
 * A heap of timers, earliest first, those due at the same time in the order in which they were added. The
 * keys lie in arrays of their own, so that a million timers are compared without being touched. A cleared
 * timer stays until it comes up or cleared ones are the majority.
 */
export class TimerHeap {
  #due = new Float64Array(smallestCapacity);
  #order = new Float64Array(smallestCapacity);
  #timers: VirtualTimer[] = [];
  #size = 0;
  #clearedCount = 0;
  #nextOrder = 0;

  /** Timers that are not cleared. */
  get size(): number {
    return this.#size - this.#clearedCount;
  }

  /** When the earliest timer is due; `Infinity` where there is none. */
  get firstDueMs(): number {
    this.#dropClearedFirst();
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#due[0] ?? 0);
  }

  add(timer: VirtualTimer): void {
    if (this.#size === this.#due.length) this.#grow();
    timer.isInHeap = true;
    this.#rise(timer, timer.dueMs, this.#nextOrder++, this.#size++);
  }

  /** Takes out the earliest timer. */
  takeFirst(): VirtualTimer | undefined {
    this.#dropClearedFirst();
    return this.#take();
  }

  /** To be called for a timer in the heap whose callback was cleared. */
  noteCleared(): void {
    this.#clearedCount++;
    if (this.#clearedCount > smallestCapacity && this.#clearedCount * 2 > this.#size) this.#dropCleared();
  }

  #dropClearedFirst(): void {
    while (this.#clearedCount > 0 && this.#size > 0 && this.#timers[0]?.callback === undefined) {
      this.#take();
      this.#clearedCount--;
    }
  }

  #take(): VirtualTimer | undefined {
    const first = this.#timers[0];
    if (first === undefined) return undefined;
    first.isInHeap = false;
    const last = this.#timers.pop();
    this.#size--;
    if (last !== undefined && this.#size > 0) {
      this.#sink(last, this.#due[this.#size] ?? 0, this.#order[this.#size] ?? 0, 0);
    }
    return first;
  }

  #dropCleared(): void {
    const timers = this.#timers;
    const due = this.#due.slice(0, this.#size);
    const order = this.#order.slice(0, this.#size);
    this.#timers = [];
    this.#size = 0;
    this.#clearedCount = 0;
    for (const [index, timer] of timers.entries()) {
      if (timer.callback === undefined) timer.isInHeap = false;
      else this.#rise(timer, due[index] ?? 0, order[index] ?? 0, this.#size++);
    }
  }

  #grow(): void {
    const due = new Float64Array(this.#due.length * 2);
    due.set(this.#due);
    this.#due = due;
    const order = new Float64Array(due.length);
    order.set(this.#order);
    this.#order = order;
  }

  #rise(timer: VirtualTimer, dueMs: number, order: number, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      if (!this.#isAfter(parent, dueMs, order)) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(timer, dueMs, order, index);
  }

  #sink(timer: VirtualTimer, dueMs: number, order: number, from: number): void {
    let index = from;
    for (;;) {
      const child = this.#earliestChild(index);
      if (child < 0 || this.#isAfter(child, dueMs, order)) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(timer, dueMs, order, index);
  }

  /** Index of the earliest child; -1 where there is none. */
  #earliestChild(index: number): number {
    const first = index * arity + 1;
    if (first >= this.#size) return -1;
    const end = Math.min(first + arity, this.#size);
    let earliest = first;
    for (let child = first + 1; child < end; child++) {
      if (this.#isAfter(earliest, this.#due[child] ?? 0, this.#order[child] ?? 0)) earliest = child;
    }
    return earliest;
  }

  #isAfter(index: number, dueMs: number, order: number): boolean {
    const other = this.#due[index] ?? 0;
    return other > dueMs || (other === dueMs && (this.#order[index] ?? 0) > order);
  }

  #move(from: number, to: number): void {
    this.#due[to] = this.#due[from] ?? 0;
    this.#order[to] = this.#order[from] ?? 0;
    const timer = this.#timers[from];
    if (timer !== undefined) this.#timers[to] = timer;
  }

  #put(timer: VirtualTimer, dueMs: number, order: number, index: number): void {
    this.#due[index] = dueMs;
    this.#order[index] = order;
    this.#timers[index] = timer;
  }
}
