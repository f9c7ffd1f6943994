import { type FileHandle, open, unlink } from 'node:fs/promises';
import { StorageError } from '../common/errors.js';

const chunkBytes = 1024 * 1024;
/** A run of zeros that begins and ends at a multiple of this is left out. */
const holeBytes = 64 * 1024;
const zeros = Buffer.alloc(holeBytes);

/** Throws `STORAGE_ABORTED` where the signal says so. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new StorageError('STORAGE_ABORTED', 'the work was aborted', '', { cause: signal.reason });
}

/**
 * Copies a regular file to a path where nothing is, and flushes it: content, length, mode and time of change.
 * Holes stay holes. Rejects with the system's error (`EEXIST`) or `STORAGE_ABORTED`; then nothing is left behind.
 */
export async function copyFile(from: string, to: string, signal?: AbortSignal): Promise<void> {
  const source = await open(from, 'r');
  try {
    const { mode, size, atimeMs, mtimeMs } = await source.stat();
    const target = await open(to, 'wx', mode & 0o777);
    try {
      try {
        await copyRange(source, 0, target, 0, size, signal);
        // A hole at the end is part of the length as well.
        await target.truncate(size);
        await target.utimes(atimeMs / 1000, mtimeMs / 1000);
        await target.sync();
      } finally {
        await target.close();
      }
    } catch (error) {
      await unlink(to).catch(() => undefined);
      throw error;
    }
  } finally {
    await source.close();
  }
}

/** Copies bytes from one file to another as far as there are any, and leaves out what is zeros. */
export async function copyRange(
  source: FileHandle,
  sourceBegin: number,
  target: FileHandle,
  targetBegin: number,
  lengthBytes: number,
  signal?: AbortSignal,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, lengthBytes));
  for (let done = 0; done < lengthBytes; ) {
    checkAborted(signal);
    const want = Math.min(buffer.length, lengthBytes - done);
    const { bytesRead } = await source.read(buffer, 0, want, sourceBegin + done);
    if (bytesRead === 0) return;
    await writeData(target, buffer.subarray(0, bytesRead), targetBegin + done);
    done += bytesRead;
  }
}

/** Writes what is not zeros, in as few calls as that takes. */
async function writeData(target: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let begin = 0;
  for (let at = 0; at < bytes.length; at += holeBytes) {
    const window = bytes.subarray(at, at + holeBytes);
    if (Buffer.compare(window, zeros.subarray(0, window.length)) !== 0) continue;
    await writeAll(target, bytes.subarray(begin, at), position + begin);
    begin = at + window.length;
  }
  await writeAll(target, bytes.subarray(begin), position + begin);
}

async function writeAll(target: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await target.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
