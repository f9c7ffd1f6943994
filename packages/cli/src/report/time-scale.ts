import { formatDuration } from '../output/format.js';
import { type Html, html } from './html.js';

/** Units of the time axis in every picture. */
export const timeWidth = 1_000;

const tickCount = 4;

/** From milliseconds to places on the time axis. */
export class TimeScale {
  readonly durationMs: number;

  constructor(durationMs: number) {
    this.durationMs = Math.max(1, durationMs);
  }

  x(timeMs: number): number {
    return round((timeMs / this.durationMs) * timeWidth);
  }

  /** Labels below the pictures, from 0 to the end. */
  axis(): Html {
    const ticks = Array.from({ length: tickCount + 1 }, (_, index) => (index * this.durationMs) / tickCount);
    return html`<div class="axis" aria-hidden="true">${ticks.map((ms) => html`<span>${formatDuration(ms)}</span>`)}</div>`;
  }
}

/** A number for a path, with one decimal. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Stands at the time that is looked at; moved, and shown, by the script. */
export function cursor(height: number): Html {
  return html`<line class="cursor" x1="0" x2="0" y1="0" y2="${height}"/>`;
}
