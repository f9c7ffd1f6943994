import { createHash } from 'node:crypto';
import { Html, html, scriptJson } from './html.js';
import { eventsSection } from './page-events.js';
import { pieceMap } from './page-pieces.js';
import { rates } from './page-rates.js';
import { sessions, summary } from './page-summary.js';
import { transferMatrix } from './page-transfers.js';
import type { PieceData } from './piece-grid.js';
import type { SwarmRecording } from './recording.js';
import { TimeScale } from './time-scale.js';

/** What makes the page look and move; without it all of it can be read nevertheless. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/**
 * A recording as one page that needs nothing else: it loads nothing, and its policy lets nothing run but the script
 * given. The assets must not hold `</script` or `</style`.
 */
export function reportPage(recording: SwarmRecording, { script, style }: PageAssets): string {
  const scale = new TimeScale(recording.durationMs);
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(script)}'`,
    `style-src '${sourceHash(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const { scenario, rowCount, nodes } = recording;
  const data: PieceData = { rowCount, rowTimesMs: nodes.map(({ rowTimesMs }) => rowTimesMs) };
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${scenario} · Peerloom swarm</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
${summary(recording)}
${pieceMap(recording, scale)}
${transferMatrix(recording)}
${rates(recording, scale)}
${sessions(recording)}
${eventsSection(recording, scale)}
<footer><p>Made by <code>peerloom swarm ${scenario} --report FILE.html</code>. This page is one file: it loads nothing and works without a network.</p></footer>
</main>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}
