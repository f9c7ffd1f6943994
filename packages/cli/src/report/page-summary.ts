import { figureText } from '../output/figure-text.js';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../output/format.js';
import { type Html, html } from './html.js';
import type { RecordedNode, SwarmOutcome, SwarmRecording } from './recording.js';

const verdicts: Readonly<Record<SwarmOutcome['kind'], { readonly mark: string; readonly text: string }>> = {
  passed: { mark: '✓', text: 'passed' },
  failed: { mark: '✗', text: 'failed' },
  error: { mark: '✗', text: 'ended by an error' },
  interrupted: { mark: '■', text: 'interrupted' },
};

/** The head of the page: what ran, how it ended, what was measured and what was to be seen. */
export function summary(recording: SwarmRecording): Html {
  const { scenario, about, startedAt, durationMs, outcome, figures, checks, nodes, pieceCount } = recording;
  const { mark, text } = verdicts[outcome.kind];
  const tiles = figures.map(
    (figure) =>
      html`<div class="tile"><dt>${figure.label}</dt><dd><data data-figure="${figure.name}" value="${figure.value}">${figureText(figure)}</data></dd></div>`,
  );
  return html`<header>
<p class="brand">Peerloom · example swarm</p>
<div class="title"><h1>${scenario}</h1><p class="verdict ${outcome.kind}" data-verdict="${outcome.kind}"><span aria-hidden="true">${mark}</span> ${text}</p></div>
<p class="about">${about}</p>
${outcome.message === undefined ? undefined : html`<p class="notice">The run did not come to its end: ${outcome.message}. What follows is what was seen until then.</p>`}
<p class="facts"><time datetime="${startedAt}">${startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time> · ${formatCount(nodes.length, 'session')} · ${formatCount(pieceCount, 'piece')} · ran for ${formatDuration(durationMs)}</p>
${tiles.length === 0 ? undefined : html`<dl class="tiles">${tiles}</dl>`}
</header>
${checks.length === 0 ? undefined : checkList(checks)}`;
}

function checkList(checks: SwarmRecording['checks']): Html {
  return html`<section aria-labelledby="checks"><h2 id="checks">What was to be seen</h2>
<ul class="checks">${checks.map(
    ({ name, label, isPassed, seen }) =>
      html`<li class="${isPassed ? 'passed' : 'failed'}" data-check="${name}"><span class="mark">${isPassed ? '✓' : '✗'}<span class="unseen">${isPassed ? ' seen: ' : ' not seen: '}</span></span><span class="check">${label}</span><span class="seen">${seen}</span></li>`,
  )}</ul></section>`;
}

/** Every session, in numbers. */
export function sessions({ nodes, omittedNodeCount }: SwarmRecording): Html {
  return html`<section aria-labelledby="sessions"><h2 id="sessions">Sessions</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="sessions"><table class="numbers"><thead><tr><th scope="col">session</th><th scope="col">part</th><th scope="col">address</th><th scope="col">has</th><th scope="col">half of it at</th><th scope="col">all of it at</th><th scope="col">got</th><th scope="col">gave</th><th scope="col">most peers</th></tr></thead>
<tbody>${nodes.map((node) => sessionRow(node))}</tbody></table></div>
<p class="note">What a session gave may be more than the others got: what is on its way when a connection ends is lost.</p>
${omittedNodeCount > 0 ? html`<p class="note">${formatCount(omittedNodeCount, 'more session')} took part and had no room here.</p>` : undefined}</section>`;
}

function sessionRow(node: RecordedNode): Html {
  const { name, role, endpoint, haveBytes, totalBytes, downloadedBytes, uploadedBytes, peakPeerCount } = node;
  return html`<tr data-session="${name}"><th scope="row">${name}</th><td>${roleText(role)}</td><td>${endpoint ?? '–'}</td><td>${totalBytes === 0 ? '–' : formatPercent(haveBytes, totalBytes)}</td><td>${shareTime(node, 0.5)}</td><td>${shareTime(node, 1)}</td><td><data value="${downloadedBytes}">${formatBytes(downloadedBytes)}</data></td><td><data value="${uploadedBytes}">${formatBytes(uploadedBytes)}</data></td><td>${peakPeerCount}</td></tr>`;
}

/** A part, as a coloured mark and a word. */
export function roleText(role: string): Html {
  return html`<span class="role role-${role}">${role}</span>`;
}

function shareTime({ rowTimesMs }: RecordedNode, share: number): string {
  const had = rowTimesMs.filter((ms) => ms >= 0).sort((a, b) => a - b);
  const timeMs = had[Math.ceil(rowTimesMs.length * share) - 1];
  return timeMs === undefined ? '–' : formatDuration(timeMs);
}
