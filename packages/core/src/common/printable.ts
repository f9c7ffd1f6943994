const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * `text` as it may stand in a message or on a terminal: on one line, at most `maxLength` UTF-16 units
 * of it (then `…`), with control, format (bidi, zero-width) and unpaired surrogate characters written
 * as `\u{hex}`. For whatever a remote or a file chose.
 */
export function printable(text: string, maxLength = 80): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(unsafe, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}
