import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitfield } from './bitfield.js';

/** A length and some pieces inside it. */
const lengthAndPieces = fc.integer({ min: 0, max: 200 }).chain((length) =>
  fc.record({
    length: fc.constant(length),
    pieces: fc.uniqueArray(fc.integer({ min: 0, max: Math.max(0, length - 1) }), {
      maxLength: length,
    }),
  }),
);

function bitfieldOf(length: number, pieces: readonly number[]): Bitfield {
  const field = new Bitfield(length);
  for (const piece of pieces) field.add(piece);
  return field;
}

function piecesOf(field: Bitfield): number[] {
  const pieces: number[] = [];
  field.forEach((piece) => {
    pieces.push(piece);
  });
  return pieces;
}

describe('Bitfield', () => {
  it('is laid out as on the wire: piece 0 is the highest bit of the first byte (BEP 3)', () => {
    expect(bitfieldOf(10, [0, 9]).toBytes()).toEqual(Uint8Array.of(0x80, 0x40));
  });

  it('behaves as a set of numbers and keeps its count', () => {
    fc.assert(
      fc.property(lengthAndPieces, ({ length, pieces }) => {
        const field = bitfieldOf(length, pieces);
        const expected = [...pieces].sort((a, b) => a - b);
        expect(piecesOf(field)).toEqual(expected);
        expect(field.count).toBe(expected.length);
        expect(field.isEmpty).toBe(expected.length === 0);
        expect(field.isFull).toBe(expected.length === length);
        for (const piece of expected) expect(field.add(piece)).toBe(false);
        for (const piece of expected) expect(field.delete(piece)).toBe(true);
        expect(field.isEmpty).toBe(true);
        expect(field.toBytes().every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it('round-trips its wire bytes', () => {
    fc.assert(
      fc.property(lengthAndPieces, ({ length, pieces }) => {
        const field = bitfieldOf(length, pieces);
        const copy = Bitfield.fromBytes(field.toBytes(), length);
        expect(copy && piecesOf(copy)).toEqual(piecesOf(field));
        expect(copy?.count).toBe(field.count);
      }),
    );
  });

  it('refuses wire bytes of the wrong length or with a spare bit set (BEP 3)', () => {
    expect(Bitfield.fromBytes(Uint8Array.of(0xff), 9)).toBeUndefined();
    expect(Bitfield.fromBytes(Uint8Array.of(0xff, 0x80, 0), 9)).toBeUndefined();
    for (let spare = 0; spare < 7; spare++) {
      expect(Bitfield.fromBytes(Uint8Array.of(0, 1 << spare), 9)).toBeUndefined();
    }
    expect(Bitfield.fromBytes(Uint8Array.of(0xff, 0x80), 9)?.isFull).toBe(true);
    expect(Bitfield.fromBytes(new Uint8Array(), 0)?.isFull).toBe(true);
  });

  it('shares no memory with what it was made from or gives', () => {
    const bytes = Buffer.from([0xf0]);
    const field = Bitfield.fromBytes(bytes, 8);
    bytes.fill(0);
    field?.toBytes().fill(0);
    field?.clone().clear();
    expect(field && piecesOf(field)).toEqual([0, 1, 2, 3]);
  });

  it.each([
    -1,
    20,
    21,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 32 + 1,
    0.5,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('holds no piece %d and does not take it', (piece) => {
    const full = Bitfield.full(20);
    expect(full.has(piece)).toBe(false);
    expect(full.delete(piece)).toBe(false);
    expect(full.isFull).toBe(true);
    const empty = new Bitfield(20);
    expect(empty.add(piece)).toBe(false);
    expect(empty.toBytes()).toEqual(new Uint8Array(3));
  });

  it('is full without setting spare bits', () => {
    for (let length = 0; length <= 17; length++) {
      const full = Bitfield.full(length);
      expect(full.count).toBe(length);
      expect(full.isFull).toBe(true);
      expect(Bitfield.fromBytes(full.toBytes(), length)?.isFull).toBe(true);
      full.clear();
      expect(full.isEmpty).toBe(true);
      expect(full.toBytes()).toEqual(new Uint8Array(Math.ceil(length / 8)));
    }
  });

  it('tells whether it holds a piece that another lacks', () => {
    fc.assert(
      fc.property(lengthAndPieces, fc.func(fc.boolean()), ({ length, pieces }, isInOther) => {
        const others = pieces.filter((piece) => isInOther(piece));
        const field = bitfieldOf(length, pieces);
        expect(field.hasAnyNotIn(bitfieldOf(length, others))).toBe(others.length < pieces.length);
        expect(bitfieldOf(length, others).hasAnyNotIn(field)).toBe(false);
      }),
    );
  });
});
