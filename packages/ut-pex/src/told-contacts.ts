import { type Endpoint, parseEndpoint, type Random } from '@peerloom/core/plugin';
import type { PexContact } from './compact-contacts.js';

/** Contacts of a first message, both families together (BEP 11 sets no limit; others take no more). */
const maxFirst = 100;
/** Contacts that come, and that go, in a later message, both families together (BEP 11). */
const maxLater = 50;
/** Contacts that one peer knows of from us at one time: several times what it makes use of. */
const maxTold = 400;

/** What a peer is to be told next. */
export interface PexDifference<T extends PexContact> {
  /** By the texts of their endpoints. */
  readonly added: ReadonlyMap<string, T>;
  /** Texts of endpoints. */
  readonly dropped: readonly string[];
}

/** What one peer has been told, and so what it is to be told next: never more than has changed for it. */
export class ToldContacts {
  /** Texts of endpoints. */
  readonly #told = new Set<string>();
  readonly #random: Random;
  #isFirst = true;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * What has changed of `contacts`, the connected ones by the texts of their endpoints, up to what one message may
   * hold: the rest comes with the next ones. Changes nothing.
   */
  difference<T extends PexContact>(contacts: ReadonlyMap<string, T>): PexDifference<T> {
    const dropped = [...this.#told].filter((key) => !contacts.has(key)).slice(0, maxLater);
    const room = Math.min(this.#isFirst ? maxFirst : maxLater, maxTold - this.#told.size + dropped.length);
    const others = [...contacts].filter(([key]) => !this.#told.has(key));
    return { added: new Map(this.#choose(others, room)), dropped };
  }

  /**
   * By chance, and in no order: who takes a part only of each of several lists, as everybody does, hears of more
   * when the parts differ.
   */
  #choose<T>(items: T[], count: number): T[] {
    const chosen: T[] = [];
    while (chosen.length < count && items.length > 0) {
      chosen.push(...items.splice(this.#random.integer(items.length), 1));
    }
    return chosen;
  }

  /** The difference was sent. */
  sent({ added, dropped }: PexDifference<PexContact>): void {
    this.#isFirst = false;
    for (const key of dropped) this.#told.delete(key);
    for (const key of added.keys()) this.#told.add(key);
  }
}

/** The endpoints that texts stand for. */
export function endpointsOf(keys: readonly string[]): Endpoint[] {
  return keys.map(parseEndpoint);
}
