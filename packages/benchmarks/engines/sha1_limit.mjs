// Hashes the file in the first argument piece by piece, 1 MiB each, in two threads that take turns.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const pieceLength = 1024 * 1024;
const threadCount = 2;

/** Hashes every piece of which the index is `first` or a multiple of the number of threads further on. */
function hash(path, first) {
  const { size } = statSync(path);
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(pieceLength);
  for (let start = first * pieceLength; start < size; start += threadCount * pieceLength) {
    const length = readSync(file, buffer, 0, pieceLength, start);
    createHash('sha1').update(buffer.subarray(0, length)).digest();
  }
  closeSync(file);
}

const path = process.argv[2];
// Threads have the same arguments, and their index besides.
const index = process.argv[3];
if (index !== undefined) hash(path, Number(index));
else {
  const script = new URL(import.meta.url);
  for (let thread = 1; thread < threadCount; thread++) new Worker(script, { argv: [path, `${thread}`] });
  hash(path, 0);
}
