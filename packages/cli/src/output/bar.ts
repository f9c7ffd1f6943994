import type { Style } from './style.js';

/** A bar of `width` columns that is filled for `part` of `whole`; all of it only where nothing is missing. */
export function bar(
  part: number,
  whole: number,
  width: number,
  { style, isUnicode }: { readonly style: Style; readonly isUnicode: boolean },
): string {
  const isFull = part >= whole;
  const filled = isFull ? width : Math.min(width - 1, Math.floor((part / whole) * width));
  const [on, off] = isUnicode ? ['━', '─'] : ['#', '-'];
  const color = isFull ? style.green : style.cyan;
  return color(on.repeat(filled)) + style.dim(off.repeat(width - filled));
}
