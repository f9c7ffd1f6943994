import { expect, test } from 'vitest';
import type { BencodeInput } from '../bencode/bencode.js';
import { asDict, asList, asText, decode } from '../bencode/bencode.js';
import { maxMergedBans, mergeSessionState } from './merge-session-state.js';
import { decodeSessionState, encodeSessionState } from './session-state.js';

function bans(...names: readonly string[]): Uint8Array {
  return encodeSessionState(
    names.map((principal) => ({ principal, reason: '' })),
    new Map(),
  );
}

function namesOf(state: Uint8Array): readonly (string | undefined)[] {
  const list = asList(decodeSessionState(state).bans) ?? [];
  return list.map((ban) => asText(asDict(ban)?.principal)).sort();
}

test.for([
  ['what is kept by nobody yet', undefined, ['a'], undefined, ['a']],
  ['bans of two sessions', [], ['a'], ['b'], ['a', 'b']],
  ['one that both have', [], ['a'], ['a'], ['a']],
  ['one that was lifted here', ['a', 'b'], ['b'], ['a', 'b', 'c'], ['b', 'c']],
  ['one that was lifted elsewhere', ['a', 'b'], ['a', 'b'], ['b'], ['b']],
] as const)('%s', ([, before, now, kept, expected]) => {
  const state = mergeSessionState({
    before: before && bans(...before),
    now: bans(...now),
    kept: kept && bans(...kept),
  });
  expect(namesOf(state)).toEqual(expected);
});

test('a ban that was changed here is so afterwards, whatever it was', () => {
  const until = (ms: number): Uint8Array =>
    encodeSessionState([{ principal: 'a', reason: '', until: ms }], new Map());
  expect(mergeSessionState({ before: until(1), now: until(2), kept: until(3) })).toEqual(until(2));
  expect(mergeSessionState({ before: until(1), now: until(1), kept: until(3) })).toEqual(until(3));
});

test('addresses, endpoints and principals are told apart; entries that make no sense go', () => {
  const entries: BencodeInput = [
    { endpoint: '192.0.2.1:1', portOnly: 0, reason: '' },
    { endpoint: '192.0.2.1:1', portOnly: 1, reason: '' },
    { principal: '192.0.2.1', reason: '' },
  ];
  const now = encodeSessionState(entries, new Map());
  const kept = encodeSessionState([...(entries as []), 7, { endpoint: 'none' }], new Map());
  expect(mergeSessionState({ before: undefined, now, kept })).toEqual(now);
});

test('values of extensions are merged by name', () => {
  const plugins = (values: Readonly<Record<string, number>>): Uint8Array =>
    encodeSessionState(
      [],
      new Map(Object.entries(values).map(([name, value]) => [name, decode(Buffer.from(`i${value}e`))])),
    );
  const merged = mergeSessionState({
    before: plugins({ a: 1, b: 1 }),
    now: plugins({ a: 2, b: 1 }),
    kept: plugins({ a: 3, b: 3, c: 3 }),
  });
  expect(merged).toEqual(plugins({ a: 2, b: 3, c: 3 }));
});

test('where there are too many bans, those of the session stay', () => {
  const kept = bans(...Array.from({ length: maxMergedBans }, (_, index) => `other ${index}`));
  const names = namesOf(mergeSessionState({ before: undefined, now: bans('mine'), kept }));
  expect(names).toHaveLength(maxMergedBans);
  expect(names).toContain('mine');
});

test('what is no state is refused', () => {
  const options = { before: undefined, now: new Uint8Array(1), kept: undefined };
  expect(() => mergeSessionState(options)).toThrow(expect.objectContaining({ code: 'SESSION_STATE' }));
});
