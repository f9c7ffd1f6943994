import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { SlotIndex, SlotPool } from '../ports/slots.js';
import type { StorageFile, StorageLayout } from '../ports/storage.js';
import { pieceSize } from './extent-map.js';

/** The worker as it is shipped: on Node 20 a worker cannot be started from TypeScript. */
export const builtWorkerUrl = new URL('../../dist/disk-worker.js', import.meta.url);

/** Fails a test file that needs the built worker at once, and says what to do. */
export function requireBuiltWorker(): void {
  if (!existsSync(fileURLToPath(builtWorkerUrl))) {
    throw new Error('dist/disk-worker.js is missing: these tests run against the build, so build first');
  }
}

/** A new empty folder, removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'peerloom-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a named pipe, which Node cannot. */
export function makeNamedPipe(path: string): void {
  execFileSync('env', ['mkfifo', path]);
}

/** Bytes that differ everywhere and are the same for the same seed. */
export function noise(lengthBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  for (let i = 0; i < lengthBytes; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** SHA-1 of `bytes`. */
function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}

/** One file of a made-up torrent: its path joined by `/`. */
export interface FixtureFile {
  readonly path: string;
  readonly lengthBytes: number;
  readonly isPad?: boolean;
}

/** A torrent of noise. */
export class TorrentFixture {
  readonly layout: StorageLayout;
  /** All of its data; zeros where pad files are. */
  readonly data: Uint8Array;

  constructor(pieceLength: number, files: readonly FixtureFile[], seed = 1) {
    const storageFiles: StorageFile[] = files.map(({ path, lengthBytes, isPad }) => ({
      path: path.split('/'),
      lengthBytes,
      isPad: isPad ?? false,
    }));
    const totalLength = files.reduce((sum, file) => sum + file.lengthBytes, 0);
    const pieceCount = Math.ceil(totalLength / pieceLength);
    this.data = noise(totalLength, seed);
    const infoHash = Buffer.from(sha1(this.data)).toString('hex');
    this.layout = { files: storageFiles, pieceLength, pieceCount, totalLength, infoHash };
    this.layout.files.forEach(({ isPad }, index) => {
      if (isPad) this.file(index).fill(0);
    });
  }

  /** The bytes of one file. */
  file(index: number): Uint8Array {
    const before = this.layout.files.slice(0, index).reduce((sum, file) => sum + file.lengthBytes, 0);
    return this.data.subarray(before, before + (this.layout.files[index]?.lengthBytes ?? 0));
  }

  /** The bytes of one piece. */
  piece(piece: number): Uint8Array {
    const begin = piece * this.layout.pieceLength;
    return this.data.subarray(begin, begin + pieceSize(this.layout, piece));
  }

  hash(piece: number): Uint8Array {
    return sha1(this.piece(piece));
  }
}

/** Takes slots for `lengthBytes`, fails where the pool is short. */
export function takeSlots(pool: SlotPool, lengthBytes: number): SlotIndex[] {
  return Array.from({ length: Math.ceil(lengthBytes / pool.slotLength) }, () => {
    const slot = pool.acquire();
    if (slot === -1) throw new Error('the test has too small a pool');
    return slot;
  });
}

/** Takes slots and puts `bytes` into them in order. */
export function fillSlots(pool: SlotPool, bytes: Uint8Array): SlotIndex[] {
  const slots = takeSlots(pool, bytes.length);
  slots.forEach((slot, index) => {
    const start = index * pool.slotLength;
    pool.view(slot).set(bytes.subarray(start, start + pool.slotLength));
  });
  return slots;
}

/** A copy of `lengthBytes` that lie in the slots in order. */
export function slotBytes(pool: SlotPool, slots: readonly SlotIndex[], lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  slots.forEach((slot, index) => {
    const start = index * pool.slotLength;
    bytes.set(pool.view(slot).subarray(0, Math.min(pool.slotLength, lengthBytes - start)), start);
  });
  return bytes;
}

/** Gives slots back. */
export function releaseSlots(pool: SlotPool, slots: readonly SlotIndex[]): void {
  for (const slot of slots) pool.release(slot);
}
