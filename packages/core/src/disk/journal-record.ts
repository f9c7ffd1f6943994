import { crc32 } from 'node:zlib';

/** Size and time of a file; NaN where there is no file. */
export interface FileMark {
  readonly file: number;
  readonly lengthBytes: number;
  readonly modifiedMs: number;
}

/**
 * One record of a journal. `opened`: a thread adds to it, since this start of the machine. `begin`: the
 * piece is about to be written. `done`: all of it is, and the files it is in look like this. `failed`: its write
 * ended somewhere, and the files look like this.
 */
export type JournalRecord =
  | { readonly kind: 'opened'; readonly bootId: string }
  | { readonly kind: 'begin'; readonly piece: number }
  | { readonly kind: 'done' | 'failed'; readonly piece: number; readonly files: readonly FileMark[] };

/** What a journal's bytes mean. */
export interface ParsedJournal {
  readonly records: readonly JournalRecord[];
  /** Bytes at the end that are the beginning of a record: its write was cut off. */
  readonly tornBytes: number;
  /** There is something that is no record, or none of this journal: what follows could be anything. */
  readonly isDamaged: boolean;
}

const kinds = ['opened', 'begin', 'done', 'failed'] as const;
/** Length of the body, the same inverted, and the checksum of the body: four bytes each, little-endian. */
const headerLength = 12;
const markLength = 20;

/**
 * What the checksums of a journal start from: a record that got into another torrent's journal, or into
 * another one of the same torrent, is none of it.
 */
export function journalSeed(infoHash: string, sequence: number): number {
  return crc32(`${infoHash}.${sequence}`);
}

/** Encodes records one behind the other into memory that grows and is used again. */
export class JournalEncoder {
  readonly #seed: number;
  #bytes = Buffer.alloc(1024);
  #length = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** What was added and not taken yet: a view, until the next call. */
  get pending(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The first bytes of what is pending are written. */
  taken(count: number): void {
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  addOpened(bootId: string): void {
    const text = Buffer.from(bootId);
    const start = this.#reserve(1 + text.length, 0);
    text.copy(this.#bytes, start + 1);
    this.#finish(1 + text.length);
  }

  addBegin(piece: number): void {
    this.#bytes.writeUInt32LE(piece, this.#reserve(5, 1) + 1);
    this.#finish(5);
  }

  addEnd(kind: 'done' | 'failed', piece: number, files: readonly FileMark[]): void {
    const length = 5 + files.length * markLength;
    const start = this.#reserve(length, kinds.indexOf(kind));
    this.#bytes.writeUInt32LE(piece, start + 1);
    let at = start + 5;
    for (const { file, lengthBytes, modifiedMs } of files) {
      this.#bytes.writeUInt32LE(file, at);
      this.#bytes.writeDoubleLE(lengthBytes, at + 4);
      this.#bytes.writeDoubleLE(modifiedMs, at + 12);
      at += markLength;
    }
    this.#finish(length);
  }

  /** Room for a record; where its body starts. */
  #reserve(bodyLength: number, kind: number): number {
    const needed = this.#length + headerLength + bodyLength;
    if (needed > this.#bytes.length) {
      const longer = Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
      longer.set(this.pending);
      this.#bytes = longer;
    }
    const start = this.#length + headerLength;
    this.#bytes[start] = kind;
    return start;
  }

  #finish(bodyLength: number): void {
    const start = this.#length + headerLength;
    const body = this.#bytes.subarray(start, start + bodyLength);
    this.#bytes.writeUInt32LE(bodyLength, this.#length);
    this.#bytes.writeUInt32LE(~bodyLength >>> 0, this.#length + 4);
    this.#bytes.writeUInt32LE(crc32(body, this.#seed), this.#length + 8);
    this.#length = start + bodyLength;
  }
}

/** Reads a journal up to its end, or to what is no record of it. Never throws. */
export function parseJournal(bytes: Uint8Array, seed: number): ParsedJournal {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: JournalRecord[] = [];
  for (let at = 0; ; ) {
    const left = bytes.length - at;
    if (left < headerLength) return { records, tornBytes: left, isDamaged: false };
    const length = view.getUint32(at, true);
    const isHeader = length === ~view.getUint32(at + 4, true) >>> 0;
    if (isHeader && length > left - headerLength) return { records, tornBytes: left, isDamaged: false };
    const body = bytes.subarray(at + headerLength, at + headerLength + length);
    const isWhole = isHeader && view.getUint32(at + 8, true) === crc32(body, seed);
    const record = isWhole ? parseBody(body) : undefined;
    if (record === undefined) return { records, tornBytes: 0, isDamaged: true };
    records.push(record);
    at += headerLength + length;
  }
}

function parseBody(body: Uint8Array): JournalRecord | undefined {
  const kind = kinds[body[0] ?? -1];
  if (kind === 'opened') return { kind, bootId: new TextDecoder().decode(body.subarray(1)) };
  if (kind === undefined || body.length < 5) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const piece = view.getUint32(1, true);
  if (kind === 'begin') return body.length === 5 ? { kind, piece } : undefined;
  if ((body.length - 5) % markLength !== 0) return undefined;
  const files: FileMark[] = [];
  for (let at = 5; at < body.length; at += markLength) {
    files.push({
      file: view.getUint32(at, true),
      lengthBytes: view.getFloat64(at + 4, true),
      modifiedMs: view.getFloat64(at + 12, true),
    });
  }
  return { kind, piece, files };
}
