import {
  asDict,
  asInteger,
  asList,
  asText,
  type BencodeInput,
  type BencodeValue,
} from '../bencode/bencode.js';
import { type Endpoint, formatEndpoint, parseEndpoint } from '../common/endpoint.js';
import { isPeerloomError } from '../common/errors.js';
import type { Ban, BanOptions, BanTarget } from '../plugin/session-context.js';
import type { Clock } from '../ports/clock.js';

/** Who is kept out of a session: addresses, single endpoints, principals. */
export class Bans {
  readonly #clock: Clock;
  readonly #bans = new Map<string, Ban>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(target: BanTarget, { reason, durationMs }: BanOptions, plugin: string | undefined): void {
    const untilWallTimeMs = durationMs === undefined ? undefined : this.#clock.wallTimeMs() + durationMs;
    this.#bans.set(keyOf(target), { target, reason, plugin, untilWallTimeMs });
  }

  remove(target: BanTarget): boolean {
    return this.#bans.delete(keyOf(target));
  }

  list(): readonly Ban[] {
    return [...this.#bans.values()].filter((ban) => this.#isInForce(ban));
  }

  ofEndpoint(endpoint: Endpoint): Ban | undefined {
    return this.#find({ endpoint }) ?? this.#find({ endpoint, portOnly: true });
  }

  ofPrincipal(principal: string): Ban | undefined {
    return this.#find({ principal });
  }

  #find(target: BanTarget): Ban | undefined {
    const ban = this.#bans.get(keyOf(target));
    return ban && this.#isInForce(ban) ? ban : undefined;
  }

  #isInForce({ untilWallTimeMs }: Ban): boolean {
    return untilWallTimeMs === undefined || untilWallTimeMs > this.#clock.wallTimeMs();
  }

  /** Forgets bans that are over, and returns them. */
  takeExpired(): readonly Ban[] {
    const expired: Ban[] = [];
    for (const [key, ban] of this.#bans) {
      if (this.#isInForce(ban)) continue;
      this.#bans.delete(key);
      expired.push(ban);
    }
    return expired;
  }

  /** For the session's state. */
  save(): BencodeInput {
    return this.list().map(({ target, reason, plugin, untilWallTimeMs }) => ({
      ...('principal' in target
        ? { principal: target.principal }
        : { endpoint: formatEndpoint(target.endpoint), portOnly: target.portOnly === true ? 1 : 0 }),
      reason,
      plugin,
      until: untilWallTimeMs === undefined ? undefined : Math.round(untilWallTimeMs),
    }));
  }

  /** From the session's state; entries that make no sense are left out. */
  load(value: BencodeValue | undefined): void {
    for (const entry of asList(value) ?? []) {
      const dict = asDict(entry);
      const target = dict && readTarget(dict.principal, dict.endpoint, dict.portOnly);
      if (!dict || !target) continue;
      this.#bans.set(keyOf(target), {
        target,
        reason: asText(dict.reason) ?? '',
        plugin: asText(dict.plugin),
        untilWallTimeMs: asInteger(dict.until),
      });
    }
  }
}

function readTarget(
  principal: BencodeValue | undefined,
  endpoint: BencodeValue | undefined,
  portOnly: BencodeValue | undefined,
): BanTarget | undefined {
  const name = asText(principal);
  if (name !== undefined) return { principal: name };
  const text = asText(endpoint);
  if (text === undefined) return undefined;
  try {
    return { endpoint: parseEndpoint(text), portOnly: asInteger(portOnly) === 1 };
  } catch (error) {
    if (isPeerloomError(error)) return undefined;
    throw error;
  }
}

/** What tells a saved ban from others; `undefined` for what makes no sense. */
export function savedBanKey(entry: BencodeValue): string | undefined {
  const { principal, endpoint, portOnly } = asDict(entry) ?? {};
  const target = readTarget(principal, endpoint, portOnly);
  return target && keyOf(target);
}

function keyOf(target: BanTarget): string {
  if ('principal' in target) return `principal ${target.principal}`;
  return target.portOnly === true
    ? `endpoint ${formatEndpoint(target.endpoint)}`
    : `address ${target.endpoint.address}`;
}
