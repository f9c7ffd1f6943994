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

const barWidth = 20;
const columns = { share: 6, rate: 10, sent: 8 };

/** Shows a swarm: a line a session with how much it has, how fast it gets and gives, and what it has given. */
export class SwarmView implements ProgressView {
  readonly #output: Pick<Output, 'style' | 'isUnicode'>;
  readonly #read: () => SwarmProgress | undefined;

  /** `read` gives what was reported last; nothing is shown before there is something. */
  constructor(output: Pick<Output, 'style' | 'isUnicode'>, read: () => SwarmProgress | undefined) {
    this.#output = output;
    this.#read = read;
  }

  lines(): readonly string[] {
    const progress = this.#read();
    if (progress === undefined) return [];
    const { style } = this.#output;
    const nameWidth = Math.max(...progress.nodes.map(({ name }) => name.length));
    const heading = [
      ' '.repeat(nameWidth),
      formatDuration(progress.elapsedMs).padEnd(barWidth),
      'has'.padStart(columns.share),
      'gets'.padStart(columns.rate),
      'gives'.padStart(columns.rate),
      'given'.padStart(columns.sent),
    ];
    return [style.dim(heading.join('  ')), ...progress.nodes.map((node) => this.#nodeLine(node, nameWidth))];
  }

  #nodeLine(node: NodeProgress, nameWidth: number): string {
    const { style } = this.#output;
    return [
      style.bold(node.name.padEnd(nameWidth)),
      bar(node.haveBytes, node.totalBytes || 1, barWidth, this.#output),
      shareText(node).padStart(columns.share),
      rateText(node.downloadRate).padStart(columns.rate),
      rateText(node.uploadRate).padStart(columns.rate),
      formatBytes(node.uploadedBytes).padStart(columns.sent),
    ].join('  ');
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
