/**
 * Bytes of heap in use, garbage collected first: objects, and what hangs on them outside of V8's heap, such as
 * buffers. Throws unless Node was started with `--expose-gc`.
 */
export async function heapBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  // What is freed in the first round may keep something alive that only the second finds.
  for (let round = 0; round < 2; round++) {
    await new Promise(setImmediate);
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
