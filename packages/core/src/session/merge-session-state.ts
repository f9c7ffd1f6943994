import { asList, type BencodeValue, encode } from '../bencode/bencode.js';
import { bytesEqual } from '../common/bytes.js';
import { savedBanKey } from './bans.js';
import { decodeSessionState, encodeSessionState } from './session-state.js';

/** Bans of others are added to a session's own until there are so many: states stay small, whoever shares them. */
export const maxMergedBans = 10_000;

/** States of one session, and the one that is kept; without one nothing is. */
export interface StatesToMerge {
  /** The session's when it was merged last, or began. */
  readonly before: Uint8Array | undefined;
  /** The session's. */
  readonly now: Uint8Array;
  /** What is kept: others may have added to it. */
  readonly kept: Uint8Array | undefined;
}

/**
 * What is kept, with what a session has changed since it was merged last: bans by whom they are about, values of
 * extensions by name. What others have changed meanwhile stays, but for what both have. Throws `SESSION_STATE`.
 */
export function mergeSessionState({ before, now, kept }: StatesToMerge): Uint8Array {
  const [was, is, has] = [entriesOf(before), entriesOf(now), entriesOf(kept)];
  const bans = [...mergeEntries(was.bans, is.bans, has.bans)];
  let room = Math.max(0, maxMergedBans - is.bans.size);
  const merged = bans.flatMap(([key, ban]) => (is.bans.has(key) || room-- > 0 ? [ban] : []));
  return encodeSessionState(merged, mergeEntries(was.plugins, is.plugins, has.plugins));
}

interface StateEntries {
  readonly bans: ReadonlyMap<string, BencodeValue>;
  readonly plugins: ReadonlyMap<string, BencodeValue>;
}

function entriesOf(state: Uint8Array | undefined): StateEntries {
  if (state === undefined) return { bans: new Map(), plugins: new Map() };
  const { bans, plugins } = decodeSessionState(state);
  const byKey = new Map<string, BencodeValue>();
  for (const ban of asList(bans) ?? []) {
    const key = savedBanKey(ban);
    if (key !== undefined) byKey.set(key, ban);
  }
  return { bans: byKey, plugins };
}

/** `kept`, with what has changed from `before` to `now`. */
function mergeEntries(
  before: ReadonlyMap<string, BencodeValue>,
  now: ReadonlyMap<string, BencodeValue>,
  kept: ReadonlyMap<string, BencodeValue>,
): Map<string, BencodeValue> {
  const merged = new Map(kept);
  for (const key of before.keys()) if (!now.has(key)) merged.delete(key);
  for (const [key, value] of now) {
    const old = before.get(key);
    if (old === undefined || !bytesEqual(encode(old), encode(value))) merged.set(key, value);
  }
  return merged;
}
