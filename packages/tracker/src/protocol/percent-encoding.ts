const unreserved = /^[A-Za-z0-9._~-]$/;

const encoded: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return unreserved.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** Bytes as a value in a query (RFC 3986): all but letters, digits and `-._~` escaped (BEP 3). */
export function percentEncodeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += encoded[byte];
  return text;
}

/**
 * The bytes that a value in a query stands for. What is not escaped is taken as UTF-8, `+` as itself.
 * `undefined` where an escape is malformed.
 */
export function percentDecodeBytes(text: string): Uint8Array | undefined {
  const raw = Buffer.from(text, 'utf8');
  const bytes = new Uint8Array(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    let byte = raw[at] ?? 0;
    if (byte === 0x25) {
      const high = hexDigit(raw[at + 1]);
      const low = hexDigit(raw[at + 2]);
      if (high === undefined || low === undefined) return undefined;
      byte = (high << 4) | low;
      at += 2;
    }
    bytes[length++] = byte;
  }
  return bytes.slice(0, length);
}

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined;
}
