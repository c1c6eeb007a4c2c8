import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import type { Rewriter, RewriteRequest, RewriteResult } from '../../engines/rewriter.ts';
import type { StoredColumn } from '../../plans/table-shape.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { writeValues, WRITTEN_VALUES } from './plain/written-values.ts';

const COLUMNS: readonly StoredColumn[] = [
  { name: 'host', type: 'string', required: true },
  { name: 'event_time', type: 'timestamp', required: true },
  { name: 'cpu_pct', type: 'double', required: false },
  { name: 'raw', type: 'binary', required: false },
];

function request(localPaths: readonly string[], more: Partial<RewriteRequest> = {}): RewriteRequest {
  return {
    columns: COLUMNS,
    sortBy: ['host', 'event_time'],
    targetFileBytes: 128 * 1024 ** 2,
    localPaths,
    partition: { name: 'dt=2026-11-23/hour=5', values: { dt: '2026-11-23', hour: '5' } },
    attempt: { baseVersion: 7, rewriteId: 'c1', attempt: 'a1' },
    scratchFolder: temporaryFolder(),
    signal: new AbortController().signal,
    ...more,
  };
}

/** Files of `count` rows each, later ones with earlier hosts and times. */
async function batchFiles(files: number, count: number, columns = 'host, event_time, cpu_pct, raw'): Promise<string[]> {
  const folder = temporaryFolder();
  const paths = Array.from({ length: files }, (_, index) => join(folder, `b${index}.parquet`));
  for (const [index, path] of paths.entries()) {
    await DuckDbSession.once(
      `COPY (SELECT ${columns} FROM (SELECT 'srv-' || lpad((${files - index} * 1000 - range % 50)::VARCHAR, 6, '0') AS host,
         TIMESTAMPTZ '2026-11-23 05:00:00Z' + to_microseconds(${files - index} * 1000 - range) AS event_time,
         CASE WHEN range % 7 > 0 THEN range / 3 END AS cpu_pct, encode('ü' || range) AS raw FROM range(${count})))
       TO ${literal(path)} (FORMAT parquet)`,
    );
  }
  return paths;
}

const rowsIn = (paths: readonly string[], order = ''): Promise<Record<string, unknown>[]> =>
  DuckDbSession.once(
    `SELECT host, event_time, cpu_pct, raw FROM read_parquet([${paths.map(literal).join(', ')}]) ${order}`,
  );
const pathsOf = (result: RewriteResult): string[] => result.files.map(({ localPath }) => localPath);
const BY_ALL = 'ORDER BY host, event_time, cpu_pct, raw';

/** Each encoding of each type. */
const ENCODED = WRITTEN_VALUES.filter(([name]) =>
  /of few kinds|all differ|few doubles|integers far apart|few small|^times|days|booleans|of 58 bits/.test(name),
);

/** What every rewriter must make of the same files. */
export function describeRewriter(name: string, rewriterOf: () => Rewriter): void {
  describe(name, () => {
    it('makes one sorted file of many, with the same rows, and describes it for the log', async () => {
      const old = await batchFiles(20, 200);
      const result = await rewriterOf().rewrite(request(old));
      expect(result.rows).toBe(4_000);
      expect(result.files).toHaveLength(1);
      expect(result.files[0]).toMatchObject({
        path: 'dt=2026-11-23/hour=5/g7-c1-a1/g7-c1-a1-0000.parquet',
        partitionValues: { dt: '2026-11-23', hour: '5' },
        rows: 4_000,
      });
      expect(JSON.parse(result.files[0]?.stats ?? '')).toMatchObject({
        numRecords: 4_000,
        minValues: { host: 'srv-000951', event_time: '2026-11-23T05:00:00.000Z' },
        maxValues: { host: 'srv-020000', event_time: '2026-11-23T05:00:00.020Z' },
        nullCount: { cpu_pct: 580 },
      });
      const [oldRows, newRows] = await Promise.all([rowsIn(old, BY_ALL), rowsIn(pathsOf(result), BY_ALL)]);
      expect(newRows).toEqual(oldRows);
      const asWritten = await rowsIn(pathsOf(result));
      expect(asWritten.map((row) => row['host'])).toEqual(newRows.map((row) => row['host']));
    });

    it('finds the same checksum however rows are spread over files, and another for other rows', async () => {
      const old = await batchFiles(3, 500);
      const rewriter = rewriterOf();
      const one = await rewriter.rewrite(request(old));
      const again = await rewriter.rewrite(request(pathsOf(one)));
      expect(again.checksum).toBe(one.checksum);
      const twice = await rewriter.rewrite(request([...old, old[0] ?? '']));
      expect(twice.checksum).not.toBe(one.checksum);
      expect((await rewriter.rewrite(request(await batchFiles(3, 499)))).checksum).not.toBe(one.checksum);
    });

    it.each(ENCODED)('reads %s as batches have them', async (_, type, values) => {
      const sparse = [...values, 'null', ...values, 'null'];
      const { path } = await writeValues(type, sparse, { groupRows: 4096 });
      const columns: readonly StoredColumn[] = [
        { name: 'kafka_offset', type: 'bigint', required: true },
        { name: 'c', type, required: false },
      ];
      const result = await rewriterOf().rewrite(request([path], { columns, sortBy: ['kafka_offset'] }));
      const rows = (paths: readonly string[]): Promise<unknown[]> =>
        DuckDbSession.once(`SELECT kafka_offset, c FROM read_parquet([${paths.map(literal).join(', ')}]) ORDER BY ALL`);
      expect(await rows(pathsOf(result))).toEqual(await rows([path]));
      expect(result.rows).toBe(sparse.length);
    });

    it('gives old files that lack a column NULL in it', async () => {
      const old = [...(await batchFiles(1, 10, 'host, event_time')), ...(await batchFiles(1, 10))];
      const result = await rewriterOf().rewrite(request(old));
      const rows = await rowsIn(pathsOf(result));
      expect(rows.filter((row) => row['raw'] === null)).toHaveLength(10);
      const none = await rewriterOf().rewrite(request(await batchFiles(2, 10, 'host, event_time')));
      expect(JSON.parse(none.files[0]?.stats ?? '')).toMatchObject({ nullCount: { cpu_pct: 20 } });
    });

    it('keeps a file without rows as a mark', async () => {
      const result = await rewriterOf().rewrite(request(await batchFiles(2, 0)));
      expect(result.files).toHaveLength(1);
      expect(JSON.parse(result.files[0]?.stats ?? '')).toMatchObject({ numRecords: 0 });
      expect(await rowsIn(pathsOf(result))).toEqual([]);
    });

    it('stops when it is told to, and leaves nothing but its scratch folder', async () => {
      const stop = new AbortController();
      const asked = request(await batchFiles(2, 400_000), { signal: stop.signal });
      const rewriting = rewriterOf().rewrite(asked);
      setTimeout(() => stop.abort(), 50);
      await expect(rewriting).rejects.toMatchObject({ name: 'AbortError' });
      expect(readdirSync(asked.scratchFolder).filter((name) => !['rewritten', 'spill'].includes(name))).toEqual([]);
    });

    it('says what failed', async () => {
      await expect(rewriterOf().rewrite(request(['/nowhere/x.parquet']))).rejects.toMatchObject({
        code: 'ENGINE_FAILED',
      });
    });
  });
}

