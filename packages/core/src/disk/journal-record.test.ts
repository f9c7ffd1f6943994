import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JournalEncoder, type JournalRecord, journalSeed, parseJournal } from './journal-record.js';

const seed = journalSeed('ab'.repeat(20), 7);
const index = fc.nat(2 ** 32 - 1);
const size = fc.oneof(fc.nat(), fc.constant(Number.NaN), fc.double({ min: 0, noNaN: true }));
const marks = fc.array(fc.record({ file: index, lengthBytes: size, modifiedMs: size }), { maxLength: 4 });
const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ kind: fc.constant('opened' as const), bootId: fc.string() }),
  fc.record({ kind: fc.constant('begin' as const), piece: index }),
  fc.record({ kind: fc.constantFrom('done' as const, 'failed' as const), piece: index, files: marks }),
);

function encode(records: readonly JournalRecord[]): Uint8Array {
  const encoder = new JournalEncoder(seed);
  for (const entry of records) {
    if (entry.kind === 'opened') encoder.addOpened(entry.bootId);
    else if (entry.kind === 'begin') encoder.addBegin(entry.piece);
    else encoder.addEnd(entry.kind, entry.piece, entry.files);
  }
  return Uint8Array.from(encoder.pending);
}

const some: readonly JournalRecord[] = [
  { kind: 'opened', bootId: 'boot' },
  { kind: 'begin', piece: 3 },
  { kind: 'done', piece: 3, files: [{ file: 1, lengthBytes: 4096, modifiedMs: 1234.5 }] },
  { kind: 'begin', piece: 4 },
  { kind: 'failed', piece: 4, files: [{ file: 1, lengthBytes: Number.NaN, modifiedMs: Number.NaN }] },
];

describe('a journal', () => {
  it('gives back what was added, in order', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (records) => {
        const text = records.map((entry) =>
          // Lone surrogates are no text.
          entry.kind === 'opened' ? { ...entry, bootId: Buffer.from(entry.bootId).toString() } : entry,
        );
        expect(parseJournal(encode(records), seed)).toEqual({
          records: text,
          tornBytes: 0,
          isDamaged: false,
        });
      }),
    );
  });

  it('takes parts of what is pending, as a full disk does', () => {
    const whole = encode(some);
    const encoder = new JournalEncoder(seed);
    const written: number[] = [];
    for (const piece of [3, 4]) {
      encoder.addBegin(piece);
      while (encoder.pending.length > 5) {
        written.push(...encoder.pending.subarray(0, 5));
        encoder.taken(5);
      }
    }
    written.push(...encoder.pending);
    const { records } = parseJournal(Uint8Array.from(written), seed);
    expect(records).toEqual([
      { kind: 'begin', piece: 3 },
      { kind: 'begin', piece: 4 },
    ]);
    expect(whole.length).toBeGreaterThan(0);
  });

  it('that was cut off anywhere has what was whole, and is not damaged', () => {
    const bytes = encode(some);
    const ends = some.map((_, count) => encode(some.slice(0, count + 1)).length);
    for (let length = 0; length < bytes.length; length++) {
      const count = ends.filter((end) => end <= length).length;
      const { records, tornBytes, isDamaged } = parseJournal(bytes.subarray(0, length), seed);
      expect([records, isDamaged]).toEqual([some.slice(0, count), false]);
      expect(tornBytes).toBe(length - (ends[count - 1] ?? 0));
    }
  });

  it('with any bit changed is damaged, and has nothing from there on', () => {
    const bytes = encode(some);
    const ends = some.map((_, count) => encode(some.slice(0, count + 1)).length);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const count = ends.filter((end) => end <= bit >> 3).length;
      const parsed = parseJournal(changed, seed);
      expect(parsed).toEqual({ records: some.slice(0, count), tornBytes: 0, isDamaged: true });
    }
  });

  it('of another torrent or number is none', () => {
    for (const other of [journalSeed('ab'.repeat(20), 8), journalSeed('cd'.repeat(20), 7)]) {
      expect(parseJournal(encode(some), other)).toEqual({ records: [], tornBytes: 0, isDamaged: true });
    }
  });

  it('never throws, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseJournal(bytes, seed);
      }),
    );
  });
});
