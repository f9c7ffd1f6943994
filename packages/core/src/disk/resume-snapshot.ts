import { Bitfield, type ReadonlyBitfield } from '../common/bitfield.js';
import type { StorageLayout } from '../ports/storage.js';
import { pieceSize } from './extent-map.js';
import type { FileMark } from './journal-record.js';
import { sealBytes, unsealBytes } from './sealed-bytes.js';

/** What a torrent's storage knew at one moment. */
export interface ResumeSnapshot {
  /** Journals from this number on are about what followed. */
  readonly sequence: number;
  readonly have: ReadonlyBitfield;
  readonly blocks: ReadonlyMap<number, ReadonlyBitfield>;
  /** Of every file, in order of the layout. */
  readonly files: readonly FileMark[];
}

const prefixLength = 20;
const markLength = 16;
/** A piece's number, and how many bytes of its blocks follow. */
const blocksHeaderLength = 8;
/** More than the header of a sealed file. */
const sealLength = 256;

function kindOf(infoHash: string): string {
  return `resume 1 ${infoHash}`;
}

function bytesFor(bits: number): number {
  return Math.ceil(bits / 8);
}

function blockCount(layout: StorageLayout, piece: number, blockLength: number): number {
  return Math.ceil(pieceSize(layout, piece) / blockLength);
}

/** The longest that a snapshot of a torrent can be. */
export function maxSnapshotBytes(layout: StorageLayout, blockLength: number): number {
  const { pieceCount, pieceLength, files } = layout;
  const blocks = pieceCount * (blocksHeaderLength + bytesFor(Math.ceil(pieceLength / blockLength)));
  return sealLength + prefixLength + bytesFor(pieceCount) + files.length * markLength + blocks;
}

/**
 * Encodes a snapshot, all but its number: sequences differ where nothing else does.
 *
 * @internal
 */
export function encodeSnapshotBody({ have, blocks, files }: Omit<ResumeSnapshot, 'sequence'>): Uint8Array {
  const haveBytes = have.toBytes();
  const blockBytes = [...blocks]
    .map(([piece, bits]) => ({ piece, bytes: bits.toBytes() }))
    .sort((a, b) => a.piece - b.piece);
  const blocksLength = blockBytes.reduce((sum, { bytes }) => sum + blocksHeaderLength + bytes.length, 0);
  const body = Buffer.alloc(12 + haveBytes.length + files.length * markLength + blocksLength);
  body.writeUInt32LE(have.length, 0);
  body.writeUInt32LE(files.length, 4);
  body.writeUInt32LE(blockBytes.length, 8);
  body.set(haveBytes, 12);
  let at = 12 + haveBytes.length;
  for (const { lengthBytes, modifiedMs } of files) {
    body.writeDoubleLE(lengthBytes, at);
    body.writeDoubleLE(modifiedMs, at + 8);
    at += markLength;
  }
  for (const { piece, bytes } of blockBytes) {
    body.writeUInt32LE(piece, at);
    body.writeUInt32LE(bytes.length, at + 4);
    body.set(bytes, at + blocksHeaderLength);
    at += blocksHeaderLength + bytes.length;
  }
  return body;
}

/** The file of a snapshot, from its encoded body. */
export function sealSnapshot(infoHash: string, sequence: number, body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeDoubleLE(sequence, 0);
  bytes.set(body, 8);
  return sealBytes(kindOf(infoHash), bytes);
}

/** Reads the file of a snapshot; `undefined` where it is damaged or of another torrent. Never throws. */
export function openSnapshot(
  infoHash: string,
  layout: StorageLayout,
  blockLength: number,
  sealed: Uint8Array,
): ResumeSnapshot | undefined {
  const bytes = unsealBytes(kindOf(infoHash), sealed);
  if (bytes === undefined || bytes.length < prefixLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sequence = view.getFloat64(0, true);
  const [pieceCount, fileCount, partialCount] = [8, 12, 16].map((at) => view.getUint32(at, true));
  if (!Number.isSafeInteger(sequence) || sequence < 0) return undefined;
  if (pieceCount !== layout.pieceCount || fileCount !== layout.files.length) return undefined;
  const filesStart = prefixLength + bytesFor(pieceCount);
  const blocksStart = filesStart + fileCount * markLength;
  if (bytes.length < blocksStart) return undefined;
  const have = Bitfield.fromBytes(bytes.subarray(prefixLength, filesStart), pieceCount);
  if (have === undefined) return undefined;
  const files = layout.files.map((_, file) => ({
    file,
    lengthBytes: view.getFloat64(filesStart + file * markLength, true),
    modifiedMs: view.getFloat64(filesStart + file * markLength + 8, true),
  }));
  const blocks = new Map<number, Bitfield>();
  let at = blocksStart;
  for (let index = 0; index < (partialCount ?? 0); index++) {
    if (bytes.length < at + blocksHeaderLength) return undefined;
    const piece = view.getUint32(at, true);
    if (piece >= pieceCount) return undefined;
    const count = blockCount(layout, piece, blockLength);
    const end = at + blocksHeaderLength + bytesFor(count);
    if (view.getUint32(at + 4, true) !== bytesFor(count) || bytes.length < end) return undefined;
    const bits = Bitfield.fromBytes(bytes.subarray(at + blocksHeaderLength, end), count);
    if (bits === undefined) return undefined;
    blocks.set(piece, bits);
    at = end;
  }
  return at === bytes.length ? { sequence, have, blocks, files } : undefined;
}
