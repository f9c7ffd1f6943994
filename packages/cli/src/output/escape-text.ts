const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * `text` on one line, with control, format (bidi, zero-width) and unpaired surrogate characters written as
 * `\u{hex}`: what a torrent or a peer chose never reaches a terminal otherwise.
 */
export function escapeText(text: string): string {
  return text.replace(unsafe, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}
