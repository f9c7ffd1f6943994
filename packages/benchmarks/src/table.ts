import type { Sample } from './measure.js';

/** All samples of one contestant in one task. */
export interface Row {
  readonly engine: string;
  readonly samples: readonly Sample[];
}

/** A figure of a sample. */
export type Figure = keyof Sample;

const figures: readonly { readonly title: string; readonly figure: Figure; readonly digits: number }[] = [
  { title: 'MiB/s', figure: 'mibPerSecond', digits: 1 },
  { title: 'CPU s/GiB', figure: 'cpuSecondsPerGiB', digits: 2 },
  { title: 'peak MiB', figure: 'peakMiB', digits: 1 },
];

/** The median of one figure over a row's samples; NaN where there are none. */
export function medianOf({ samples }: Row, figure: Figure): number {
  const sorted = samples.map((sample) => sample[figure]).sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The medians of each row, and each as a multiple of the row of `reference`; without that row `-` stands there. */
export function formatTable(title: string, rows: readonly Row[], reference: string): string {
  const base = rows.find(({ engine }) => engine === reference);
  const header = [title, ...figures.flatMap((column) => [column.title, 'ratio'])];
  const body = rows.map((row) => [
    row.engine,
    ...figures.flatMap(({ figure, digits }) => {
      const value = medianOf(row, figure);
      return [value.toFixed(digits), base === undefined ? '-' : (value / medianOf(base, figure)).toFixed(2)];
    }),
  ]);
  return align([header, ...body]);
}

/** Cells in columns: the first one to the left, the others to the right. */
export function align(lines: readonly (readonly string[])[]): string {
  const width = (column: number): number => Math.max(...lines.map((cells) => cells[column]?.length ?? 0));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column))))
        .join('  '),
    )
    .join('\n');
}
