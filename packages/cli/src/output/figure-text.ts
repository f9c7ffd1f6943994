import type { ScenarioFigure } from '@peerloom/scenarios';
import { escapeText } from './escape-text.js';
import { formatBytes, formatDuration, formatRate } from './format.js';

/** The value of a figure, for people. */
export function figureText({ value, unit }: ScenarioFigure): string {
  if (typeof value === 'string') return escapeText(value);
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytesPerSecond':
      return formatRate(value);
    case 'ms':
      return formatDuration(value);
    case 'text':
      return String(value);
  }
}
