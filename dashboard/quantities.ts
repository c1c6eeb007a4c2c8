/** Figures as people read them: sensible rounding, always with a unit, a thin gap between. */
const GAP = '\u202f';

/** 0.4 s, 1.2 s, 45 s, 3 min, 2 h 5 min, 3 d. `whole` leaves tenths of seconds out. */
export function duration(ms: number, precision: 'tenths' | 'whole' = 'tenths'): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95 && precision === 'tenths') return `${seconds.toFixed(1)}${GAP}s`;
  if (seconds < 99.5) return `${Math.round(seconds)}${GAP}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes}${GAP}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours}${GAP}h` : `${hours}${GAP}h ${minutes % 60}${GAP}min`;
  const days = Math.floor(hours / 24);
  return days < 10 && hours % 24 !== 0 ? `${days}${GAP}d ${hours % 24}${GAP}h` : `${days}${GAP}d`;
}

/** 80 ms, 720 ms, 1.4 s: latencies keep their milliseconds. */
export function latency(ms: number): string {
  return ms < 995 ? `${Math.round(ms)}${GAP}ms` : duration(ms);
}

/** 12.4 k, 1.2 M. */
export function count(value: number): string {
  if (Math.abs(value) < 10_000) return Math.round(value).toLocaleString('en-GB').replaceAll(',', GAP);
  return scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P']).trim();
}

/** 2.4k, 12k, 1.2M: where there is hardly room. */
export function brief(value: number): string {
  return scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P'])
    .replace(/(\d\d)\.\d/, '$1')
    .replace(GAP, '');
}

/** 38 GiB. */
export function bytes(value: number): string {
  return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

/** 12 MB/s: rates of disks and networks are decimal. */
export function bytesPerSecond(value: number): string {
  return `${scaled(value, 1000, ['B', 'kB', 'MB', 'GB', 'TB'])}/s`;
}

/** 198 rows/s, 12.4 k rows/s. */
export function rowsPerSecond(value: number): string {
  const rounded = value < 9.95 && value > 0 ? value.toFixed(1) : count(value);
  return `${rounded}${GAP}rows/s`;
}

/** 7.3 %, 42 %. */
export function percent(value: number): string {
  return `${value < 9.95 && value !== 0 ? value.toFixed(1) : Math.round(value)}${GAP}%`;
}

/** 1 server, 2 servers. */
export function many(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let figure = value;
  let unit = 0;
  while (Math.abs(figure) >= base * 0.9995 && unit < units.length - 1) {
    figure /= base;
    unit += 1;
  }
  const figureText = unit > 0 && Math.abs(figure) < 19.95 ? figure.toFixed(1).replace(/\.0$/, '') : figure.toFixed(0);
  return `${figureText}${GAP}${units[unit] ?? ''}`;
}
