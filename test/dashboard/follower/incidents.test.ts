import { describe, expect, it } from 'vitest';
import type { Series } from '../../../dashboard/api/wire.ts';
import { incidentsOf } from '../../../dashboard/follower/incidents.ts';

const BUCKET_MS = 5000;
const SERVER = { cores: 8, swapTotalBytes: 1000, diskMount: '/var' };

type Values = readonly (number | null)[];

function found(metrics: Record<string, Values>, options: { untilMs?: number; sampled?: boolean } = {}): string[] {
  const length = Math.max(...Object.values(metrics).map((values) => values.length));
  const timeMs = Array.from({ length }, (_, index) => index * BUCKET_MS);
  const series: Pick<Series, 'timeMs' | 'bucketMs' | 'metrics' | 'sampled'> = {
    timeMs,
    bucketMs: BUCKET_MS,
    metrics,
    sampled: options.sampled ?? false,
  };
  return incidentsOf(series, SERVER, options.untilMs ?? length * BUCKET_MS).map(
    ({ fromMs, toMs, state, reasons }) => `${fromMs / 1000} to ${toMs / 1000}: ${state}, ${reasons.join(', ')}`,
  );
}

describe('incidentsOf', () => {
  it('joins neighbouring buckets of one state', () => {
    expect(found({ cpuPct: [10, 95, 96, 99, 10] })).toEqual([
      '5 to 15: warn, CPU 95 %',
      '15 to 20: critical, CPU 99 %',
    ]);
  });

  it('knows the thresholds of what is not in per cent', () => {
    expect(found({ cpuPct: [1, 1], load1: [16, 1], swapUsedBytes: [0, 950] })).toEqual([
      '0 to 5: warn, load 2.0 a core',
      '5 to 10: critical, swap 95 %',
    ]);
  });

  it('takes time without rows for silence, once it is long enough', () => {
    expect(found({ cpuPct: [1, null, 1, null, null, 1] })).toEqual(['15 to 25: silent, no data']);
  });

  it('knows nothing of the time before the first row, nor of what may still come', () => {
    expect(found({ cpuPct: [null, null, null, 1, null, null, null] }, { untilMs: 4 * BUCKET_MS })).toEqual([]);
    expect(found({ cpuPct: [1, null, null, null] }, { untilMs: 17_000 })).toEqual(['5 to 17: silent, no data']);
  });

  it('holds no state across silence', () => {
    expect(found({ memoryPct: [96, null, null, 93] })).toEqual([
      '0 to 5: critical, memory 96 %',
      '5 to 15: silent, no data',
      '15 to 20: warn, memory 93 %',
    ]);
  });

  it('takes a bucket or two without a row for nothing, where only some files were read', () => {
    expect(found({ cpuPct: [1, null, null, 1] }, { sampled: true })).toEqual([]);
    expect(found({ cpuPct: [1, null, null, null, 1] }, { sampled: true })).toEqual(['5 to 20: silent, no data']);
  });
});
