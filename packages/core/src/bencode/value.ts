import { limits } from '../common/limits.js';

/** What decoding gives. Byte strings stay bytes: bencoding does not say which of them are text. */
export type BencodeValue = number | Uint8Array | readonly BencodeValue[] | BencodeDict;

/** A decoded dictionary. It has no prototype, so no key of it means anything to the language. */
export interface BencodeDict {
  readonly [key: string]: BencodeValue;
}

/** What can be encoded. Strings are written as UTF-8; dictionary entries that are `undefined` are left out. */
export type BencodeInput =
  | number
  | string
  | Uint8Array
  | readonly BencodeInput[]
  | { readonly [key: string]: BencodeInput | undefined };

/** Bounds of what is decoded or encoded. */
export interface BencodeLimits {
  /** Lists and dictionaries inside each other. At most 1 000; a higher figure counts as that. */
  readonly maxDepth: number;
  /** Strings (keys too), integers, lists and dictionaries in all. */
  readonly maxTokens: number;
}

/** The limits where none are given. */
export const defaultBencodeLimits: BencodeLimits = {
  maxDepth: limits.maxBencodeDepth,
  maxTokens: limits.maxBencodeTokens,
};
