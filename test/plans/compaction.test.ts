import { describe, expect, it } from 'vitest';
import type { CompactionSettings } from '../../definition/table-definition.ts';
import {
  type CompactionFile,
  compactionTags,
  FORM_TAG,
  GROWTH,
  MAX_FILES_PER_REWRITE,
  planCompaction,
  SORT_WORTH_BYTES,
} from '../../plans/compaction.ts';

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;
const SETTINGS: CompactionSettings = {
  sortBy: ['host', 'event_time'],
  targetFileBytes: 128 * MIB,
  minFiles: 32,
  sealAfterMs: 15 * MINUTE_MS,
  maxRewriteBytes: 512 * MIB,
};
const COLUMNS = ['dt', 'hour'];
const HOUR_ENDS = Date.parse('2026-11-23T06:00:00Z');
const FILLING = HOUR_ENDS - MINUTE_MS;
const SEALED = HOUR_ENDS + SETTINGS.sealAfterMs;
const ROW_BYTES = 100;

let names = 0;
function file(rows: number, more: Partial<CompactionFile> = {}): CompactionFile {
  names += 1;
  return {
    path: `data/b${String(names).padStart(10, '0')}-0-0-a-0.parquet`,
    partitionValues: { dt: '2026-11-23', hour: '5' },
    rows,
    sizeBytes: rows * ROW_BYTES,
    ...more,
  };
}
const files = (count: number, rows: number, more: Partial<CompactionFile> = {}) =>
  Array.from({ length: count }, () => file(rows, more));
const final = (rows: number) => file(rows, { tags: compactionTags('final', SETTINGS.sortBy) });
const merged = (rows: number) => file(rows, { tags: compactionTags('merged', SETTINGS.sortBy) });

const plan = (live: readonly CompactionFile[], nowMs: number, settings = SETTINGS) =>
  planCompaction(live, COLUMNS, settings, nowMs);
const onlyUnit = (live: readonly CompactionFile[], nowMs: number, settings = SETTINGS) => {
  const { units } = plan(live, nowMs, settings);
  expect(units).toHaveLength(1);
  return units[0];
};

describe('an hour that still fills', () => {
  it('has its small files merged once there are enough', () => {
    expect(plan(files(31, 200), FILLING).units).toEqual([]);
    const live = files(32, 200);
    expect(onlyUnit(live, FILLING)).toEqual({
      partition: 'dt=2026-11-23/hour=5',
      values: { dt: '2026-11-23', hour: '5' },
      form: 'merged',
      files: live.map(({ path }) => path),
      rows: 6_400,
      sizeBytes: 640_000,
      reason: 'still fills: 32 small files become one',
    });
  });

  it('leaves a file that has grown until the others are worth it', () => {
    const grown = merged(32 * 200);
    expect(onlyUnit([grown, ...files(40, 200)], FILLING)?.files).not.toContain(grown.path);
    expect(onlyUnit([grown, ...files(32 * (GROWTH - 1), 200)], FILLING)?.files).toContain(grown.path);
  });

  it('leaves files of the target size and sorted as they are', () => {
    const large = file(1_000_000, {
      sizeBytes: 70 * MIB,
      tags: compactionTags('merged', SETTINGS.sortBy),
    });
    expect(onlyUnit([large, ...files(9_000, 200)], FILLING)?.files).not.toContain(large.path);
  });

  it('says why nothing is done', () => {
    expect(plan(files(5, 200), FILLING).left).toEqual([
      {
        partition: 'dt=2026-11-23/hour=5',
        files: 5,
        reason: 'still fills, and fewer than 32 small files would gain by it',
      },
    ]);
  });
});

