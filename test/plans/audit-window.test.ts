import { describe, expect, it } from 'vitest';
import { afterWindow, joinNear, nextWindow, splitAt, type Stretch, withoutRanges } from '../../plans/audit-window.ts';
import { PLANNED_FILL } from '../../plans/micro-batch.ts';

const stretch = (partition: number, from: number, to: number): Stretch => ({
  partition,
  from: BigInt(from),
  to: BigInt(to),
});

describe('windows', () => {
  it('cover every offset once, none of them above the limit', () => {
    let left = [stretch(0, 5, 5_000), stretch(1, 0, 10), stretch(2, 100, 900)];
    const covered = new Map<number, bigint>(left.map(({ partition, from }) => [partition, from]));
    while (left.length > 0) {
      const window = nextWindow('health', left, { maxRows: 300, maxBytes: 1_000_000 }, 1);
      expect(window.reduce((sum, { from, to }) => sum + Number(to - from), 0)).toBeLessThanOrEqual(300);
      for (const { partition, from, to } of window) {
        expect(from).toBe(covered.get(partition));
        covered.set(partition, to);
      }
      left = afterWindow(left, window);
    }
    expect([...covered]).toEqual([
      [0, 5_000n],
      [1, 10n],
      [2, 900n],
    ]);
  });

  it('are smaller where records are large', () => {
    const [window] = nextWindow('health', [stretch(0, 0, 1_000)], { maxRows: 500, maxBytes: 10_000 }, 100);
    expect(window).toEqual(stretch(0, 0, 100 * PLANNED_FILL));
  });
});

it('splits stretches where Kafka begins, and takes a partition that is gone for expired', () => {
  const stretches = [stretch(0, 0, 10), stretch(1, 0, 10), stretch(2, 5, 10), stretch(3, 0, 10)];
  const begins = new Map([
    [0, 4n],
    [1, 0n],
    [2, 99n],
  ]);
  expect(splitAt(stretches, begins)).toEqual({
    below: [stretch(0, 0, 4), stretch(2, 5, 10), stretch(3, 0, 10)],
    above: [stretch(0, 4, 10), stretch(1, 0, 10)],
  });
});

it('joins ranges that are near, of one partition only', () => {
  const ranges = [stretch(0, 0, 1), stretch(0, 4, 5), stretch(0, 9, 10), stretch(1, 10, 11)];
  expect(joinNear(ranges, 3n)).toEqual([stretch(0, 0, 5), stretch(0, 9, 10), stretch(1, 10, 11)]);
});

describe('withoutRanges', () => {
  const at = (partition: number, from: number, to: number) => ({ partition, from: BigInt(from), to: BigInt(to) });

  it('leaves what no other range covers', () => {
    const left = withoutRanges([at(0, 0, 10), at(1, 0, 10)], [at(0, 2, 4), at(0, 8, 20), at(2, 0, 10)]);
    expect(left).toEqual([at(0, 0, 2), at(0, 4, 8), at(1, 0, 10)]);
    expect(withoutRanges([at(0, 3, 5)], [at(0, 0, 10)])).toEqual([]);
  });
});
