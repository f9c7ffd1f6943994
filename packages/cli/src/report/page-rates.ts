import { formatRate } from '../output/format.js';
import { type Html, html } from './html.js';
import { roleText } from './page-summary.js';
import type { RecordedNode, SwarmRecording } from './recording.js';
import { cursor, round, type TimeScale, timeWidth } from './time-scale.js';

/** Half the height of a picture: what comes goes up from there, what is sent down. */
const halfHeight = 50;
/** Points of a line, at most. */
const maxPoints = 160;

interface RatePoint {
  readonly timeMs: number;
  readonly rate: number;
}

/** How fast each session got and gave, all to one scale. */
export function rates(recording: SwarmRecording, scale: TimeScale): Html {
  const { nodes, samplesMs } = recording;
  const series = nodes.map((node) => ({
    node,
    down: rateSeries(samplesMs, node.downloadedAt, scale.durationMs),
    up: rateSeries(samplesMs, node.uploadedAt, scale.durationMs),
  }));
  const peak = Math.max(1, ...series.flatMap(({ down, up }) => [peakOf(down), peakOf(up)]));
  return html`<section aria-labelledby="rates"><h2 id="rates">Rates</h2>
<p class="lead"><span class="key down"></span> what a session gets goes up, <span class="key up"></span> what it gives goes down; all to one scale, ${formatRate(peak)} from the middle to the edge.</p>
<div class="charts">${series.map(({ node, down, up }) => chart(node, down, up, peak, scale))}</div></section>`;
}

function chart(
  { name, role }: RecordedNode,
  down: readonly RatePoint[],
  up: readonly RatePoint[],
  peak: number,
  scale: TimeScale,
): Html {
  const label = `${name}: gets up to ${formatRate(peakOf(down))}, gives up to ${formatRate(peakOf(up))}`;
  return html`<figure class="chart"><figcaption><strong>${name}</strong>${roleText(role)}<span class="peaks">↓ ${formatRate(peakOf(down))} · ↑ ${formatRate(peakOf(up))}</span></figcaption>
<svg class="rate" viewBox="0 0 ${timeWidth} ${2 * halfHeight}" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title><path class="down" d="${area(down, peak, scale, -1)}"/><path class="up" d="${area(up, peak, scale, 1)}"/><line class="zero" x1="0" x2="${timeWidth}" y1="${halfHeight}" y2="${halfHeight}"/>${cursor(2 * halfHeight)}</svg>
${scale.axis()}</figure>`;
}

/** Rates between samples that are far enough apart for a line that can be read. */
export function rateSeries(
  samplesMs: readonly number[],
  bytesAt: readonly number[],
  durationMs: number,
): readonly RatePoint[] {
  const minStepMs = durationMs / maxPoints;
  const points: RatePoint[] = [];
  let before = 0;
  for (let index = 1; index < samplesMs.length; index++) {
    const [startMs, endMs] = [samplesMs[before] ?? 0, samplesMs[index] ?? 0];
    const isLast = index === samplesMs.length - 1;
    if (endMs <= startMs || (endMs - startMs < minStepMs && !isLast)) continue;
    const rate = (((bytesAt[index] ?? 0) - (bytesAt[before] ?? 0)) * 1_000) / (endMs - startMs);
    points.push({ timeMs: startMs, rate }, { timeMs: endMs, rate });
    before = index;
  }
  return points;
}

function peakOf(points: readonly RatePoint[]): number {
  return points.reduce((peak, { rate }) => Math.max(peak, rate), 0);
}

function area(points: readonly RatePoint[], peak: number, scale: TimeScale, direction: 1 | -1): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const y = (rate: number): number => round(halfHeight + (direction * rate * (halfHeight - 2)) / peak);
  const line = points.map(({ timeMs, rate }) => `L${scale.x(timeMs)} ${y(rate)}`).join('');
  return `M${scale.x(first.timeMs)} ${halfHeight}${line}L${scale.x(last.timeMs)} ${halfHeight}z`;
}
