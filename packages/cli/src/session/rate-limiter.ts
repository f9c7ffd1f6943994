import type { Clock, LiveSettings, Session, TimerHandle } from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { parseRate, type RateSource } from '../input/quantities.js';
import { readTextFile } from '../input/text-file.js';
import { formatRate } from '../output/format.js';
import type { Warn } from '../output/warning.js';

/** How much may be received and sent; no limit where `undefined`. */
export interface RateLimits {
  readonly limitDown?: RateSource;
  readonly limitUp?: RateSource;
}

/** Who hears of changes. */
export interface LimitListener {
  readonly say: (text: string) => void;
  readonly warn: Warn;
}

type LimitSettings = Pick<LiveSettings, 'downloadLimitBytesPerSecond' | 'uploadLimitBytesPerSecond'>;

/** How often files are read; they have a few bytes. */
const periodMs = 1_000;
const codes = { unreadable: 'CLI_RATE', mode: 'CLI_RATE' };

/** The limit of one direction. */
class Limit {
  readonly option: string;
  readonly setting: keyof LimitSettings;
  readonly #source: RateSource | undefined;
  rate = 0;
  /** What the file is wrong by; told once. */
  problem: string | undefined;

  constructor(option: string, setting: keyof LimitSettings, source: RateSource | undefined) {
    this.option = option;
    this.setting = setting;
    this.#source = source;
  }

  get isOfFile(): boolean {
    return typeof this.#source === 'object';
  }

  /** Bytes a second, 0 for no limit. Rejects with {@link CliError} `CLI_RATE`. */
  async read(): Promise<number> {
    if (typeof this.#source !== 'object') return this.#source ?? 0;
    const { file } = this.#source;
    const text = await readTextFile({ path: file, where: this.option, codes, isSecret: false });
    const rate = text.trim();
    return rate === 'none' ? 0 : parseRate(`${this.option} @${file}:`)(rate);
  }
}

/** The rate limits of a command: those given, and those in files, which are followed while it runs. */
export class RateLimiter {
  readonly #limits: readonly Limit[];
  #clock: Clock | undefined;
  #timer: TimerHandle | undefined;
  #isBusy = false;

  private constructor({ limitDown, limitUp }: RateLimits) {
    this.#limits = [
      new Limit('--limit-down', 'downloadLimitBytesPerSecond', limitDown),
      new Limit('--limit-up', 'uploadLimitBytesPerSecond', limitUp),
    ];
  }

  /** Reads the limits for the first time. Rejects with {@link CliError} `CLI_RATE`. */
  static async read(limits: RateLimits): Promise<RateLimiter> {
    const limiter = new RateLimiter(limits);
    for (const limit of limiter.#limits) limit.rate = await limit.read();
    return limiter;
  }

  /** For a new session. */
  get settings(): Partial<LimitSettings> {
    return Object.fromEntries(this.#limits.map(({ setting, rate }) => [setting, rate]));
  }

  /** From now on, gives the session what the files have. What is wrong with one is a warning: its limit stays. */
  follow(session: Session, clock: Clock, listener: LimitListener): void {
    if (!this.#limits.some(({ isOfFile }) => isOfFile)) return;
    this.#clock = clock;
    this.#timer = clock.setInterval(() => void this.#look(session, listener), periodMs);
  }

  /** Looks no more. */
  close(): void {
    if (this.#timer !== undefined) this.#clock?.clear(this.#timer);
    this.#timer = undefined;
  }

  async #look(session: Session, listener: LimitListener): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (const limit of this.#limits) if (limit.isOfFile) await this.#update(limit, session, listener);
    this.#isBusy = false;
  }

  async #update(limit: Limit, session: Session, { say, warn }: LimitListener): Promise<void> {
    try {
      const rate = await limit.read();
      limit.problem = undefined;
      if (rate === limit.rate || this.#timer === undefined) return;
      limit.rate = rate;
      session.applySettings({ [limit.setting]: rate });
      say(`${limit.option}: ${rate === 0 ? 'no limit' : formatRate(rate)} from now on`);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      if (limit.problem === error.message || this.#timer === undefined) return;
      limit.problem = error.message;
      warn({ code: error.code, message: `${error.message}; the limit stays as it was` });
    }
  }
}
