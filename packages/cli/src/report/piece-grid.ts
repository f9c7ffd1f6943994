/** What the script of the page knows of the pieces. */
export interface PieceData {
  readonly rowCount: number;
  /** For each session, in the order of the page, when each row was had; -1 where it never was. */
  readonly rowTimesMs: readonly (readonly number[])[];
}

/** Columns of a grid of so many cells, about three times as wide as it is high. */
export function gridColumns(cellCount: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(cellCount * 3)));
}

/** An SVG path of the cells of a grid that `isIn`, each a square of one unit with a gap. */
export function gridPath(cellCount: number, columns: number, isIn: (cell: number) => boolean): string {
  let path = '';
  for (let cell = 0; cell < cellCount; cell++) {
    if (!isIn(cell)) continue;
    path += `M${cell % columns} ${Math.floor(cell / columns)}h.86v.86h-.86z`;
  }
  return path;
}

/** Whether a row that was had at `rowMs`, or never where that is -1, was had at a time. */
export function isHadAt(rowMs: number, timeMs: number): boolean {
  return rowMs >= 0 && rowMs <= timeMs;
}
