import { describe, expect, it } from 'vitest';
import { CHARTED_COLUMNS } from '../../../dashboard/follower/health-columns.ts';
import { CHARTS, gaps, stack } from '../../../dashboard/page/chart-set.ts';

describe('CHARTS', () => {
  it('draws only what the API gives', () => {
    const given = new Set(CHARTED_COLUMNS.map(({ name }) => name));
    for (const { metric } of CHARTS.flatMap(({ lines }) => lines)) expect(given).toContain(metric);
  });

  it('is named once each', () => {
    expect(new Set(CHARTS.map(({ id }) => id)).size).toBe(CHARTS.length);
  });
});

describe('stack', () => {
  it('adds lines up from the first, and leaves gaps as they are', () => {
    expect(
      stack([
        [1, null, 3],
        [10, 20, null],
        [100, 200, 300],
      ]),
    ).toEqual([
      [1, null, 3],
      [11, 20, null],
      [111, 220, 303],
    ]);
  });
});

describe('gaps', () => {
  it('joins neighbouring buckets without a figure', () => {
    expect(gaps([0, 10, 20, 30, 40], 10, [null, 1, null, null, 2])).toEqual([
      { fromMs: 0, toMs: 10 },
      { fromMs: 20, toMs: 40 },
    ]);
  });

  it('takes a missing line for one gap', () => {
    expect(gaps([0, 10], 10, [])).toEqual([{ fromMs: 0, toMs: 20 }]);
  });
});
