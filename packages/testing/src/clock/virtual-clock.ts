import { setImmediate } from 'node:timers';
import type { Clock, TimerHandle } from '@peerloom/core';
import { TestingError } from '../testing-error.js';
import { TimerHeap, type VirtualTimer } from './timer-heap.js';

/** Options of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** What `wallTimeMs()` says at virtual time 0. Default: the start of 2030 (UTC). */
  readonly wallTimeMs?: number;
}

/** Options of {@link VirtualClock.runUntil}. */
export interface RunUntilOptions {
  /** Virtual time after which it is given up. */
  readonly timeoutMs: number;
  /** What is waited for, for the error message. */
  readonly what?: string;
}

/** Somebody who waits for the clock to get somewhere. */
interface Run {
  readonly untilMs: number;
  /** `undefined`: wait for `untilMs` itself. */
  readonly isDone: (() => boolean) | undefined;
  readonly what: string;
  readonly startedMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** 2030-01-01T00:00:00Z. */
const startOf2030 = 1_893_456_000_000;
const shortestPeriodMs = 1;
const turnsAtOnce = 64;
/** So many events without time going on is a loop that would never end. */
const maxEventsPerInstant = 5_000_000;

/**
 * A clock whose time goes on only while a test runs it, as fast as the machine can. Timers fire in order
 * of time, then of being set; between two of them every promise reaction that is pending is run, chains of
 * any depth included. So the same calls give the same run.
 *
 * Several parts of a test may run the clock at once: it goes on while anybody waits. Real input and output
 * (worker threads, sockets, files) is not waited for.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  #eventCount = 0;
  #eventsThisInstant = 0;
  /** Timers due later. */
  readonly #later = new TimerHeap();
  /** Timers due now, in order, from `#readyHead`; what is due now in the heap goes first. */
  readonly #ready: VirtualTimer[] = [];
  #readyHead = 0;
  readonly #runs: Run[] = [];
  #queuedTurns = 0;

  constructor(options: VirtualClockOptions = {}) {
    this.#wallOffsetMs = options.wallTimeMs ?? startOf2030;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTimeMs(): number {
    return this.#wallOffsetMs + this.#nowMs;
  }

  /** Makes the wall time jump; `now()` and timers are not touched. */
  setWallTimeMs(wallTimeMs: number): void {
    this.#wallOffsetMs = wallTimeMs - this.#nowMs;
  }

  /** Timers that are set and have not fired, intervals included. */
  get pendingTimers(): number {
    let count = this.#later.size;
    for (let i = this.#readyHead; i < this.#ready.length; i++) {
      if (this.#ready[i]?.callback !== undefined) count++;
    }
    return count;
  }

  /** Callbacks made so far; equal for equal runs. */
  get eventCount(): number {
    return this.#eventCount;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return this.#add(callback, delayMs, 0);
  }

  /** As {@link Clock.setInterval}; a period below 1 ms is taken for 1 ms. */
  setInterval(callback: () => void, periodMs: number): TimerHandle {
    const period = Math.max(periodMs, shortestPeriodMs);
    return this.#add(callback, period, period);
  }

  setImmediate(callback: () => void): TimerHandle {
    return this.#add(callback, 0, 0);
  }

  clear(handle: TimerHandle): void {
    const timer = timerOf(handle);
    if (timer.callback === undefined) return;
    timer.callback = undefined;
    if (timer.isInHeap) this.#later.noteCleared();
  }

  /**
   * Lets `ms` of virtual time pass. Resolves at the end of the last instant: everything due at it has
   * happened. Rejects with what a timer's callback throws.
   */
  advance(ms: number): Promise<void> {
    return this.#run(ms, undefined, '');
  }

  /** Lets everything happen that is due at the present instant. */
  settle(): Promise<void> {
    return this.advance(0);
  }

  /**
   * Lets time pass until `predicate` is true; it is asked between events. Rejects with `TESTING_TIMEOUT`
   * where it never was, and with what `predicate` or a timer's callback throws.
   */
  runUntil(predicate: () => boolean, options: RunUntilOptions): Promise<void> {
    const what = options.what ?? 'the condition';
    return this.#run(options.timeoutMs, predicate, what);
  }

  #add(callback: () => void, delayMs: number, periodMs: number): TimerHandle {
    const dueMs = this.#nowMs + Math.max(delayMs, 0);
    const timer: VirtualTimer = { dueMs, periodMs, callback, isInHeap: false };
    this.#place(timer);
    return handleOf(timer);
  }

