import { describe, expect, it } from 'vitest';
import { FileIndex } from '../../../dashboard/follower/file-index.ts';
import type { AddFile } from '../../../lake/log/actions.ts';

function add(path: string, fromMs: number, toMs: number, rows = 10): AddFile {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const stats = JSON.stringify({
    numRecords: rows,
    minValues: { event_time: iso(fromMs) },
    maxValues: { event_time: iso(toMs) },
  });
  return { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true, stats };
}

const paths = (index: FileIndex, fromMs: number, toMs: number): string[] =>
  index.overlapping(fromMs, toMs).map(({ path }) => path);

describe('FileIndex', () => {
  it('finds the files that may hold rows of some time, newest first', () => {
    const index = new FileIndex('event_time');
    index.putAll([add('a', 0, 1000), add('b', 1000, 2000), add('c', 3000, 4000)]);
    expect(paths(index, 1000, 3000)).toEqual(['b', 'a']);
    expect(paths(index, 3000, 3001)).toEqual(['c']);
    expect(paths(index, 5000, 6000)).toEqual([]);
  });

  it('counts rows as files come, are written again, and go', () => {
    const index = new FileIndex('event_time');
    index.apply([{ add: add('data/a%3D1', 0, 1) }, { add: add('b', 0, 1) }]);
    expect(index.rowsTotal).toBe(20);
    expect(index.has('data/a=1')).toBe(true);
    index.apply([{ add: add('b', 0, 1, 15) }]);
    expect(index.rowsTotal).toBe(25);
    index.apply([{ remove: { path: 'data/a%3D1', deletionTimestamp: 0, dataChange: false } }]);
    expect([index.rowsTotal, index.size]).toEqual([15, 1]);
  });

  it('takes a file without statistics for one that could hold any time', () => {
    const index = new FileIndex('event_time');
    index.putAll([{ path: 'a', partitionValues: {}, size: 1, modificationTime: 0, dataChange: true }]);
    expect(paths(index, 123, 124)).toEqual(['a']);
  });

  it('looks for the newest time, but not beyond the clock', () => {
    const index = new FileIndex('event_time');
    expect(index.newestTimeMs(9000)).toBeUndefined();
    index.putAll([add('a', 0, 1000), add('ahead', 2000, 90_000), add('all ahead', 80_000, 90_000)]);
    expect(index.newestTimeMs(9000)).toBe(9000);
    expect(index.newestTimeMs(1500)).toBe(1000);
  });
});
