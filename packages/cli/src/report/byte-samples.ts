import { recordingLimits } from './recording.js';

/** Bytes that had come to a session and been sent by it, at one time. */
export interface ByteCounts {
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
}

interface Sample {
  readonly timeMs: number;
  readonly counts: ReadonlyMap<string, ByteCounts>;
}

/**
 * What moved in the course of a run, of few samples however long it lasts: when they are too many, every second one
 * goes. Since they are counts and not rates, nothing of what moved is lost by that.
 */
export class ByteSamples {
  #samples: Sample[] = [];
  #periodMs = 0;
  /** The last one, where it came too early to be kept. */
  #last: Sample | undefined;

  /** Takes the counts of all sessions, by name, at a time that does not go back. */
  add(timeMs: number, counts: ReadonlyMap<string, ByteCounts>): void {
    const sample = { timeMs: Math.round(timeMs), counts };
    const before = this.#samples.at(-1);
    if (before !== undefined && sample.timeMs - before.timeMs < Math.max(1, this.#periodMs)) {
      this.#last = sample;
      return;
    }
    this.#last = undefined;
    this.#samples.push(sample);
    if (this.#samples.length < recordingLimits.samples) return;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    const spanMs = (this.#samples.at(-1)?.timeMs ?? 0) - (this.#samples[0]?.timeMs ?? 0);
    this.#periodMs = spanMs / (this.#samples.length - 1);
    if (this.#samples.at(-1) !== sample) this.#last = sample;
  }

  get #all(): readonly Sample[] {
    return this.#last === undefined ? this.#samples : [...this.#samples, this.#last];
  }

  get timesMs(): readonly number[] {
    return this.#all.map(({ timeMs }) => timeMs);
  }

  /** What a session's count was at each time; 0 before it was there. */
  of(node: string, which: keyof ByteCounts): readonly number[] {
    return this.#all.map(({ counts }) => counts.get(node)?.[which] ?? 0);
  }
}
