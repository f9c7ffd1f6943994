import type { NodeProgress } from '@peerloom/scenarios';
import { bar } from './bar.js';
import { formatBytes, formatDuration, formatPercent, formatRate } from './format.js';
import type { Output } from './output.js';
import type { ProgressView } from './progress.js';

/** All sessions of a swarm at one moment. */
export interface SwarmProgress {
  readonly elapsedMs: number;
  readonly nodes: readonly NodeProgress[];
}

const barWidth = { least: 10, most: 20 };
const gap = '  ';
/** From left to right: on a narrow terminal those at the right are left out. */
const columns: readonly {
  readonly heading: string;
  readonly width: number;
  readonly text: (node: NodeProgress) => string;
}[] = [
  { heading: 'has', width: 6, text: (node) => shareText(node) },
  { heading: 'gets', width: 10, text: ({ downloadRate }) => rateText(downloadRate) },
  { heading: 'gives', width: 10, text: ({ uploadRate }) => rateText(uploadRate) },
  { heading: 'given', width: 8, text: ({ uploadedBytes }) => formatBytes(uploadedBytes) },
];

/** Shows a swarm: a line a session with how much it has, how fast it gets and gives, and what it has given. */
export class SwarmView implements ProgressView {
  readonly #output: Pick<Output, 'style' | 'isUnicode'>;
  readonly #read: () => SwarmProgress | undefined;

  /** `read` gives what was reported last; nothing is shown before there is something. */
  constructor(output: Pick<Output, 'style' | 'isUnicode'>, read: () => SwarmProgress | undefined) {
    this.#output = output;
    this.#read = read;
  }

  lines(width: number): readonly string[] {
    const progress = this.#read();
    if (progress === undefined) return [];
    const { style } = this.#output;
    const nameWidth = Math.max(...progress.nodes.map(({ name }) => name.length));
    const shown = [...columns];
    const room = (): number =>
      shown.reduce((rest, column) => rest - gap.length - column.width, width - nameWidth - gap.length);
    while (shown.length > 1 && room() < barWidth.least) shown.pop();
    const barColumns = Math.min(barWidth.most, Math.max(barWidth.least, room()));
    const heading = [
      ' '.repeat(nameWidth),
      formatDuration(progress.elapsedMs).padEnd(barColumns),
      ...shown.map((column) => column.heading.padStart(column.width)),
    ];
    const nodeLine = (node: NodeProgress): string =>
      [
        style.bold(node.name.padEnd(nameWidth)),
        bar(node.haveBytes, node.totalBytes || 1, barColumns, this.#output),
        ...shown.map((column) => column.text(node).padStart(column.width)),
      ].join(gap);
    return [style.dim(heading.join(gap)), ...progress.nodes.map(nodeLine)];
  }

  plainLine(): string | undefined {
    const progress = this.#read();
    if (progress === undefined) return undefined;
    const leeches = progress.nodes
      .filter(({ role }) => role === 'leech')
      .map(({ name, haveBytes, totalBytes }) => `${name} ${shareText({ haveBytes, totalBytes })}`);
    return `${formatDuration(progress.elapsedMs)}: ${leeches.join(', ')}`;
  }
}

/** How much of it is had; who knows no metadata has nothing. */
function shareText({ haveBytes, totalBytes }: Pick<NodeProgress, 'haveBytes' | 'totalBytes'>): string {
  return formatPercent(haveBytes, totalBytes || 1);
}

/** A rate; nothing where nothing moves, so that what moves stands out. */
function rateText(bytesPerSecond: number): string {
  return bytesPerSecond < 1 ? '' : formatRate(bytesPerSecond);
}
