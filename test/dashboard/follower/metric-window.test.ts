import { describe, expect, it } from 'vitest';
import { CHARTED_COLUMNS } from '../../../dashboard/follower/health-columns.ts';
import {
  BUCKET_MS,
  MAX_HOSTS,
  MEMORY_KEEP_MS,
  MetricWindow,
  type Vector,
} from '../../../dashboard/follower/metric-window.ts';

const START = 1_800_000_000_000 - (1_800_000_000_000 % 60_000);

/** Columns of one row: memory as given, all else unsaid. */
function memory(value: number | null): Vector[] {
  return CHARTED_COLUMNS.map(({ name }) => ({ getItem: () => (name === 'memoryPct' ? value : null) }));
}

/** Start of each bucket after START, and its mean of memory. */
function meansOf(window: MetricWindow, host: string, bucketMs = 10_000): (readonly [number, unknown])[] {
  const means = window.means(host, START, START + MEMORY_KEEP_MS, bucketMs);
  return means.map(({ timeMs, values }) => [timeMs - START, values['memoryPct']]);
}

describe('MetricWindow', () => {
  it('means a server’s rows by bucket, and leaves out buckets without rows', () => {
    const window = new MetricWindow();
    window.add('a', START, memory(10), 0);
    window.add('a', START + 9_999, memory(20), 0);
    window.add('b', START + 1, memory(90), 0);
    window.add('a', START + 30_000, memory(40), 0);
    expect(meansOf(window, 'a')).toEqual([
      [0, 15],
      [30_000, 40],
    ]);
    expect(meansOf(window, 'a', 60_000)).toEqual([[0, 23.33]]);
    expect(window.means("it's nobody", 0, START, 10_000)).toEqual([]);
  });

  it('counts no row that says nothing, and says so of a figure that none says', () => {
    const window = new MetricWindow();
    window.add('a', START, memory(null), 0);
    window.add('a', START, memory(Number.NaN), 0);
    expect(meansOf(window, 'a')).toEqual([]);
    window.add('a', START, memory(30), 0);
    expect(window.means('a', START, START + 5_000, 5_000)[0]?.values).toMatchObject({ memoryPct: 30, cpuPct: null });
  });

  it('keeps the mean of a bucket’s first 255 rows', () => {
    const window = new MetricWindow();
    for (let row = 0; row < 255; row += 1) window.add('a', START, memory(10), 0);
    window.add('a', START, memory(99), 0);
    expect(meansOf(window, 'a')).toEqual([[0, 10]]);
  });

  it('finds each of many servers in buckets that were made when there were few', () => {
    const window = new MetricWindow();
    for (let host = 0; host < 1_000; host += 1) window.add(`h${host}`, START, memory(host % 100), 0);
    for (let host = 0; host < 1_000; host += 1) expect(meansOf(window, `h${host}`)).toEqual([[0, host % 100]]);
  });

  it('draws a line a server, also of one that it does not know', () => {
    const window = new MetricWindow();
    window.add('a', START + BUCKET_MS, memory(12.6), 0);
    const span = { fromMs: START - 15_000, bucketMs: 15_000, buckets: 3 };
    expect(window.lines(['a', 'b'], 'memoryPct', span, Math.round)).toEqual({
      a: [null, 13, null],
      b: [null, null, null],
    });
  });

  it('drops what is too old, and forgets servers that have nothing else', () => {
    const window = new MetricWindow();
    window.add('a', START, memory(10), 0);
    window.add('b', START + BUCKET_MS, memory(20), 0);
    window.trim(START + BUCKET_MS - 1);
    expect(window.oldestMs).toBe(START);
    window.trim(START + BUCKET_MS);
    expect([window.oldestMs, meansOf(window, 'a'), meansOf(window, 'b')]).toEqual([START + BUCKET_MS, [], [[0, 20]]]);
    window.add('c', START + BUCKET_MS, memory(30), 0);
    expect([meansOf(window, 'b'), meansOf(window, 'c')]).toEqual([[[0, 20]], [[0, 30]]]);
    window.trim(Number.POSITIVE_INFINITY);
    expect([window.oldestMs, window.sizeBytes]).toEqual([undefined, 0]);
  });

  it('drops the oldest of what is too much, but not what is being filled', () => {
    const window = new MetricWindow(1);
    for (const timeMs of [START, START + BUCKET_MS, START + 2 * BUCKET_MS]) window.add('a', timeMs, memory(10), 0);
    expect(window.nearlyFull).toBe(true);
    window.trim(0);
    expect(window.oldestMs).toBe(START + 2 * BUCKET_MS);
  });

  it('takes on no more servers than its limit', () => {
    const window = new MetricWindow();
    for (let host = 0; host <= MAX_HOSTS; host += 1) window.add(`h${host}`, START, memory(1), 0);
    expect([meansOf(window, `h${MAX_HOSTS - 1}`), meansOf(window, `h${MAX_HOSTS}`)]).toEqual([[[0, 1]], []]);
  });
});
