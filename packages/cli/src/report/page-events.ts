import { formatCount } from '../output/format.js';
import { type Html, html } from './html.js';
import { type EventKind, eventKinds, type RecordedEvent, type SwarmRecording } from './recording.js';
import { cursor, type TimeScale, timeWidth } from './time-scale.js';

/** What happened: when, of which kind, and each in words. */
export function eventsSection(recording: SwarmRecording, scale: TimeScale): Html {
  const { events, omittedEvents, nodes } = recording;
  const kinds = (Object.keys(eventKinds) as EventKind[]).filter((kind) =>
    events.some((event) => event.kind === kind),
  );
  const omitted = kinds.flatMap((kind) => {
    const count = omittedEvents[kind] ?? 0;
    return count === 0 ? [] : [`${count} of ${eventKinds[kind]}`];
  });
  return html`<section aria-labelledby="events"><h2 id="events">What happened</h2>
<div class="lanes">${kinds.map((kind) => kindLane(kind, events, scale))}
<div class="lane foot"><span></span>${scale.axis()}</div></div>
<form class="filters" data-script hidden><fieldset><legend>show</legend>${kinds.map(
    (kind) =>
      html`<label class="chip kind-${kind}"><input type="checkbox" name="kind" value="${kind}" checked> ${eventKinds[kind]} <small>${countOf(events, kind)}</small></label>`,
  )}</fieldset>
<label>session <select name="node"><option value="">all</option>${nodes.map(({ name }) => html`<option value="${name}">${name}</option>`)}</select></label>
<label>text <input type="search" name="text" autocomplete="off"></label></form>
<p class="note"><span data-shown aria-live="polite">${formatCount(events.length, 'event')}</span>${omitted.length > 0 ? html`; more came and had no room here: ${omitted.join(', ')}` : undefined}</p>
<div class="scroll tall" tabindex="0" role="region" aria-labelledby="events"><table class="events"><thead><tr><th scope="col">time</th><th scope="col">session</th><th scope="col">kind</th><th scope="col">what</th></tr></thead>
<tbody>${events.map((event) => eventRow(event))}</tbody></table></div></section>`;
}

function countOf(events: readonly RecordedEvent[], kind: EventKind): number {
  return events.filter((event) => event.kind === kind).length;
}

function kindLane(kind: EventKind, events: readonly RecordedEvent[], scale: TimeScale): Html {
  const times = events
    .filter((event) => event.kind === kind)
    .map(({ timeMs }) => Math.round(scale.x(timeMs)));
  const marks = [...new Set(times)].map((x) => html`<line class="tick" x1="${x}" x2="${x}" y1="1" y2="9"/>`);
  const label = `${formatCount(countOf(events, kind), 'event')}: ${eventKinds[kind]}`;
  return html`<div class="lane kind-${kind}"><div class="who">${eventKinds[kind]} <small>${countOf(events, kind)}</small></div>
<svg class="ticks" viewBox="0 0 ${timeWidth} 10" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${marks}${cursor(10)}</svg></div>`;
}

function eventRow({ timeMs, node, kind, text, details }: RecordedEvent): Html {
  const rest =
    details.length === 0
      ? undefined
      : html`<small class="details">${details.map(([name, value]) => html`<span><b>${name}</b> ${value}</span> `)}</small>`;
  return html`<tr data-kind="${kind}" data-node="${node ?? ''}"><td class="time">${(timeMs / 1_000).toFixed(2)} s</td><td>${node ?? ''}</td><td><span class="badge kind-${kind}">${eventKinds[kind]}</span></td><td>${text}${rest}</td></tr>`;
}
