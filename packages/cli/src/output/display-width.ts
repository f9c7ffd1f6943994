const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]$/u;
const style = /\p{Cc}\[[\d;]*m/gu;

/** Columns that one character takes on a terminal. */
function charWidth(char: string): number {
  if (char >= ' ' && char <= '~') return 1;
  if (zeroWidth.test(char)) return 0;
  return wide.test(char) ? 2 : 1;
}

/** Columns that `text` takes on a terminal, styles not counted. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text.replace(style, '')) width += charWidth(char);
  return width;
}

/** `text`, which has no styles, cut to `width` columns with `…` where it is longer, or filled up with spaces. */
export function fitText(text: string, width: number): string {
  const total = displayWidth(text);
  if (total <= width) return text + ' '.repeat(width - total);
  let cut = '';
  let used = 0;
  for (const char of text) {
    const next = used + charWidth(char);
    if (next > width - 1) break;
    cut += char;
    used = next;
  }
  return `${cut}…${' '.repeat(Math.max(0, width - 1 - used))}`;
}

/** A line with styles, cut to `width` columns with `…` where it is longer; styles end with it. */
export function clipLine(line: string, width: number): string {
  if (displayWidth(line) <= width) return line;
  let clipped = '';
  let used = 0;
  for (const part of line.split(/(\p{Cc}\[[\d;]*m)/u)) {
    if (part.startsWith('\x1b')) {
      clipped += part;
      continue;
    }
    for (const char of part) {
      const next = used + charWidth(char);
      if (next > width - 1) return `${clipped}…\x1b[0m`;
      clipped += char;
      used = next;
    }
  }
  return clipped;
}
