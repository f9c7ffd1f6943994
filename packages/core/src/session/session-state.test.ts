import { describe, expect, it } from 'vitest';
import { encode } from '../bencode/bencode.js';
import { decodeSessionState, encodeSessionState } from './session-state.js';

const stateError = expect.objectContaining({ code: 'SESSION_STATE' });

describe('the saved state of a session', () => {
  it('has the bans and a value a plugin', () => {
    const bytes = encodeSessionState([{ principal: 'alice' }], new Map([['pex', 5]]));
    const { bans, plugins } = decodeSessionState(bytes);
    expect(encode(bans ?? '')).toEqual(encode([{ principal: 'alice' }]));
    expect([...plugins]).toEqual([['pex', 5]]);
  });

  it('may have neither', () => {
    const { bans, plugins } = decodeSessionState(encodeSessionState([], new Map()));
    expect([bans, plugins.size]).toEqual([[], 0]);
    expect(decodeSessionState(encode({ version: 1 })).plugins.size).toBe(0);
  });

  it('is refused where it is damaged or of another version', () => {
    const good = encodeSessionState([], new Map());
    for (const bytes of [new Uint8Array(), good.subarray(1), good.subarray(0, -1), encode([1])]) {
      expect(() => decodeSessionState(bytes)).toThrow(stateError);
    }
    for (const version of [0, 2, '1']) {
      expect(() => decodeSessionState(encode({ version }))).toThrow(stateError);
    }
  });
});
