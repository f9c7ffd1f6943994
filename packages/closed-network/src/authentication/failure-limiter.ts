import { addressPrefixKey } from '@peerloom/core/plugin';

/** Failures of a stranger's address, one after the other, before it is refused. */
const maxFailures = 5;
/** Of an address that members have come from: others may share it. */
const maxFailuresOfKnown = 50;
/** A failure is forgotten after this time. */
const forgetMs = 12_000;
/** An address is known for this long after a member has come from it. */
const knownForMs = 3_600_000;
/** Addresses that are kept in mind. */
const maxAddresses = 1024;

interface Entry {
  failures: number;
  updatedAtMs: number;
  knownUntilMs: number;
}

/** Refuses addresses that fail too often, an IPv6 /64 as one: a failure leaks away every twelve seconds. */
export class FailureLimiter {
  /** By prefix, the one that was touched last at the end. */
  readonly #entries = new Map<string, Entry>();

  /** Whether an address has failed so often that it is not listened to now. */
  isRefused(address: string, nowMs: number): boolean {
    const entry = this.#entries.get(addressPrefixKey(address));
    if (entry === undefined) return false;
    const limit = nowMs < entry.knownUntilMs ? maxFailuresOfKnown : maxFailures;
    return failuresNow(entry, nowMs) > limit - 1;
  }

  /** A connection from the address has failed. */
  failed(address: string, nowMs: number): void {
    const entry = this.#touch(address, nowMs);
    entry.failures = Math.min(entry.failures + 1, maxFailuresOfKnown);
  }

  /** A member has come from the address. */
  confirmed(address: string, nowMs: number): void {
    const entry = this.#touch(address, nowMs);
    entry.knownUntilMs = nowMs + knownForMs;
  }

  #touch(address: string, nowMs: number): Entry {
    const key = addressPrefixKey(address);
    const entry = this.#entries.get(key) ?? { failures: 0, updatedAtMs: nowMs, knownUntilMs: 0 };
    entry.failures = failuresNow(entry, nowMs);
    entry.updatedAtMs = nowMs;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxAddresses && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}

function failuresNow({ failures, updatedAtMs }: Entry, nowMs: number): number {
  return Math.max(0, failures - (nowMs - updatedAtMs) / forgetMs);
}