  #place(timer: VirtualTimer): void {
    if (timer.dueMs > this.#nowMs) this.#later.add(timer);
    else this.#ready.push(timer);
  }

  #run(ms: number, isDone: (() => boolean) | undefined, what: string): Promise<void> {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
      throw new TestingError('TESTING_CLOCK', `cannot run the clock for ${ms} ms`);
    }
    const startedMs = this.#nowMs;
    return new Promise((resolve, reject) => {
      this.#runs.push({ untilMs: startedMs + ms, isDone, what, startedMs, resolve, reject });
      this.#queueTurns();
    });
  }

  /**
   * Each step is an immediate of its own: promise reactions run between two of them. Several are queued at
   * once because a turn of the event loop costs more than a step.
   */
  #queueTurns(): void {
    if (this.#queuedTurns > 0) return;
    this.#queuedTurns = turnsAtOnce;
    for (let i = 0; i < turnsAtOnce; i++) setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#queuedTurns--;
    if (this.#runs.length === 0) return;
    try {
      if (!this.#finishRuns()) this.#step();
    } catch (error) {
      for (const run of this.#runs.splice(0)) run.reject(error);
    }
    if (this.#runs.length > 0) this.#queueTurns();
  };

  /** Ends the runs whose condition holds; false where there is none. */
  #finishRuns(): boolean {
    let hasFinished = false;
    for (let i = 0; i < this.#runs.length; i++) {
      const run = this.#runs[i];
      if (run?.isDone === undefined || !run.isDone()) continue;
      this.#runs.splice(i--, 1);
      run.resolve();
      hasFinished = true;
    }
    return hasFinished;
  }

  /** Makes the next call that is due, or goes on to where the first run ends. */
  #step(): void {
    let untilMs = Number.POSITIVE_INFINITY;
    for (const run of this.#runs) untilMs = Math.min(untilMs, run.untilMs);
    const timer = this.#takeDue(untilMs);
    if (timer === undefined) {
      this.#setNow(untilMs);
      this.#expireRuns();
      return;
    }
    this.#eventCount++;
    if (++this.#eventsThisInstant > maxEventsPerInstant) {
      this.#eventsThisInstant = 0;
      throw new TestingError('TESTING_CLOCK', `time stands still at ${this.#nowMs} ms: an endless loop`);
    }
    const { callback } = timer;
    if (timer.periodMs > 0) {
      timer.dueMs += timer.periodMs;
      this.#place(timer);
    } else {
      timer.callback = undefined;
    }
    callback?.();
  }

  /** The next timer that is due at `untilMs` or before, with the clock set to its time. */
  #takeDue(untilMs: number): VirtualTimer | undefined {
    const laterMs = this.#later.firstDueMs;
    if (laterMs <= this.#nowMs) return this.#later.takeFirst();
    while (this.#readyHead < this.#ready.length) {
      const timer = this.#ready[this.#readyHead++];
      if (timer?.callback !== undefined) return timer;
    }
    this.#ready.length = 0;
    this.#readyHead = 0;
    if (laterMs > untilMs) return undefined;
    this.#setNow(laterMs);
    return this.#later.takeFirst();
  }

  #setNow(nowMs: number): void {
    if (nowMs <= this.#nowMs) return;
    this.#nowMs = nowMs;
    this.#eventsThisInstant = 0;
  }

  #expireRuns(): void {
    for (let i = 0; i < this.#runs.length; i++) {
      const run = this.#runs[i];
      if (run === undefined || run.untilMs > this.#nowMs) continue;
      this.#runs.splice(i--, 1);
      if (run.isDone === undefined) run.resolve();
      else run.reject(this.#timeout(run));
    }
  }

  #timeout({ what, startedMs, untilMs }: Run): TestingError {
    const waited = `waited ${untilMs - startedMs} ms of virtual time for ${what}`;
    const pending = this.pendingTimers;
    const state = pending === 0 ? 'nothing was left to happen' : `${pending} timers were pending`;
    return new TestingError('TESTING_TIMEOUT', `${waited}; at ${this.#nowMs} ms ${state}`);
  }
}

function handleOf(timer: VirtualTimer): TimerHandle {
  const opaque: object = timer;
  return opaque as TimerHandle;
}

function timerOf(handle: TimerHandle): VirtualTimer {
  const opaque: object = handle;
  return opaque as VirtualTimer;
}
