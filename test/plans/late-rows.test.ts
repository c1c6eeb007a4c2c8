import { describe, expect, it } from 'vitest';
import { lateRowsOf, shareLateRows } from '../../plans/late-rows.ts';

const END_MS = Date.parse('2026-11-23T06:00:00Z');
const SEAL_AFTER_MS = 900_000;
const BATCH = 'data/b0000000001-0-0-abcd-0.parquet';
const REWRITTEN = 'dt%3D2026-11-23/hour%3D5/g3-cabc-def/g3-cabc-def-0000.parquet';
const file = (path: string, addedAtMs: number, tags?: Record<string, string>) => ({
  path,
  partitionValues: { dt: '2026-11-23', hour: '5' },
  rows: 10,
  addedAtMs,
  ...(tags === undefined ? {} : { tags }),
});

describe('late rows', () => {
  it('are those of a batch from when its hour is sealed, and not a moment before', () => {
    expect(lateRowsOf(file(BATCH, END_MS + SEAL_AFTER_MS - 1), SEAL_AFTER_MS)).toBe(0);
    expect(lateRowsOf(file(BATCH, END_MS + SEAL_AFTER_MS), SEAL_AFTER_MS)).toBe(10);
    const undated = { ...file(BATCH, END_MS * 2), partitionValues: {} };
    expect(lateRowsOf(undated, SEAL_AFTER_MS)).toBe(0);
  });

  it('are of a rewrite as many as it says, whenever it was made, and no more than it has rows', () => {
    expect(lateRowsOf(file(REWRITTEN, END_MS * 2), SEAL_AFTER_MS)).toBe(0);
    expect(lateRowsOf(file(REWRITTEN, 0, { 'sluice.late': '7' }), SEAL_AFTER_MS)).toBe(7);
    expect(lateRowsOf(file(REWRITTEN, 0, { 'sluice.late': '11' }), SEAL_AFTER_MS)).toBe(10);
  });

  it('are shared out to files that hold them', () => {
    expect(shareLateRows(12, [5, 0, 10, 10])).toEqual([5, 0, 7, 0]);
    expect(shareLateRows(12, [5])).toEqual([5]);
    expect(shareLateRows(0, [5])).toEqual([0]);
  });
});
