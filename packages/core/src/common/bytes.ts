const hexDigits: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** Lower-case hexadecimal of `bytes`. */
export function bytesToHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += hexDigits[byte];
  return hex;
}

/** Bytes of a hexadecimal string of either case, or `undefined` where it is not one. */
export function hexToBytes(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) return undefined;
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** A copy in memory of its own, also of a `Buffer`, whose own `slice` shares its memory. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/**
 * Copies `bytes` to `offset` of `target`, where they have to fit. Made for shared memory: there `set` goes word by
 * word, at a third of the speed of the single copy that `fill` makes.
 */
export function copyInto(target: Uint8Array, bytes: Uint8Array, offset: number): void {
  if (bytes.length > 0) Buffer.prototype.fill.call(target, bytes, offset, offset + bytes.length);
}

/** Whether both hold the same bytes. Not constant in time: never for secrets. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** One new array with the parts in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

const encoder = new TextEncoder();

/** UTF-8 of `text`. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
