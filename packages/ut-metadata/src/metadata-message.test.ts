import { encode, isPeerloomError } from '@peerloom/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MetadataMessage, metadataMessage } from './metadata-message.js';

const { codec, maxBytes } = metadataMessage;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const block = fc.maxSafeInteger();
const message = fc.oneof(
  fc.record({ type: fc.constant('request' as const), block }),
  fc.record({ type: fc.constant('reject' as const), block }),
  fc.record({
    type: fc.constant('data' as const),
    block,
    totalBytes: fc.option(fc.maxSafeInteger(), { nil: undefined }),
    bytes: fc.uint8Array({ maxLength: 16_384 }),
  }),
);

/** What `decode` gives, or `refused` where it throws. */
function decoded(payload: Uint8Array): MetadataMessage | 'refused' {
  try {
    return codec.decode(payload);
  } catch (error) {
    if (!(error instanceof TypeError) && !isPeerloomError(error)) throw error;
    return 'refused';
  }
}

describe('a metadata message', () => {
  it('is written as in the examples of BEP 9', () => {
    const { encode } = codec;
    expect(encode({ type: 'request', block: 0 })).toEqual(text('d8:msg_typei0e5:piecei0ee'));
    expect(encode({ type: 'reject', block: 0 })).toEqual(text('d8:msg_typei2e5:piecei0ee'));
    const data = { type: 'data', block: 0, totalBytes: 3425, bytes: text('xxxxxxxx') } as const;
    expect(encode(data)).toEqual(text('d8:msg_typei1e5:piecei0e10:total_sizei3425eexxxxxxxx'));
  });

  it('comes back as it was, and fits its limit', () => {
    fc.assert(
      fc.property(message, (value) => {
        const payload = codec.encode(value);
        expect(payload.length).toBeLessThanOrEqual(maxBytes);
        expect(codec.decode(payload)).toEqual(value);
      }),
    );
  });

  it('keeps no view of what it was read from', () => {
    const payload = text('d8:msg_typei1e5:piecei0eeabc');
    const value = codec.decode(payload);
    payload.fill(0);
    expect(value).toMatchObject({ bytes: text('abc') });
  });

  it('is unknown where its type is, whatever else it holds', () => {
    for (const type of [-1, 3, 99, 2 ** 40]) {
      expect(codec.decode(text(`d8:msg_typei${type}ee`))).toEqual({ type: 'unknown' });
      expect(codec.decode(text(`d8:msg_typei${type}e5:piece1:xe`))).toEqual({ type: 'unknown' });
    }
  });

  it.each([
    '',
    'x',
    'i1e',
    'le',
    'de',
    'd8:msg_type1:0e',
    'd5:piecei0ee',
    'd8:msg_typei0ee',
    'd8:msg_typei0e5:piece1:0e',
    'd8:msg_typei0e5:pieceleee',
    'd8:msg_typei2e5:pieced1:ai1eee',
    'd8:msg_typei1e5:piecei0e10:total_size3:abce',
    'd8:msg_typei1e5:piecei99999999999999999999ee',
    'd8:msg_typei0e5:piecei0e',
    `${'l'.repeat(20)}${'e'.repeat(20)}`,
  ])('%j is refused', (payload) => {
    expect(decoded(text(payload))).toBe('refused');
  });

  it('reads any bytes, or refuses them as the fault of who sent them', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(message, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
        const payload = codec.encode(value);
        payload[at % payload.length] = byte;
        return payload;
      }),
      fc
        .dictionary(
          fc.constantFrom('msg_type', 'piece', 'total_size', 'x'),
          fc.oneof(fc.integer(), fc.string()),
        )
        .map(encode),
    );
    fc.assert(
      fc.property(anything, (payload) => {
        const value = decoded(payload);
        if (value !== 'refused' && value.type === 'data') {
          expect(value.bytes.length).toBeLessThan(payload.length);
        }
      }),
    );
  });
});
