import { expect, test } from 'vitest';
import { hostileText as hostile, hostileRecording as recording } from './hostile-recording.fake.js';
import { html, scriptJson } from './html.js';
import { rateSeries } from './page-rates.js';
import { reportPage } from './report-page.js';

const assets = { script: '1;', style: 'a{}' };

test('what others choose begins no element and ends none, and what hides is made visible', () => {
  const page = reportPage(recording, assets);
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script/g)).toHaveLength(2);
  expect(page).not.toContain('<img');
  expect(page).not.toContain('\u2028');
  expect(page).not.toContain('\u202e');
  expect(page).toContain('\\u{202e}');
});

test('data for the script reads as it was, and holds nothing that ends its element', () => {
  const { text } = scriptJson({ [hostile]: [hostile, '\u2029<!--', 1] });
  expect(text).not.toMatch(/[<>&]|[^ -~]/);
  expect(JSON.parse(text)).toEqual({ [hostile]: [hostile, '\u2029<!--', 1] });
});

test('the page may load nothing, and run its own script alone', () => {
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(reportPage(recording, assets))?.[1];
  expect(policy?.split('; ')).toEqual([
    "default-src 'none'",
    // Of `1;` and `a{}`: printf '1;' | openssl dgst -sha256 -binary | base64
    "script-src 'sha256-CImjRDTlhukYQ2AnxOi0wzgPhGQ3Mb3rVwJK24dFz1M='",
    "style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
});

test('a run of which nothing was seen makes a page too', () => {
  const nothing = { nodes: [], transfers: [], events: [], samplesMs: [], figures: [], checks: [] };
  const page = reportPage(
    { ...recording, ...nothing, pieceCount: 0, rowCount: 0, durationMs: 0, omittedEvents: {} },
    assets,
  );
  expect(page).toContain('No session had metadata');
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});

test('values are escaped in markup, lists joined, and markup left as it is', () => {
  expect(html`<b title="${'"<'}">${[1, html`<i>${'&'}</i>`, undefined]}</b>`.text).toBe(
    '<b title="&quot;&lt;">1<i>&amp;</i></b>',
  );
});

test('rates between samples add up to what moved, also where samples are left out', () => {
  const samplesMs = Array.from({ length: 1_001 }, (_, index) => index * 10);
  const points = rateSeries(
    samplesMs,
    samplesMs.map((ms) => (ms > 5_000 ? 700 : 0)),
    10_000,
  );
  expect(points.length).toBeLessThan(samplesMs.length);
  let moved = 0;
  for (let index = 0; index < points.length; index += 2) {
    const [start, end] = [points[index], points[index + 1]];
    if (start === undefined || end === undefined) throw new Error('points come in pairs');
    moved += (start.rate * (end.timeMs - start.timeMs)) / 1_000;
  }
  expect(moved).toBeCloseTo(700);
});
