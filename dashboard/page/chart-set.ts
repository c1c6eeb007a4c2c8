import { bytes, bytesPerSecond, count, percent } from '../quantities.ts';

export interface ChartLine {
  /** Of the API's series. */
  readonly metric: string;
  readonly words: string;
}

/** One chart of a server's page. */
export interface ChartPlan {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly text: (value: number) => string;
  /** Lines lie on top of each other and add up. */
  readonly stacked: boolean;
  /** The scale ends at least here, so that an idle server looks idle. */
  readonly atLeast: number;
  /** The scale never goes beyond. */
  readonly atMost: number | undefined;
}

function chart(
  id: string,
  title: string,
  text: ChartPlan['text'],
  lines: ChartPlan['lines'],
  more: Partial<ChartPlan> = {},
): ChartPlan {
  return { id, title, text, lines, stacked: false, atLeast: 0, atMost: undefined, ...more };
}

const line = (metric: string, words: string): ChartLine => ({ metric, words });
const SHARE = { atLeast: 100, atMost: 100 };

export const CHARTS: readonly ChartPlan[] = [
  chart(
    'cpu',
    'CPU by mode',
    percent,
    [
      line('cpuUserPct', 'user'),
      line('cpuSystemPct', 'system'),
      line('cpuIowaitPct', 'IO wait'),
      line('cpuStealPct', 'steal'),
    ],
    { stacked: true, ...SHARE },
  ),
  chart('memory', 'Memory in use', percent, [line('memoryPct', 'memory')], SHARE),
  chart(
    'load',
    'Load',
    (value) => value.toFixed(2),
    [line('load1', '1 min'), line('load5', '5 min'), line('load15', '15 min')],
    { atLeast: 1 },
  ),
  chart(
    'pressure',
    'Pressure: time that work stood still',
    percent,
    [line('pressureCpuPct', 'CPU'), line('pressureMemoryPct', 'memory'), line('pressureIoPct', 'IO')],
    { atLeast: 10, atMost: 100 },
  ),
  chart(
    'network',
    'Network',
    bytesPerSecond,
    [line('networkReceiveBytesPerSecond', 'in'), line('networkTransmitBytesPerSecond', 'out')],
    { atLeast: 1000 },
  ),
  chart(
    'disk-io',
    'Disk IO',
    bytesPerSecond,
    [line('diskReadBytesPerSecond', 'read'), line('diskWriteBytesPerSecond', 'write')],
    { atLeast: 1000 },
  ),
  chart(
    'disk',
    'Fullest disk, and how busy disks are',
    percent,
    [line('diskPct', 'full'), line('diskBusyPct', 'busy')],
    SHARE,
  ),
  chart('swap', 'Swap in use', bytes, [line('swapUsedBytes', 'swap')], { atLeast: 1024 * 1024 }),
  chart('processes', 'Processes', count, [line('processesRunning', 'running'), line('processesBlocked', 'blocked')], {
    atLeast: 4,
  }),
];

/** Sums of a chart's lines from the first up, each null where its own figure is. */
export function stack(lines: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const sums: number[] = [];
  return lines.map((line) =>
    line.map((value, index) => {
      if (value === null) return null;
      const sum = (sums[index] ?? 0) + value;
      sums[index] = sum;
      return sum;
    }),
  );
}

/** Where nothing is known: from the end of the last bucket with a figure to the start of the next. */
export function gaps(
  timeMs: readonly number[],
  bucketMs: number,
  values: readonly (number | null)[],
): { fromMs: number; toMs: number }[] {
  const found: { fromMs: number; toMs: number }[] = [];
  for (const [index, fromMs] of timeMs.entries()) {
    if (values[index] !== null && values[index] !== undefined) continue;
    const last = found.at(-1);
    if (last?.toMs === fromMs) last.toMs = fromMs + bucketMs;
    else found.push({ fromMs, toMs: fromMs + bucketMs });
  }
  return found;
}