/** The same, of as many rows as make several files. */
export function describeLargeRewrites(name: string, rewriterOf: () => Rewriter): void {
  describe(name, () => {
    it('splits at the target size, each file’s rows after those of the one before', async () => {
      const old = await batchFiles(2, 400_000);
      const result = await rewriterOf().rewrite(request(old, { targetFileBytes: 1024 ** 2, sortBy: ['raw'] }));
      expect(result.files.length).toBeGreaterThan(1);
      expect(new Set(result.files.map(({ path }) => path)).size).toBe(result.files.length);
      const bounds = await DuckDbSession.once(
        `SELECT min(raw) AS least, max(raw) AS most FROM read_parquet([${pathsOf(result).map(literal).join(', ')}], filename = true)
       GROUP BY filename ORDER BY least`,
      );
      bounds.slice(1).forEach((file, index) => {
        expect(String(file['least']) >= String(bounds[index]?.['most'])).toBe(true);
      });
    });
  });
}

/** That old files which hold a column as an int become ones that hold it as a bigint. */
export function describeWidenedColumns(name: string, rewriterOf: () => Rewriter): void {
  describe(name, () => {
    it.each([
      ['narrow files first', ['INTEGER', 'BIGINT']],
      ['wide files first', ['BIGINT', 'INTEGER']],
      ['narrow files alone', ['INTEGER', 'INTEGER']],
    ])('writes a column as wide as the table has it, with the same rows: %s', async (_, types) => {
      const folder = temporaryFolder();
      const paths = types.map((_type, index) => join(folder, `b${index}.parquet`));
      for (const [index, path] of paths.entries()) {
        const most = types[index] === 'BIGINT' ? '5_000_000_000' : '2_147_483_647';
        await DuckDbSession.once(
          `COPY (SELECT 'srv' AS host, CASE WHEN range % 3 > 0 THEN ${most} - range END::${types[index] ?? ''} AS cores
             FROM range(${index} * 9, ${index} * 9 + 9)) TO ${literal(path)} (FORMAT parquet)`,
        );
      }
      const columns: StoredColumn[] = [
        { name: 'host', type: 'string', required: true },
        { name: 'cores', type: 'bigint', required: false },
      ];
      const sortBy = ['cores'];
      const result = await rewriterOf().rewrite(request(paths, { columns, sortBy }));
      const summary = (of: readonly string[]): Promise<unknown> =>
        DuckDbSession.once(
          `SELECT count(*) AS rows, count(cores) AS filled, sum(cores)::VARCHAR AS sum, min(cores)::BIGINT AS least, max(cores)::BIGINT AS most
           FROM read_parquet([${of.map(literal).join(', ')}], union_by_name = true)`,
        );
      expect(await summary(pathsOf(result))).toEqual(await summary(paths));
      const [schema] = await DuckDbSession.once(
        `SELECT type FROM parquet_schema(${literal(pathsOf(result)[0] ?? '')}) WHERE name = 'cores'`,
      );
      expect(schema).toEqual({ type: 'INT64' });
      // It says the same of the rows once they are wide.
      const again = await rewriterOf().rewrite(request(pathsOf(result), { columns, sortBy }));
      expect(again.checksum).toBe(result.checksum);
    });
  });
}
