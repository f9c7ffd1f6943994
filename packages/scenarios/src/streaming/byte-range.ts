/** Bytes of a file, both ends included. */
export interface ByteRange {
  /** Offset of the first byte. */
  readonly first: number;
  /** Offset of the last byte. */
  readonly last: number;
}

/**
 * What a `Range` header asks for of a file of `sizeBytes` bytes (RFC 9110, section 14.1.2): one range, cut to the
 * file's end; `unsatisfiable` where it lies outside of the file; `undefined` where all of it is to be sent, since
 * there is no header, another unit, a mistake, or more than one range, which a server may answer so.
 */
export function parseByteRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [, firstText, lastText] = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(header?.trim() ?? '') ?? [];
  if (firstText === undefined || lastText === undefined || firstText + lastText === '') return undefined;
  if (firstText === '') {
    const suffixBytes = Math.min(Number(lastText), sizeBytes);
    return suffixBytes === 0 ? 'unsatisfiable' : { first: sizeBytes - suffixBytes, last: sizeBytes - 1 };
  }
  const first = Number(firstText);
  const last = lastText === '' ? Number.POSITIVE_INFINITY : Number(lastText);
  if (last < first) return undefined;
  return first >= sizeBytes ? 'unsatisfiable' : { first, last: Math.min(last, sizeBytes - 1) };
}
