const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** An amount of bytes with three digits or so: `0 B`, `1.0 GiB`, `46.2 MiB`, `460 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.9 KiB would be shown as 1024 KiB.
  while (unit < units.length - 1 && value >= 1023.5) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A rate in bytes a second: `12.3 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** `12.3s`, `42s`, `3m05s`, `2h07m`, `3d04h`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${pad(hours % 24)}h`;
}

/** A share with one decimal, rounded down so that `100%` means all: `99.9%`. */
export function formatPercent(part: number, whole: number): string {
  if (part >= whole) return '100%';
  return `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)}%`;
}

/** `1 piece`, `2 pieces`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
