import { describe, expect, it } from 'vitest';
import { bencodeCodec, defineMessage, maxExtensionPayloadBytes, rawCodec } from './message.js';

function define(name: string, maxBytes: number): void {
  defineMessage<Uint8Array>()(name, rawCodec, { maxBytes });
}

describe('a typed message', () => {
  it('has a name of 3 to 64 bytes of UTF-8', () => {
    for (const name of ['abc', 'x'.repeat(64), 'éé']) expect(() => define(name, 1)).not.toThrow();
    for (const name of ['', 'ab', 'x'.repeat(65), 'é'.repeat(33)]) {
      expect(() => define(name, 1)).toThrow(expect.objectContaining({ code: 'PLUGIN_MESSAGE_NAME' }));
    }
  });

  it('has a limit that a message on the wire can have', () => {
    for (const maxBytes of [0, maxExtensionPayloadBytes]) {
      expect(() => define('ex_chat', maxBytes)).not.toThrow();
    }
    for (const maxBytes of [-1, maxExtensionPayloadBytes + 1, 1.5, Number.NaN]) {
      expect(() => define('ex_chat', maxBytes)).toThrow(
        expect.objectContaining({ code: 'PLUGIN_MESSAGE_LIMIT' }),
      );
    }
  });

  it('cannot be changed', () => {
    const message = defineMessage<Uint8Array>()('ex_chat', rawCodec, { maxBytes: 7 });
    expect(message).toMatchObject({ name: 'ex_chat', maxBytes: 7, codec: rawCodec });
    expect(Object.isFrozen(message)).toBe(true);
  });
});

describe('codecs', () => {
  it('give raw payloads as copies', () => {
    const payload = new Uint8Array([1, 2]);
    const value = rawCodec.decode(payload);
    payload.fill(0);
    expect(value).toEqual(new Uint8Array([1, 2]));
    expect(rawCodec.encode(value)).toEqual(new Uint8Array([1, 2]));
  });

  it('read and write one bencoded value, and nothing after it', () => {
    const bytes = new TextEncoder().encode('d1:ai5ee');
    expect(bencodeCodec.encode(bencodeCodec.decode(bytes))).toEqual(bytes);
    expect(() => bencodeCodec.decode(new TextEncoder().encode('d1:ai5eex'))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^BENCODE_/) }),
    );
  });
});
