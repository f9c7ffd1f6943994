import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { hostileRecording, hostileText } from '../../cli/src/report/hostile-recording.fake.js';
import type { PieceData } from '../../cli/src/report/piece-grid.js';
import { reportPage } from '../../cli/src/report/report-page.js';
import { type Arena, test } from './arena/arena.js';
import { Child } from './engines/child.js';

const command = join(
  dirname(createRequire(import.meta.url).resolve('peerloom/package.json')),
  'bin/peerloom.js',
);

/** What the last line of `--json` says of a swarm. */
interface SwarmSummary {
  readonly type: string;
  readonly isPassed: boolean;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly checks: Readonly<Record<string, { readonly isPassed: boolean; readonly seen: string }>>;
}

/** Runs the small example swarm as a user does; its report is at `path`. */
async function runSwarm(arena: Arena, path: string): Promise<SwarmSummary> {
  const child = arena.run(
    new Child(process.execPath, [command, 'swarm', 'loopback', '--json', '--report', path]),
  );
  const line = await child.line((text) => text.includes('"type":"summary"'), 'the swarm to end');
  expect(await child.exited()).toBe(0);
  return JSON.parse(line) as SwarmSummary;
}

/** Looks at the time, in milliseconds. */
async function setScrubber(page: Page, timeMs: number): Promise<void> {
  await page.locator('#scrubber').evaluate((element, value) => {
    if ('value' in element) element.value = String(value);
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }, timeMs);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('the report of a swarm has the numbers of the run, loads nothing, and moves', async ({ arena }) => {
  const browser = await arena.browser();
  const path = arena.file('swarm.html');
  const summary = await runSwarm(arena, path);
  const { page, requests, complaints } = await browser.open(path);

  expect(await page.locator('[data-verdict]').getAttribute('data-verdict')).toBe('passed');
  const figures = await page
    .locator('[data-figure]')
    .evaluateAll((all) => all.map((each) => [each.getAttribute('data-figure'), each.getAttribute('value')]));
  expect(Object.fromEntries(figures)).toEqual(
    Object.fromEntries(Object.entries(summary.figures).map(([name, value]) => [name, String(value)])),
  );
  const checks = await page
    .locator('[data-check]')
    .evaluateAll((all) => all.map((each) => [each.getAttribute('data-check'), each.className]));
  expect(Object.fromEntries(checks)).toEqual(
    Object.fromEntries(Object.keys(summary.checks).map((name) => [name, 'passed'])),
  );

  const cells = await page
    .locator('[data-from] data')
    .evaluateAll((all) => all.map((each) => Number(each.getAttribute('value'))));
  const got = await page
    .locator('[data-session] td:nth-child(7) data')
    .evaluateAll((all) => all.map((each) => Number(each.getAttribute('value'))));
  expect(sum(cells)).toBe(sum(got));
  expect(sum(cells)).toBeGreaterThanOrEqual(Number(summary.figures.movedBytes));
  const names = ['seed', 'leech-1', 'leech-2', 'leech-3', 'leech-4'];
  expect(await page.locator('.matrix thead th').allTextContents()).toEqual([
    expect.stringContaining('from'),
    ...names,
    'all',
  ]);

  const counts = page.locator('[data-count]');
  const all = '256 of 256';
  expect(await counts.allTextContents()).toEqual(names.map(() => all));
  const { rowTimesMs } = JSON.parse((await page.locator('#data').textContent()) ?? '') as PieceData;
  const halfwayMs = rowTimesMs[1]?.toSorted((a, b) => a - b)[128] ?? 0;
  await setScrubber(page, halfwayMs);
  const hadThen = rowTimesMs.map((times) => times.filter((ms) => ms >= 0 && ms <= halfwayMs).length);
  expect(hadThen[0]).toBe(256);
  expect(hadThen[1]).toBeGreaterThanOrEqual(129);
  expect(hadThen[1]).toBeLessThan(256);
  expect(await counts.allTextContents()).toEqual(hadThen.map((count) => `${count} of 256`));
  await setScrubber(page, 0);
  expect((await counts.allTextContents()).slice(1)).toEqual(names.slice(1).map(() => '0 of 256'));
  await page
    .locator('.strip')
    .nth(2)
    .click({ position: { x: 5, y: 5 } });
  expect(Number(await page.locator('#scrubber').inputValue())).toBeGreaterThan(0);

  const rows = page.locator('.events tbody tr');
  const shown = () => rows.locator('visible=true').count();
  const allCount = await rows.count();
  const seedCount = await page.locator('.events tr[data-node="seed"]').count();
  expect(await shown()).toBe(allCount);
  await page.locator('select[name="node"]').selectOption('seed');
  expect(await shown()).toBe(seedCount);
  expect(await page.locator('[data-shown]').textContent()).toBe(`${seedCount} of ${allCount} events`);
  await page.locator('select[name="node"]').selectOption('');
  await page.locator('input[name="kind"][value="step"]').uncheck();
  expect(await shown()).toBe(allCount - (await page.locator('tr[data-kind="step"]').count()));
  await page.locator('input[name="text"]').fill('has all pieces');
  expect(await shown()).toBe(names.length);
  await page.locator('input[name="text"]').press('Enter');

  expect(complaints).toEqual([]);
  expect(requests).toEqual([pathToFileURL(path).href]);
});

test('the report fits a narrow window, in the light and in the dark, and is whole without scripts', async ({
  arena,
}) => {
  const browser = await arena.browser();
  const path = arena.file('swarm.html');
  await runSwarm(arena, path);
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, complaints } = await browser.open(path, { width: 400, colorScheme });
    const width = await page.locator('html').evaluate((root) => root.scrollWidth);
    expect(width).toBe(400);
    expect(complaints).toEqual([]);
  }
  const { page, complaints } = await browser.open(path, { runsScripts: false });
  expect(await page.locator('[data-count]').allTextContents()).toEqual(Array(5).fill('256 of 256'));
  expect(await page.locator('.events tbody tr').count()).toBeGreaterThan(0);
  expect(await page.locator('.filters, #scrubber').locator('visible=true').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('what others choose does not run in a report', async ({ arena }) => {
  const browser = await arena.browser();
  const path = arena.file('swarm.html');
  await runSwarm(arena, path);
  const built = await readFile(path, 'utf8');
  const asset = (name: string): string => new RegExp(`<${name}>([^]*?)</${name}>`).exec(built)?.[1] ?? '';
  const hostile = arena.file('hostile.html');
  await writeFile(hostile, reportPage(hostileRecording, { script: asset('script'), style: asset('style') }));
  const { page, requests, complaints } = await browser.open(hostile);
  await setScrubber(page, 0);
  expect(await page.locator('[data-count]').allTextContents()).toEqual(['0 of 2']);
  expect(await page.locator('script').count()).toBe(2);
  expect(await page.locator('img').count()).toBe(0);
  expect(await page.locator('h1').textContent()).toContain(hostileText.slice(0, 30));
  expect(complaints).toEqual([]);
  expect(requests).toEqual([pathToFileURL(hostile).href]);
});
