import { describe, expect, it } from 'vitest';
import type { Commit } from '../../../dashboard/follower/commits.ts';
import { bucketOf } from '../../../dashboard/follower/freshness.ts';
import { HOUR_MS, MINUTE_MS, TableFigures } from '../../../dashboard/follower/table-figures.ts';

const NOW = 1_800_000_000_000;

function commit(version: number, atMs: number, more: Partial<Commit> = {}): Commit {
  return { version, atMs, rows: 100, rejected: 0, unknownFields: {}, published: [], newFiles: [], ...more };
}

describe('TableFigures', () => {
  it('has the last minute’s rate, also where there is less than a minute', () => {
    const figures = new TableFigures();
    expect(figures.rowsPerSecond(NOW)).toBe(0);
    for (let second = 10; second > 0; second -= 1) figures.addCommit(commit(10 - second, NOW - second * 1000));
    expect(figures.rowsPerSecond(NOW)).toBe(100);
    expect(figures.rowsPerSecond(NOW + 5 * MINUTE_MS)).toBe(0);
  });

  it('adds up what was rejected and what was not known', () => {
    const figures = new TableFigures();
    figures.addCommit(commit(0, NOW - 2 * MINUTE_MS, { rejected: 7, unknownFields: { note: 2 } }));
    figures.addCommit(commit(1, NOW - 1000, { rejected: 3, unknownFields: { note: 1, other: 5 } }));
    expect(figures.rejectedLastMinute(NOW)).toBe(3);
    expect(figures.unknownFields(NOW)).toEqual({ note: 3, other: 5 });
  });

  it('has a last commit of rows, not of anything else', () => {
    const figures = new TableFigures();
    figures.addCommit(commit(0, NOW - 5000));
    figures.addCommit(commit(1, NOW, { rows: 0 }));
    expect(figures.lastCommitAtMs).toBe(NOW - 5000);
    figures.addCommit(commit(2, NOW + 1, { rows: 0, rejected: 1 }));
    expect(figures.lastCommitAtMs).toBe(NOW + 1);
  });

  it('measures the way to Hive, whichever end of it becomes known first', () => {
    const rowsOf = (latencyMs: number): Map<number, number> => new Map([[bucketOf(latencyMs), 10]]);
    for (const publishedFirst of [true, false]) {
      const figures = new TableFigures();
      const rows = (): void => figures.addLatencies({ version: 4, atMs: NOW }, rowsOf(300));
      if (!publishedFirst) rows();
      figures.addCommit(commit(5, NOW + 900, { published: [{ version: 4, atMs: NOW + 500 }] }));
      if (publishedFirst) rows();
      expect(figures.hiveVersion).toBe(4);
      expect(figures.hivePublishedAtMs).toBe(NOW + 500);
      const { p50Ms } = figures.toHive.since(0);
      expect(Math.abs((p50Ms ?? 0) - 800)).toBeLessThan(35);
    }
  });

  it('keeps the highest version in Hive, in whatever order commits are read', () => {
    const figures = new TableFigures();
    figures.addCommit(commit(9, NOW, { published: [{ version: 8, atMs: NOW }] }));
    figures.addCommit(commit(5, NOW - 4000, { published: [{ version: 4, atMs: NOW - 4000 }] }));
    expect(figures.hiveVersion).toBe(8);
  });

  it('forgets what is older than an hour, but not the last commit', () => {
    const figures = new TableFigures();
    figures.addCommit(commit(0, NOW, { unknownFields: { note: 2 } }));
    figures.addLatencies({ version: 0, atMs: NOW }, new Map([[1, 1]]));
    figures.trim(NOW + 2 * HOUR_MS);
    expect(figures.unknownFields(NOW)).toEqual({});
    expect(figures.toCommit.since(0).p50Ms).toBeNull();
    expect(figures.lastCommitAtMs).toBe(NOW);
  });
});
