import {
  type BencodeLimits,
  type DictSpans,
  rawDictSpans,
  rawInteger,
  rawListSpans,
  rawString,
} from '../bencode/bencode.js';
import { BencodeError, MetainfoError } from '../common/errors.js';

/**
 * An encoded dictionary, checked as a whole, of which only what is asked for is decoded: whatever else a
 * torrent holds costs no memory, and its hashes are not copied.
 */
export class RawDict {
  readonly #bytes: Uint8Array;
  readonly #spans: DictSpans;
  readonly #limits: Partial<BencodeLimits>;

  /**
   * Views of `bytes` are kept. Throws `METAINFO_BENCODE`, with `where` before what is wrong, also where it is
   * no dictionary.
   */
  constructor(bytes: Uint8Array, where: string, limits: Partial<BencodeLimits> = {}) {
    const spans = readBencode(where, () => rawDictSpans(bytes, limits));
    if (spans === undefined) throw new MetainfoError('METAINFO_BENCODE', `${where} must be a dictionary`);
    this.#bytes = bytes;
    this.#spans = spans;
    this.#limits = limits;
  }

  has(key: string): boolean {
    return this.#spans.get(key) !== undefined;
  }

  /** A view of the value as encoded. */
  encoded(key: string): Uint8Array | undefined {
    const span = this.#spans.get(key);
    return span && this.#bytes.subarray(span.start, span.end);
  }

  /** A view of the value where it is a byte string. */
  string(key: string): Uint8Array | undefined {
    const span = this.#spans.get(key);
    return span && rawString(this.#bytes, span);
  }

  /** The value where it is an integer. */
  integer(key: string): number | undefined {
    const span = this.#spans.get(key);
    return span && rawInteger(this.#bytes, span);
  }

  /** What `map` makes of views of the items as encoded, where the value is a list. */
  mapItems<T>(key: string, map: (encoded: Uint8Array, index: number) => T): readonly T[] | undefined {
    const list = this.encoded(key);
    if (list === undefined) return undefined;
    const spans = rawListSpans(list, this.#limits);
    return spans?.map(({ start, end }, index) => map(list.subarray(start, end), index));
  }
}

/** What `read` gives; its {@link BencodeError} becomes `METAINFO_BENCODE` with `where` before the message. */
export function readBencode<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw new MetainfoError('METAINFO_BENCODE', `${where}: ${error.message}`, { cause: error });
  }
}
