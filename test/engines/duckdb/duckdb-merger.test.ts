import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { literal } from '../../../duckdb/quote.ts';
import { DuckDbSession } from '../../../duckdb/session.ts';
import { DuckDbMerger } from '../../../engines/duckdb/duckdb-merger.ts';
import type { MergeRequest } from '../../../engines/merger.ts';
import type { StoredColumn } from '../../../plans/table-shape.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const COLUMNS: readonly StoredColumn[] = [
  { name: 'host', type: 'string', required: true },
  { name: 'cpu_pct', type: 'double', required: false },
  { name: 'kafka_partition', type: 'int', required: true },
  { name: 'kafka_offset', type: 'bigint', required: true },
];

/** A file with a row for each offset from `from` up to and without `to`, of one Kafka partition. */
async function file(from: number, to: number, host: string, columns = '*'): Promise<string> {
  const path = join(temporaryFolder(), 'f.parquet');
  await DuckDbSession.once(
    `COPY (SELECT ${columns} FROM (SELECT ${literal(host)} AS host, range / 2 AS cpu_pct, 0::INTEGER AS kafka_partition,
       range AS kafka_offset FROM range(${from}, ${to}))) TO ${literal(path)} (FORMAT parquet)`,
  );
  return path;
}

function request(more: Partial<MergeRequest>): MergeRequest {
  return {
    columns: COLUMNS,
    sortBy: ['kafka_offset'],
    targetFileBytes: 128 * 1024 ** 2,
    oldPaths: [],
    newPaths: [],
    replacingPaths: [],
    complete: undefined,
    liveFiles: 2,
    partition: { name: 'dt=2026-11-23/hour=5', values: { dt: '2026-11-23', hour: '5' } },
    attempt: { baseVersion: 7, rewriteId: 'b1', attempt: 'a1' },
    scratchFolder: temporaryFolder(),
    signal: new AbortController().signal,
    ...more,
  };
}

const merge = (more: Partial<MergeRequest>) => new DuckDbMerger().merge(request(more));

describe('DuckDbMerger', () => {
  it('replaces the rows of the records that were derived anew, and takes only the files that held them', async () => {
    const oldPaths = [await file(0, 10, 'old'), await file(10, 20, 'old')];
    const derived = await file(5, 10, 'new');
    const result = await merge({ oldPaths, newPaths: [derived], replacingPaths: [derived] });
    expect(result).toMatchObject({ taken: [0], keptRows: 5, replacedRows: 5, newRows: 5 });
    expect(result.files).toHaveLength(1);
    expect(result.files[0]?.path).toBe('dt=2026-11-23/hour=5/g7-b1-a1/g7-b1-a1-0000.parquet');
    const rows = await DuckDbSession.once(
      `SELECT host, kafka_offset AS o FROM read_parquet(${literal(result.files[0]?.localPath ?? '')}) ORDER BY o`,
    );
    expect(rows.map(({ host, o }) => `${String(o)} ${String(host)}`)).toEqual([
      ...['0', '1', '2', '3', '4'].map((o) => `${o} old`),
      ...['5', '6', '7', '8', '9'].map((o) => `${o} new`),
    ]);
  });

  it('puts rows into a partition that had none of the records', async () => {
    const derived = await file(5, 10, 'new');
    const result = await merge({ newPaths: [derived], replacingPaths: [derived], liveFiles: 0 });
    expect(result).toMatchObject({ taken: [], keptRows: 0, replacedRows: 0, newRows: 5 });
    expect(result.files).toHaveLength(1);
  });

  it('writes nothing where the rows come out as they were', async () => {
    const oldPaths = [await file(0, 10, 'same')];
    const derived = await file(5, 10, 'same');
    const result = await merge({ oldPaths, newPaths: [derived], replacingPaths: [derived] });
    expect(result).toEqual({ taken: [], files: [], keptRows: 0, replacedRows: 0, newRows: 0 });
  });

  it('marks that rows went by a file without rows, unless all files of the partition go', async () => {
    const oldPaths = [await file(5, 10, 'old')];
    const elsewhere = await file(5, 10, 'new');
    const some = await merge({ oldPaths, replacingPaths: [elsewhere] });
    expect(some).toMatchObject({ taken: [0], replacedRows: 5, newRows: 0 });
    expect(some.files.map(({ rows }) => rows)).toEqual([0]);
    const all = await merge({ oldPaths, replacingPaths: [elsewhere], liveFiles: 1 });
    expect(all).toMatchObject({ taken: [0], replacedRows: 5, files: [] });
  });

  it('gives old rows NULL in a column that only the new ones have', async () => {
    const oldPaths = [await file(0, 10, 'old', 'host, kafka_partition, kafka_offset')];
    const derived = await file(9, 10, 'new');
    const result = await merge({ oldPaths, newPaths: [derived], replacingPaths: [derived] });
    const [row] = await DuckDbSession.once(
      `SELECT count(*) AS rows, count(cpu_pct) AS filled FROM read_parquet(${literal(result.files[0]?.localPath ?? '')})`,
    );
    expect(row).toEqual({ rows: '10', filled: '1' });
  });

  it('takes rows of a narrower file for the same, and replaces those that needed the wider one', async () => {
    const oldPaths = [await file(0, 10, 'old', '* REPLACE (7::INTEGER AS cpu_pct)')];
    const columns = COLUMNS.map((column) =>
      column.name === 'cpu_pct' ? { ...column, type: 'bigint' as const } : column,
    );
    const same = await file(5, 10, 'old', '* REPLACE (7::BIGINT AS cpu_pct)');
    expect((await merge({ columns, oldPaths, newPaths: [same], replacingPaths: [same] })).taken).toEqual([]);
    const derived = await file(5, 10, 'old', '* REPLACE (5_000_000_000::BIGINT AS cpu_pct)');
    const result = await merge({ columns, oldPaths, newPaths: [derived], replacingPaths: [derived] });
    const [row] = await DuckDbSession.once(
      `SELECT sum(cpu_pct)::VARCHAR AS sum FROM read_parquet(${literal(result.files[0]?.localPath ?? '')})`,
    );
    expect(row).toEqual({ sum: String(5 * 7 + 5 * 5_000_000_000) });
  });

  it('refuses a source that has lost records which the table holds', async () => {
    const oldPaths = [await file(0, 10, 'old')];
    const derived = await file(5, 9, 'new');
    const ranges = [{ partition: 0, startOffset: '5', endOffset: '10' }];
    const merging = { oldPaths, newPaths: [derived], replacingPaths: [derived] };
    await expect(merge({ ...merging, complete: { ranges, derivedPaths: [derived] } })).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
    });
    const whole = await file(5, 10, 'new');
    await expect(merge({ ...merging, complete: { ranges, derivedPaths: [whole] } })).resolves.toBeDefined();
  });
});
