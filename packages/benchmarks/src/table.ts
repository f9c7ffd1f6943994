import type { Sample } from './measure.js';

/** All samples of one engine in one task. */
export interface Row {
  readonly engine: string;
  readonly samples: readonly Sample[];
}

const figures = [
  { title: 'MiB/s', of: (sample: Sample) => sample.mibPerSecond, digits: 1 },
  { title: 'CPU s/GiB', of: (sample: Sample) => sample.cpuSecondsPerGiB, digits: 2 },
  { title: 'peak MiB', of: (sample: Sample) => sample.peakMiB, digits: 1 },
] as const;

/** The medians of each row, and each as a multiple of the row of `reference`; without that row `-` stands there. */
export function formatTable(title: string, rows: readonly Row[], reference: string): string {
  const medians = rows.map(({ samples }) => figures.map(({ of }) => median(samples.map(of))));
  const base = medians[rows.findIndex(({ engine }) => engine === reference)];
  const header = [title, ...figures.flatMap((figure) => [figure.title, 'ratio'])];
  const body = rows.map(({ engine }, row) => [
    engine,
    ...figures.flatMap(({ digits }, column) => {
      const value = medians[row]?.[column] ?? Number.NaN;
      const divisor = base?.[column];
      return [value.toFixed(digits), divisor === undefined ? '-' : (value / divisor).toFixed(2)];
    }),
  ]);
  return align([header, ...body]);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

function align(lines: readonly (readonly string[])[]): string {
  const width = (column: number): number => Math.max(...lines.map((cells) => cells[column]?.length ?? 0));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column))))
        .join('  '),
    )
    .join('\n');
}
