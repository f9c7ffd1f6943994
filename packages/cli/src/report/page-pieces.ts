import { formatCount, formatDuration } from '../output/format.js';
import { type Html, html } from './html.js';
import { roleText } from './page-summary.js';
import { gridColumns, gridPath, isHadAt } from './piece-grid.js';
import type { RecordedNode, SwarmRecording } from './recording.js';
import { cursor, round, type TimeScale, timeWidth } from './time-scale.js';

/** Which session had which piece when, and the map of pieces at one time. */
export function pieceMap(recording: SwarmRecording, scale: TimeScale): Html {
  const { nodes, pieceCount, rowCount, durationMs } = recording;
  const grouped =
    pieceCount > rowCount ? ` A row stands for ${Math.ceil(pieceCount / rowCount)} pieces.` : '';
  const endText = formatDuration(durationMs);
  return html`<section aria-labelledby="pieces"><h2 id="pieces">Pieces over time</h2>
<p class="lead">Each strip is one session: time runs to the right, pieces from the first (top) to the last. A piece is coloured from the moment it is had and verified; <span class="cross" aria-hidden="true"></span> marks one that came wrong.${grouped}</p>
${rowCount === 0 ? html`<p class="note">No session had metadata.</p>` : undefined}
<div class="lanes with-map">
<div class="lane head"><span></span><span></span><span class="map-head">at <output data-time for="scrubber">${endText}</output></span></div>
${nodes.map((node) => lane(node, rowCount, durationMs, scale))}
<div class="lane foot"><label for="scrubber" class="scrub-label" data-script hidden>look at a time</label><div class="scrub">${scale.axis()}<input id="scrubber" type="range" min="0" max="${durationMs}" step="1" value="${durationMs}" data-script hidden></div><span></span></div>
</div></section>`;
}

function lane(node: RecordedNode, rowCount: number, durationMs: number, scale: TimeScale): Html {
  const { name, role, rowTimesMs, hashFailures } = node;
  const columns = gridColumns(rowCount);
  const rows = Math.ceil(rowCount / columns);
  const all = gridPath(rowCount, columns, () => true);
  const had = gridPath(rowCount, columns, (row) => isHadAt(rowTimesMs[row] ?? -1, durationMs));
  const label = stripLabel(node);
  return html`<div class="lane role-${role}" data-lane="${name}"><div class="who"><strong>${name}</strong>${roleText(role)}</div>
<svg class="strip" viewBox="0 0 ${timeWidth} ${Math.max(1, rowCount)}" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title><path class="had" d="${stripPath(rowTimesMs, scale)}"/>${hashFailures.map(({ timeMs, row }) => failureMark(scale.x(timeMs), row, rowCount))}${cursor(Math.max(1, rowCount))}</svg>
<div class="grid"><svg class="map" viewBox="0 0 ${columns} ${Math.max(1, rows)}" preserveAspectRatio="xMinYMid" aria-hidden="true"><path class="cells" d="${all}"/><path class="had" data-map d="${had}"/></svg><span class="count" data-count>${countText(rowTimesMs, rowCount)}</span></div></div>`;
}

/** A cross that is as wide as high however the strip is stretched would need a script; a bar does not. */
function failureMark(x: number, row: number, rowCount: number): Html {
  const half = Math.max(0.5, rowCount / 40);
  return html`<line class="wrong" x1="${x}" x2="${x}" y1="${round(row + 0.5 - half)}" y2="${round(row + 0.5 + half)}"/>`;
}

/** For each row a bar from when it was had to the end; rows had at one time that follow each other are one bar. */
function stripPath(rowTimesMs: readonly number[], scale: TimeScale): string {
  let path = '';
  for (let row = 0; row < rowTimesMs.length; ) {
    const timeMs = rowTimesMs[row] ?? -1;
    let end = row + 1;
    while (end < rowTimesMs.length && rowTimesMs[end] === timeMs) end++;
    if (timeMs >= 0) path += `M${scale.x(timeMs)} ${row}H${timeWidth}V${end}H${scale.x(timeMs)}z`;
    row = end;
  }
  return path;
}

function stripLabel({ name, rowTimesMs, hashFailures }: RecordedNode): string {
  const had = rowTimesMs.filter((ms) => ms >= 0);
  const wrong = hashFailures.length === 0 ? '' : `; ${formatCount(hashFailures.length, 'piece')} came wrong`;
  if (had.length === 0) return `${name} has no piece${wrong}`;
  const [first, last] = [Math.min(...had), Math.max(...had)];
  const share =
    had.length === rowTimesMs.length ? 'all pieces' : `${had.length} of ${rowTimesMs.length} rows`;
  return `${name} has ${share}: the first at ${formatDuration(first)}, the last at ${formatDuration(last)}${wrong}`;
}

function countText(rowTimesMs: readonly number[], rowCount: number): string {
  return `${rowTimesMs.filter((ms) => ms >= 0).length} of ${rowCount}`;
}
