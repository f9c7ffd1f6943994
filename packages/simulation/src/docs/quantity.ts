const sizes = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;
const spans = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A number of a table of settings or limits, as people read it: `48 MiB`, `2 min`, `3 000 peers`. */
export function formatQuantity(value: number, unit: string): string {
  const scale = unit === 'bytes' ? sizes : unit === 'ms' ? spans : [];
  for (const [name, factor] of scale) {
    if (value !== 0 && value % factor === 0) return `${grouped(value / factor)} ${name}`;
  }
  return `${grouped(value)} ${value === 1 ? unit.replace(/^(\w{2,})s\b/, '$1') : unit}`;
}

/** The same of a range: `100 ms – 5 min`, `1 – 1 000 torrents`. */
export function formatRange(min: number, max: number, unit: string): string {
  const last = formatQuantity(max, unit);
  if (min === max) return last;
  const isScaled = unit === 'bytes' || unit === 'ms';
  return `${isScaled ? formatQuantity(min, unit) : grouped(min)} – ${last}`;
}

/** `65 535`: a comma is a decimal sign elsewhere. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}
