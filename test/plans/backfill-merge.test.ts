import { describe, expect, it } from 'vitest';
import { stepState } from '../../plans/backfill-merge.ts';
import type { DataFile } from '../../plans/batch.ts';
import { partitionName } from '../../plans/partition-name.ts';
import { DROPPED_APP_ID } from '../../plans/rewrite.ts';

const COLUMNS = ['dt', 'hour'];
const PLAN = { number: 1, ranges: [{ partition: 0, startOffset: '0', endOffset: '100' }], sequence: 9 };
/** Retention has dropped hours 3, 4 and 5. */
const DROPPED_TO_MS = Date.parse('2026-11-23T06:00:00Z');

function file(hour: number, sequence = 0): DataFile {
  const path = sequence === 0 ? `staged-${hour}` : `data/b000000000${sequence}-0-0-a1-0.parquet`;
  return { path, partitionValues: { dt: '2026-11-23', hour: String(hour) }, sizeBytes: 100, rows: 1, stats: '{}' };
}

/** Hours that a backfill which derives a row of each hour from 4 to 7 has to write. */
function wantedHours(live: readonly DataFile[], more: { includesDropped?: boolean } = {}): string[] {
  const transactions = new Map([[DROPPED_APP_ID, DROPPED_TO_MS]]);
  const state = {
    files: new Map(live.map((held) => [held.path, held])),
    transactions,
    transactionVersion: (appId: string): number | undefined => transactions.get(appId),
  };
  const staged = { rows: 4, rejectedRows: 0, files: [4, 5, 6, 7].map((hour) => file(hour)), rejectedFiles: [] };
  const { wanted } = stepState({ plan: { ...PLAN, ...more }, step: 'replace', staged, merges: [] }, state, COLUMNS);
  return wanted.map(({ values }) => partitionName(values, COLUMNS).replace(/.*hour=/, '')).sort();
}

describe('what a backfill writes', () => {
  it('is nothing of a partition that retention has dropped', () => {
    expect(wantedHours([file(7, 1)])).toEqual(['6', '7']);
  });

  it('is all of it where it is asked for', () => {
    expect(wantedHours([file(7, 1)], { includesDropped: true })).toEqual(['4', '5', '6', '7']);
  });

  it('is what belongs to a partition that late rows have come to since', () => {
    expect(wantedHours([file(5, 1), file(7, 2)])).toEqual(['5', '6', '7']);
  });
});
