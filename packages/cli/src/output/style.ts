/** Colours and emphasis for a terminal; each gives its text unchanged where there are none. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** Styles that are on or off, as the terminal and NO_COLOR ask. */
export function makeStyle(isColored: boolean): Style {
  const wrap = (on: number, off: number) => (text: string) =>
    isColored ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { bold: wrap(1, 22), dim: wrap(2, 22), green: wrap(32, 39), red: wrap(31, 39), cyan: wrap(36, 39) };
}
