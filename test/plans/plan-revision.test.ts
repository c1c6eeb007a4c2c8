import { describe, expect, it } from 'vitest';
import type { BatchPlan, PlanChange } from '../../plans/batch.ts';
import { cutTo, halved, offsetCount, redefined, withLosses } from '../../plans/plan-revision.ts';

const change: PlanChange = { reason: 'abandoned', detail: 'why', by: 'tester' };

const plan = (ranges: readonly (readonly [partition: number, start: number, end: number])[]): BatchPlan => ({
  format: 1,
  sequence: 7,
  revision: 0,
  plannedAtMs: 1,
  topic: 't',
  topicId: 'id',
  ranges: ranges.map(([partition, start, end]) => ({
    partition,
    startOffset: String(start),
    endOffset: String(end),
  })),
  nextOffsets: { ...Object.fromEntries(ranges.map(([partition, , end]) => [partition, String(end)])), 9: '90' },
  engine: 'duckdb',
  definitionHash: 'h',
});

describe('redefined', () => {
  it('holds the same offsets, by the definition and the engine as they are now', () => {
    const before = plan([[0, 10, 20]]);
    const revised = redefined(before, { definitionHash: 'corrected', engine: 'spark' }, change, 2);
    expect(revised).toEqual({
      ...before,
      revision: 1,
      plannedAtMs: 2,
      definitionHash: 'corrected',
      engine: 'spark',
      change,
    });
  });
});

describe('halved', () => {
  it('takes half of each range, and says where every partition stands then', () => {
    expect(
      halved(
        plan([
          [0, 10, 20],
          [1, 5, 6],
        ]),
        change,
        2,
      ),
    ).toMatchObject({
      sequence: 7,
      revision: 1,
      plannedAtMs: 2,
      ranges: [
        { partition: 0, startOffset: '10', endOffset: '15' },
        { partition: 1, startOffset: '5', endOffset: '6' },
      ],
      nextOffsets: { 0: '15', 1: '6', 9: '90' },
      change,
    });
  });

  it('takes half of the ranges where each is one offset; what is left out stays where it began', () => {
    const revised = halved(
      plan([
        [0, 10, 11],
        [1, 5, 6],
        [2, 7, 8],
      ]),
      change,
      2,
    );
    expect(revised?.ranges.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(revised?.nextOffsets).toEqual({ 0: '11', 1: '6', 2: '7', 9: '90' });
  });

  it('ends with one offset, always with fewer than before', () => {
    let current = plan([
      [0, 0, 1000],
      [1, 0, 3],
      [2, 0, 1],
    ]);
    for (;;) {
      const revised = halved(current, change, 2);
      if (revised === undefined) break;
      expect(offsetCount(revised)).toBeLessThan(offsetCount(current));
      current = revised;
    }
    expect(offsetCount(current)).toBe(1n);
  });
});

describe('cutTo', () => {
  const wide = plan([
    [0, 10, 20],
    [1, 5, 9],
  ]);

  it('ends each range where it is told, and leaves out what is not named', () => {
    expect(cutTo(wide, new Map([[0, 12n]]), change, 2)).toMatchObject({
      ranges: [{ partition: 0, startOffset: '10', endOffset: '12' }],
      nextOffsets: { 0: '12', 1: '5', 9: '90' },
    });
  });

  it('makes no revision that takes nothing, or takes nothing away', () => {
    expect(cutTo(wide, new Map([[0, 10n]]), change, 2)).toBeUndefined();
    const all = new Map([
      [0, 20n],
      [1, 30n],
    ]);
    expect(cutTo(wide, all, change, 2)).toBeUndefined();
  });
});

describe('withLosses', () => {
  const lost = (partition: number, start: number, end: number) =>
    ({
      partition,
      startOffset: String(start),
      endOffset: String(end),
      cause: 'expired',
      by: 'x',
      acceptedAtMs: 1,
    }) as const;

  it('begins a range after what is lost, and names it', () => {
    const revised = withLosses(plan([[0, 10, 20]]), [lost(0, 10, 14)], change, 2);
    expect(revised).toMatchObject({
      revision: 1,
      ranges: [{ partition: 0, startOffset: '14', endOffset: '20' }],
      nextOffsets: { 0: '20', 9: '90' },
      lost: [lost(0, 10, 14)],
    });
  });

  it('leaves no range where more is lost than was planned', () => {
    const revised = withLosses(plan([[0, 10, 20]]), [lost(0, 10, 25), lost(3, 0, 4)], change, 2);
    expect(revised).toMatchObject({ ranges: [], nextOffsets: { 0: '25', 3: '4', 9: '90' } });
  });

  it('keeps what was lost before, joined to what goes on from it, through any further revision', () => {
    const first = withLosses(plan([[0, 10, 30]]), [lost(0, 10, 14)], change, 2);
    const second = withLosses(first, [lost(0, 14, 20)], change, 3);
    expect(second.lost).toEqual([lost(0, 10, 20)]);
    const third = halved(redefined(second, { definitionHash: 'other', engine: 'spark' }, change, 4), change, 5);
    expect(third).toMatchObject({
      revision: 4,
      definitionHash: 'other',
      engine: 'spark',
      ranges: [{ startOffset: '20', endOffset: '25' }],
      lost: [lost(0, 10, 20)],
    });
  });
});
