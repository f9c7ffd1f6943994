import { type Figure, medianOf, type Row } from './table.js';
import { plain } from './tasks/closed-network.js';
import type { Verdict } from './verdict.js';

/** The rows of every task that was measured, by the task's title. */
export type Results = ReadonlyMap<string, readonly Row[]>;

/** What Peerloom aims at in a task, as a multiple of what another engine does, in the same task or another. */
interface Target {
  readonly task: string;
  readonly figure: Figure;
  readonly against: string;
  readonly againstTask?: string;
  readonly bound: 'at least' | 'at most';
  readonly ratio: number;
}

const sink = 'seeding to a bare sink';
const eight = 'seeding to eight libtorrent leeches';
const faster = { figure: 'mibPerSecond', bound: 'at least' } as const;
const lighter = { figure: 'cpuSecondsPerGiB', bound: 'at most' } as const;

const targets: readonly Target[] = [
  { task: 'download', ...faster, against: 'libtorrent', ratio: 2 },
  { task: 'download', ...faster, against: 'webtorrent', ratio: 2 },
  { task: 'download', ...lighter, against: 'libtorrent', ratio: 0.6 },
  { task: 'download', ...lighter, against: 'aria2', ratio: 1.25 },
  { task: sink, ...faster, against: 'libtorrent', ratio: 1.2 },
  { task: sink, ...lighter, against: 'libtorrent', ratio: 0.8 },
  { task: eight, ...faster, against: 'libtorrent', ratio: 1 },
  { task: 'closed network', ...faster, against: plain, ratio: 0.6 },
  { task: 'recheck', ...faster, against: 'libtorrent', ratio: 1.8 },
  { task: 'recheck', ...faster, against: 'SHA-1, 2 threads', ratio: 0.85 },
  { task: 'create', ...faster, against: 'libtorrent', againstTask: 'recheck', ratio: 1.8 },
  { task: 'create', ...faster, against: 'SHA-1, 2 threads', againstTask: 'recheck', ratio: 0.85 },
];

/** Most memory that a download may take, whatever its length. */
const peakMiB = 160;

const figureNames: Readonly<Record<Figure, string>> = {
  mibPerSecond: 'throughput',
  cpuSecondsPerGiB: 'CPU time',
  peakMiB: 'peak memory',
};

/** How what was measured of Peerloom compares with its targets; those that nothing was measured for are left out. */
export function judge(results: Results): readonly Verdict[] {
  const rowOf = (task: string, engine: string) => results.get(task)?.find((row) => row.engine === engine);
  const ratios = targets.flatMap(({ task, figure, against, againstTask = task, bound, ratio }): Verdict[] => {
    const ours = rowOf(task, 'peerloom');
    const theirs = rowOf(againstTask, against);
    if (ours === undefined || theirs === undefined) return [];
    const measured = Math.round((100 * medianOf(ours, figure)) / medianOf(theirs, figure)) / 100;
    const other = againstTask === task ? against : `${againstTask} of ${against}`;
    return [
      {
        what: `${task}: ${figureNames[figure]} against ${other}`,
        wanted: `${bound === 'at least' ? '>=' : '<='} ${ratio.toFixed(2)} x`,
        measured: `${measured.toFixed(2)} x`,
        isMet: bound === 'at least' ? measured >= ratio : measured <= ratio,
      },
    ];
  });
  const download = rowOf('download', 'peerloom');
  if (download === undefined) return ratios;
  const peak = medianOf(download, 'peakMiB');
  const memory: Verdict = {
    what: `download: ${figureNames.peakMiB}`,
    wanted: `<= ${peakMiB} MiB`,
    measured: `${peak.toFixed(0)} MiB`,
    isMet: peak <= peakMiB,
  };
  return [...ratios, memory];
}