describe('an hour that has ended', () => {
  it('is rewritten to its final form, once', () => {
    const live = [merged(10_000), ...files(3, 200)];
    expect(plan(live, SEALED - 1).units).toEqual([]);
    expect(onlyUnit(live, SEALED)).toMatchObject({ form: 'final', rows: 10_600 });
    expect(plan([final(10_600)], SEALED).units).toEqual([]);
  });

  it('is not rewritten where that would gain nothing', () => {
    expect(plan([file(200)], SEALED).units).toEqual([]);
    expect(plan([merged(10 * MIB)], SEALED).units).toEqual([]);
  });

  it('has even a single file sorted, where it is large enough for sorting to help', () => {
    expect(onlyUnit([file(1_000_000, { sizeBytes: SORT_WORTH_BYTES })], SEALED)?.form).toBe('final');
    expect(plan([file(1_000_000, { sizeBytes: SORT_WORTH_BYTES - 1 })], SEALED).units).toEqual([]);
  });

  it('is left at that when a few rows come late, and taken up again when they are many', () => {
    const few = [final(100_000), ...files(GROWTH - 1, 10)];
    expect(plan(few, SEALED).units).toEqual([]);
    expect(plan(few, SEALED).left[0]?.reason).toBe('in final form but for a few late rows');
    expect(onlyUnit([...few, file(10)], SEALED)).toMatchObject({ form: 'merged', rows: GROWTH * 10 });
    expect(onlyUnit([final(100_000), file(6_000), file(5_000)], SEALED)).toMatchObject({ form: 'final', rows: 11_000 });
  });

  it('is rewritten in even parts where it is larger than one rewrite may be, until all of it is done', () => {
    let live: CompactionFile[] = files(11, 1_000_000, { sizeBytes: 100 * MIB });
    const sizes: number[] = [];
    for (;;) {
      const unit = plan(live, SEALED).units[0];
      if (unit === undefined) break;
      sizes.push(unit.sizeBytes / MIB);
      live = [...live.filter(({ path }) => !unit.files.includes(path)), final(unit.rows)];
    }
    expect(sizes).toEqual([300, 400, 400]);
    expect(live.every(({ tags }) => tags?.[FORM_TAG] === 'final')).toBe(true);
  });

  it('gives up on a file that no rewrite may be large enough for', () => {
    expect(plan([file(1, { sizeBytes: 600 * MIB })], SEALED).units).toEqual([]);
    expect(plan([file(1), file(2, { sizeBytes: 600 * MIB })], SEALED).units).toEqual([]);
  });
});

describe('a plan', () => {
  it('has one rewrite for each partition, those with the most files first', () => {
    const other = { partitionValues: { dt: '2026-11-23', hour: '4' } };
    const { units } = plan([...files(40, 1), ...files(50, 1, other)], FILLING + 60 * MINUTE_MS);
    expect(units.map(({ values, files: taken }) => [values['hour'], taken.length])).toEqual([
      ['4', 50],
      ['5', 40],
    ]);
  });

  it('opens no more files at once than it may', () => {
    expect(onlyUnit(files(5_000, 1), FILLING)?.files).toHaveLength(MAX_FILES_PER_REWRITE);
    expect(onlyUnit(files(5_000, 1), SEALED)?.files).toHaveLength(MAX_FILES_PER_REWRITE);
  });

  it('knows when a day ends, and takes a partition without a date for ended', () => {
    const day = files(2, 1, { partitionValues: { dt: '2026-11-23' } });
    const dayEnds = Date.parse('2026-11-24T00:00:00Z') + SETTINGS.sealAfterMs;
    expect(planCompaction(day, ['dt'], SETTINGS, dayEnds - 1).units).toEqual([]);
    expect(planCompaction(day, ['dt'], SETTINGS, dayEnds).units).toHaveLength(1);
    const none = files(2, 1, { partitionValues: { dt: '__HIVE_DEFAULT_PARTITION__' } });
    expect(planCompaction(none, ['dt'], SETTINGS, 0).units).toHaveLength(1);
  });
});

describe('an hour of a batch a second, planned for every minute', () => {
  it('never has many files, and writes each row four times or fewer until it is in final form', () => {
    const ROWS = 200;
    let live: CompactionFile[] = [];
    let rewritten = 0;
    let most = 0;
    const compact = (nowMs: number): void => {
      for (const unit of plan(live, nowMs).units) {
        const taken = new Set(unit.files);
        const tags = compactionTags(unit.form, SETTINGS.sortBy);
        live = [...live.filter(({ path }) => !taken.has(path)), file(unit.rows, { tags })];
        rewritten += unit.rows;
      }
    };
    for (let second = 1; second <= 3_600; second += 1) {
      live.push(file(ROWS));
      most = Math.max(most, live.length);
      if (second % 60 === 0) compact(HOUR_ENDS - 3_600_000 + second * 1_000);
    }
    compact(SEALED);
    expect(live.map(({ rows, tags }) => [rows, tags?.[FORM_TAG]])).toEqual([[3_600 * ROWS, 'final']]);
    expect(1 + rewritten / (3_600 * ROWS)).toBeLessThanOrEqual(4);
    expect(most).toBeLessThanOrEqual(60 + 2 * GROWTH);
  });
});
