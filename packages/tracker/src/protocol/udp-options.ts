import { concatBytes } from '@peerloom/core/plugin';

const optionTypes = { end: 0, nop: 1, urlData: 2 } as const;
const maxOptionBytes = 255;
/** What is kept of the URL data of one request. */
const maxUrlDataBytes = 4096;

/**
 * Options that follow an announce request (BEP 41): `urlData` is path and query of the tracker's URL. Empty
 * where there is none.
 */
export function encodeUdpOptions(urlData: string): Uint8Array {
  const data = new TextEncoder().encode(urlData);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += maxOptionBytes) {
    const part = data.subarray(at, at + maxOptionBytes);
    parts.push(Uint8Array.of(optionTypes.urlData, part.length), part);
  }
  return concatBytes(...parts);
}

/**
 * Path and query that the options after an announce request name (BEP 41), `''` where none do. Unknown options
 * are skipped. `undefined` where an option is longer than what is there, or the URL data than 4 096 bytes.
 */
export function decodeUdpOptions(bytes: Uint8Array): string | undefined {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at++];
    if (type === optionTypes.end) break;
    if (type === optionTypes.nop) continue;
    const size = bytes[at++];
    if (size === undefined || at + size > bytes.length) return undefined;
    if (type === optionTypes.urlData) {
      length += size;
      if (length > maxUrlDataBytes) return undefined;
      parts.push(bytes.subarray(at, at + size));
    }
    at += size;
  }
  return new TextDecoder().decode(concatBytes(...parts));
}
