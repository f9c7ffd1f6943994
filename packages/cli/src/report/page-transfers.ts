import { formatBytes } from '../output/format.js';
import { type Html, html } from './html.js';
import type { RecordedTransfer, SwarmRecording } from './recording.js';

/** Steps of the colour scale. */
const heatSteps = 9;
/** Others than sessions, at most. */
const maxOthers = 16;

/** Who got what from whom, as a matrix: whoever gets has a row, whoever gives a column. */
export function transferMatrix({ nodes, transfers }: SwarmRecording): Html {
  const names = nodes.map(({ name }) => name);
  const others = othersOf(transfers, new Set(names));
  const shown = [...names, ...others];
  const bytes = new Map<string, number>();
  for (const transfer of transfers) {
    const key = cellKey(transfer.to, transfer.from);
    bytes.set(key, (bytes.get(key) ?? 0) + transfer.bytes);
  }
  const cell = (to: string, from: string): number => bytes.get(cellKey(to, from)) ?? 0;
  const gotBy = (to: string): number => sum(shown.map((from) => cell(to, from)));
  const givenBy = (from: string): number => sum(shown.map((to) => cell(to, from)));
  const givers = shown.filter((name) => givenBy(name) > 0);
  const takers = shown.filter((name) => gotBy(name) > 0);
  const head = html`<section aria-labelledby="transfers"><h2 id="transfers">Who got what from whom</h2>`;
  if (takers.length === 0)
    return html`${head}<p class="note">No block went from anyone to anyone.</p></section>`;
  return html`${head}
<p class="lead">Bytes of blocks that came, wrong ones included. The percentage, and the colour, is the share of all that the session of that row got.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="transfers"><table class="matrix"><thead><tr><th scope="col" class="corner">got ↓ &nbsp; from →</th>${givers.map((name) => html`<th scope="col">${name}</th>`)}<th scope="col" class="total">all</th></tr></thead>
<tbody>${takers.map(
    (to) =>
      html`<tr><th scope="row">${to}</th>${givers.map((from) => matrixCell(to, from, cell(to, from), gotBy(to)))}<td class="total"><data value="${gotBy(to)}">${formatBytes(gotBy(to))}</data></td></tr>`,
  )}</tbody>
<tfoot><tr><th scope="row">all</th>${givers.map((from) => html`<td class="total"><data value="${givenBy(from)}">${formatBytes(givenBy(from))}</data></td>`)}<td class="total"><data value="${sum(takers.map(gotBy))}">${formatBytes(sum(takers.map(gotBy)))}</data></td></tr></tfoot></table></div></section>`;
}

function matrixCell(to: string, from: string, bytes: number, rowBytes: number): Html {
  if (to === from) return html`<td class="self"></td>`;
  if (bytes === 0) return html`<td class="heat-0">–</td>`;
  const share = bytes / rowBytes;
  const heat = Math.max(1, Math.min(heatSteps, Math.ceil(share * heatSteps)));
  return html`<td class="heat-${heat}" data-from="${from}" data-to="${to}"><data value="${bytes}">${formatBytes(bytes)}</data><small>${shareText(share)}</small></td>`;
}

function shareText(share: number): string {
  return share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`;
}

/** Who is no session of the swarm and has taken or given most. */
function othersOf(transfers: readonly RecordedTransfer[], names: ReadonlySet<string>): readonly string[] {
  const bytes = new Map<string, number>();
  for (const { from, to, bytes: moved } of transfers) {
    for (const name of [from, to]) if (!names.has(name)) bytes.set(name, (bytes.get(name) ?? 0) + moved);
  }
  return [...bytes]
    .sort(([, a], [, b]) => b - a)
    .slice(0, maxOthers)
    .map(([name]) => name);
}

function cellKey(to: string, from: string): string {
  return JSON.stringify([to, from]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
