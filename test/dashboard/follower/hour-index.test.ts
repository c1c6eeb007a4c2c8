import { describe, expect, it } from 'vitest';
import { FileIndex } from '../../../dashboard/follower/file-index.ts';
import type { AddFile } from '../../../lake/log/actions.ts';

const END_MS = Date.parse('2026-11-23T06:00:00Z');
const SETTLE_MS = 900_000;

function add(path: string, addedAtMs: number, about: Partial<AddFile> = {}): AddFile {
  const stats = JSON.stringify({ numRecords: 10 });
  const partitionValues = { dt: '2026-11-23', hour: '5' };
  return { path, partitionValues, size: 100, modificationTime: addedAtMs, dataChange: true, stats, ...about };
}

const batch = (number: number): string => `data/b000000000${number}-0-0-abcd-0.parquet`;
const REWRITTEN = 'dt%3D2026-11-23/hour%3D5/g3-cabc-def/g3-cabc-def-0000.parquet';

function hour(index: FileIndex) {
  return index.hours.between(END_MS - 1, END_MS)[0];
}

describe('HourIndex', () => {
  it('adds up an hour as files come, are rewritten, and go', () => {
    const index = new FileIndex('event_time', SETTLE_MS);
    index.putAll([add(batch(1), END_MS - 1000), add(batch(2), END_MS - 500)]);
    expect(hour(index)).toMatchObject({ rows: 20, files: 2, sizeBytes: 200, batchFiles: 2, lateRows: 0 });
    expect(hour(index)).toMatchObject({ lastBatchAtMs: END_MS - 500, lastRewriteAtMs: null, finalFiles: 0 });
    const remove = (path: string) => ({ remove: { path, deletionTimestamp: 0, dataChange: false } });
    const stats = JSON.stringify({ numRecords: 20 });
    const rewritten = add(REWRITTEN, END_MS + 1_000_000, { stats, size: 150, tags: { 'sluice.form': 'final' } });
    index.apply([remove(batch(1)), remove(batch(2)), { add: rewritten }]);
    expect(hour(index)).toMatchObject({ rows: 20, files: 1, sizeBytes: 150, batchFiles: 0, finalFiles: 1 });
    expect(hour(index)).toMatchObject({ lastBatchAtMs: END_MS - 500, lastRewriteAtMs: END_MS + 1_000_000 });
    index.apply([remove(REWRITTEN)]);
    expect(hour(index)).toBeUndefined();
    expect(index.hours.span).toBeUndefined();
  });

  it('counts rows as late from when the hour has settled, and not a moment before', () => {
    const index = new FileIndex('event_time', SETTLE_MS);
    index.putAll([add(batch(1), END_MS + SETTLE_MS - 1), add(batch(2), END_MS + SETTLE_MS)]);
    expect(hour(index)).toMatchObject({ rows: 20, lateRows: 10 });
    const remove = (path: string) => ({ remove: { path, deletionTimestamp: 0, dataChange: false } });
    const stats = JSON.stringify({ numRecords: 20 });
    const rewritten = add(REWRITTEN, END_MS + 2 * SETTLE_MS, { stats, tags: { 'sluice.late': '10' } });
    index.apply([remove(batch(1)), remove(batch(2)), { add: rewritten }]);
    expect(hour(index)).toMatchObject({ rows: 20, lateRows: 10, batchFiles: 0 });
  });

  it('keeps days as partitions of their own where a table has no hours, and leaves out what has no date', () => {
    const index = new FileIndex('event_time');
    index.putAll([
      add(batch(1), 0, { partitionValues: { dt: '2026-11-22' } }),
      add(batch(2), 0, { partitionValues: {} }),
    ]);
    expect(index.hours.span).toEqual({
      fromEndMs: Date.parse('2026-11-23T00:00:00Z'),
      toEndMs: Date.parse('2026-11-23T00:00:00Z'),
    });
  });
});
