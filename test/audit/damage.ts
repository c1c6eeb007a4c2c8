import { closeSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { read } from './audited-table.ts';
import type { FilledTables } from './filled-tables.ts';
import { found } from './found.ts';

/** What an audit finds in a table whose files or rows are not as they were written. */
export function describeDamage(tables: FilledTables): void {
  describe('damaged files', () => {
    it('finds a live file that is gone, with the records that went with it', async () => {
      const table = await tables.filled();
      const { file, path } = await table.fileOfBatch(1);
      const rows = (await table.parquetRows(file)).length;
      unlinkSync(file);
      const report = await table.audit();
      expect(found(report)).toEqual([`file_missing ${rows}`]);
      expect(report.findings[0]).toMatchObject({ path, table: table.shape.table });
      expect(report).toMatchObject({ verdict: 'findings', certificate: null });
    });

    it('finds a live file that was altered, with the rows that differ', async () => {
      const table = await tables.filled();
      const { file } = await table.fileOfBatch(1);
      const altered = await table.writeParquet(
        'altered.tmp',
        `SELECT * REPLACE (CASE WHEN kafka_offset % 10 = 5 THEN -1 ELSE load_1 END AS load_1) FROM ${read(file)}`,
      );
      const rows = (await table.parquetRows(altered.file)).filter((row) => row['load_1'] === -1).length;
      renameSync(altered.file, file);
      const report = await table.audit();
      expect(found(report)).toEqual([`file_changed ${rows}`]);
      expect(report.findings[0]?.columns).toEqual(['load_1']);
    });

    it('finds a live file that can no longer be read', async () => {
      const table = await tables.filled();
      const { file, size } = await table.fileOfBatch(1);
      const rows = (await table.parquetRows(file)).length;
      const handle = openSync(file, 'r+');
      writeSync(handle, Buffer.alloc(Math.floor(size / 2)), 0, undefined, 4);
      closeSync(handle);
      expect(found(await table.audit())).toEqual([`file_changed ${rows}`]);
    });

    it('lists files that nothing refers to, and calls the table clean', async () => {
      const table = await tables.filled();
      const { file } = await table.fileOfBatch(1);
      await table.writeParquet('b0000000001-0-0-abandoned-0.parquet', `SELECT * FROM ${read(file)}`);
      await table.writeParquet('b0000000009-0-0-underway-0.parquet', `SELECT * FROM ${read(file)}`);
      const report = await table.audit();
      expect(report).toMatchObject({ verdict: 'clean', files: { pending: 1 } });
      expect(report.findings).toMatchObject([
        { kind: 'file_unreferenced', path: 'data/b0000000001-0-0-abandoned-0.parquet', repair: 'vacuum' },
      ]);
      expect(report.findings[0]?.ageMs).toBeLessThan(600_000);
      const repaired = await table.audit({}, { mode: 'quick', repair: true });
      expect(repaired).toMatchObject({
        verdict: 'clean',
        findings: [],
        counts: {},
        repaired: [{ kind: 'file_unreferenced', path: 'data/b0000000001-0-0-abandoned-0.parquet' }],
      });
      expect(await table.audit()).toMatchObject({ verdict: 'clean', findings: [], files: { pending: 1 } });
    });
  });

  describe('rows that are wrong although files and log agree', () => {
    it('finds a row that differs from its record, and in which columns', async () => {
      const table = await tables.filled();
      const live = await table.fileOfBatch(1);
      const offset = table.goodOffset(1, 7);
      const here = `kafka_partition = 1 AND kafka_offset = ${offset}`;
      const select = `SELECT * REPLACE (CASE WHEN ${here} THEN 3.25 ELSE cpu_pct END AS cpu_pct,
        CASE WHEN ${here} THEN 'another' ELSE host END AS host) FROM ${read(live.file)}`;
      await table.commitByHand(live, [await table.writeParquet('b0000000001-0-0-forged-0.parquet', select)]);
      const report = await table.audit();
      expect(report.findings).toMatchObject([
        {
          kind: 'row_differs',
          records: 1,
          columns: ['cpu_pct', 'host'],
          ranges: [{ partition: 1, fromOffset: String(offset), toOffset: String(offset + 1), records: 1 }],
        },
      ]);
    });

    it('finds records that are missing', async () => {
      const table = await tables.filled();
      const live = await table.fileOfBatch(1);
      const select = `SELECT * FROM ${read(live.file)} WHERE NOT (kafka_partition = 2 AND kafka_offset BETWEEN 42 AND 44)`;
      await table.commitByHand(live, [await table.writeParquet('b0000000001-0-0-forged-0.parquet', select)]);
      const gone = [42, 43, 44].filter((offset) => table.isGood(2, offset));
      for (const mode of ['quick', 'full'] as const) {
        expect(found(await table.audit({}, { mode }))).toEqual([`record_missing ${gone.length}`]);
      }
      expect((await table.audit({ partition: 2, fromOffset: 45n })).verdict).toBe('clean');
      expect((await table.audit({ partition: 1 })).verdict).toBe('clean');
      expect((await table.audit({ toOffset: 42n })).verdict).toBe('clean');
      expect((await table.audit({ sinceMs: Date.now() - 3_600_000 })).verdict).toBe('findings');
      expect((await table.audit({ sinceMs: Date.now() + 3_600_000 })).partitions).toEqual([]);
    });

    it('finds records that are there twice', async () => {
      const table = await tables.filled();
      const live = await table.fileOfBatch(1);
      const copy = await table.writeParquet('b0000000001-0-0-forged-0.parquet', `SELECT * FROM ${read(live.file)}`);
      await table.commitByHand(live, [copy], { keep: true });
      for (const mode of ['quick', 'full'] as const) {
        const report = await table.audit({}, { mode });
        expect(new Set(report.findings.map(({ kind }) => kind))).toEqual(new Set(['record_duplicated']));
        expect(report.findings.reduce((sum, { records }) => sum + records, 0)).toBe(copy.rows);
      }
    });

    it('finds a record that lies in the wrong table', async () => {
      const table = await tables.filled();
      const live = await table.fileOfBatch(1);
      const refused = await table.fileOfBatch(1, table.rejectedShape);
      const offset = table.goodOffset(0, 10);
      const here = `kafka_partition = 0 AND kafka_offset = ${offset}`;
      const row = `SELECT * REPLACE (0 AS kafka_partition, ${offset}::BIGINT AS kafka_offset) FROM ${read(refused.file)} LIMIT 1`;
      const without = `SELECT * FROM ${read(live.file)} WHERE NOT (${here})`;
      const { rejectedShape: shape } = table;
      const rejected = await table.writeParquet('b0000000001-0-0-forged-1.parquet', row, shape);
      await table.commitByHand(refused, [rejected], { keep: true, shape });
      await table.commitByHand(live, [await table.writeParquet('b0000000001-0-0-forged-0.parquet', without)]);
      expect(found(await table.audit())).toEqual(['row_in_wrong_table 1']);
    });

    it('finds a row of an offset that is not committed', async () => {
      const table = await tables.filled();
      const live = await table.fileOfBatch(1);
      const row = `SELECT * REPLACE (9000::BIGINT AS kafka_offset) FROM ${read(live.file)} LIMIT 1`;
      const forged = await table.writeParquet('b0000000001-0-0-forged-0.parquet', row);
      await table.commitByHand(live, [forged], { keep: true });
      expect(found(await table.audit())).toEqual(['row_unexpected 1']);
    });
  });
}
