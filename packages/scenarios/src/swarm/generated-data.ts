import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

const chunkBytes = 1024 * 1024;

/**
 * Writes a file of `sizeBytes` bytes that look random and are the same for the same `seed`. Resolves with
 * their SHA-1 in hexadecimal; rejects with the signal's reason and with system errors.
 */
export async function writeGeneratedFile(
  path: string,
  {
    sizeBytes,
    seed,
    signal,
  }: { readonly sizeBytes: number; readonly seed: string; readonly signal: AbortSignal },
): Promise<string> {
  const key = createHash('sha256').update(seed).digest();
  const keystream = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  const zeros = new Uint8Array(chunkBytes);
  const sha1 = createHash('sha1');
  const file = await open(path, 'wx');
  try {
    for (let written = 0; written < sizeBytes; written += chunkBytes) {
      signal.throwIfAborted();
      const chunk = keystream.update(zeros.subarray(0, Math.min(chunkBytes, sizeBytes - written)));
      sha1.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return sha1.digest('hex');
}

/**
 * SHA-1 of a whole file in hexadecimal; `undefined` where there is none, of who got nothing. Rejects with the signal's
 * reason and with system errors.
 */
export async function sha1OfFile(path: string, signal: AbortSignal): Promise<string | undefined> {
  const sha1 = createHash('sha1');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
      signal.throwIfAborted();
      sha1.update(chunk);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return sha1.digest('hex');
}
