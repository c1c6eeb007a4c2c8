import { describe, expect, it } from 'vitest';
import { planRetention } from '../../plans/retention.ts';

const HOUR_MS = 3_600_000;
const DAY_START_MS = Date.parse('2026-11-23T00:00:00Z');
const COLUMNS = ['dt', 'hour'];
/** Two files of 50 bytes for each of the hours 0 to 4. */
const FILES = [4, 2, 0, 1, 3].flatMap((hour) =>
  ['a', 'b'].map((name) => ({
    path: `${hour}${name}`,
    partitionValues: { dt: '2026-11-23', hour: String(hour) },
    rows: 10,
    sizeBytes: 50,
  })),
);

function dropped(retention: { maxAgeMs?: number; maxBytes?: number }, nowMs: number): string[] {
  const settings = { maxAgeMs: null, maxBytes: null, ...retention };
  return planRetention(FILES, COLUMNS, settings, nowMs).map(({ partition }) => partition);
}

describe('retention', () => {
  const end = DAY_START_MS + 5 * HOUR_MS;

  it('keeps everything without a bound', () => {
    expect(dropped({}, end + 1000 * HOUR_MS)).toEqual([]);
  });

  it('drops whole partitions once their end is longer ago than the age', () => {
    expect(dropped({ maxAgeMs: 3 * HOUR_MS }, end)).toEqual(['dt=2026-11-23/hour=0', 'dt=2026-11-23/hour=1']);
    expect(dropped({ maxAgeMs: 3 * HOUR_MS }, end - 1)).toEqual(['dt=2026-11-23/hour=0']);
  });

  it('drops the oldest until the rest is within the size', () => {
    expect(dropped({ maxBytes: 300 }, end)).toEqual(['dt=2026-11-23/hour=0', 'dt=2026-11-23/hour=1']);
    expect(dropped({ maxBytes: 500 }, end)).toEqual([]);
    expect(planRetention(FILES, COLUMNS, { maxAgeMs: null, maxBytes: 450 }, end)).toMatchObject([
      {
        files: ['0a', '0b'],
        rows: 20,
        sizeBytes: 100,
        reason: expect.stringContaining('retention.max_size') as string,
      },
    ]);
  });

  it('never drops what has not ended, however large', () => {
    expect(dropped({ maxBytes: 0 }, DAY_START_MS + 2 * HOUR_MS)).toEqual([
      'dt=2026-11-23/hour=0',
      'dt=2026-11-23/hour=1',
    ]);
  });
});
