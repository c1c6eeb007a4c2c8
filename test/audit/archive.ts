import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitRewrite } from '../../lake/commit-rewrite.ts';
import { rewriteBase } from '../../plans/rewrite.ts';
import { read } from './audited-table.ts';
import type { FilledTables } from './filled-tables.ts';
import { found } from './found.ts';

/** What an audit finds in an archive. */
export function describeArchive(tables: FilledTables): void {
  describe('an archive', () => {
    const archived = (yaml: string): string => `${yaml}archive: true\n`;

    it('is clean as it is, where it was switched on late, and where retention has dropped its days', async () => {
      const table = await tables.filled();
      table.redefine(archived);
      expect(await table.audit({}, { mode: 'quick' })).toMatchObject({ verdict: 'clean', findings: [] });
      await tables.write(table);
      await table.ingest();
      const report = await table.audit();
      expect(report).toMatchObject({ verdict: 'clean', findings: [], archiveVersion: 1 });
      expect((await table.fileOfBatch(3, table.archiveShape)).path).toMatch(/^data\/b0000000003/);
      const log = await table.log(table.archiveShape);
      const base = rewriteBase(log.snapshot, ['dt'], [...log.snapshot.files.keys()]);
      await commitRewrite(log, { id: 'd1234', kind: 'retention', base, files: [] });
      await table.publish();
      expect(await table.audit()).toMatchObject({ verdict: 'clean', findings: [] });
    });

    it('lacks a file, has one changed, or one that nothing refers to', async () => {
      const table = await tables.filled({ change: archived });
      const { archiveShape: shape } = table;
      const { file, path } = await table.fileOfBatch(1, shape);
      const rows = (await table.parquetRows(file)).length;
      await table.writeParquet('b0000000001-0-0-abandoned-0.parquet', `SELECT * FROM ${read(file)}`, shape);
      const away = join(table.lakeFolder, 'away');
      renameSync(file, away);
      for (const mode of ['quick', 'full'] as const) {
        const report = await table.audit({}, { mode });
        expect(found(report)).toEqual([`file_missing ${rows}`, 'file_unreferenced']);
        expect(report.findings[0]).toMatchObject({ path, table: shape.table });
      }
      const altered = await table.writeParquet('altered.tmp', `SELECT * FROM ${read(away)} LIMIT 10`, shape);
      renameSync(altered.file, file);
      const report = await table.audit();
      expect(found(report)).toEqual([`file_changed ${rows - 10}`, 'file_unreferenced']);
      // What a certificate vouches for, the tables, is right.
      expect(report.certificate).toBe(2);
    });

    it('lacks records, has some twice, changed, or of offsets that are not committed', async () => {
      const table = await tables.filled({ change: archived });
      const { archiveShape: shape } = table;
      const live = await table.fileOfBatch(1, shape);
      const here = (offset: number): string => `kafka_partition = 2 AND kafka_offset = ${offset}`;
      const forged = async (select: string): Promise<void> => {
        const file = await table.writeParquet(`b0000000001-0-0-forged${tables.nextMark()}-0.parquet`, select, shape);
        const [last] = [...(await table.log(shape)).snapshot.files.values()].filter(
          ({ path }) => path === live.path || path.includes('forged'),
        );
        await table.commitByHand(last ?? live, [file], { shape });
      };
      await forged(`SELECT * FROM ${read(live.file)} WHERE NOT (${here(7)})`);
      for (const mode of ['quick', 'full'] as const) {
        const report = await table.audit({}, { mode });
        expect(found(report)).toEqual(['archive_record_missing 1']);
        expect(report.findings[0]).toMatchObject({ table: shape.table, ranges: [{ partition: 2, fromOffset: '7' }] });
      }
      await forged(`SELECT * FROM ${read(live.file)} UNION ALL SELECT * FROM ${read(live.file)} WHERE ${here(8)}`);
      expect(found(await table.audit({}, { mode: 'quick' }))).toEqual(['archive_record_duplicated 1']);
      await forged(
        `SELECT * REPLACE (CASE WHEN ${here(9)} THEN 'other'::BLOB ELSE record_value END AS record_value) FROM ${read(live.file)}`,
      );
      expect(found(await table.audit({}, { mode: 'quick' }))).toEqual([]);
      expect(found(await table.audit())).toEqual(['archive_record_differs 1']);
      await forged(
        `SELECT * FROM ${read(live.file)} UNION ALL SELECT * REPLACE (9000::BIGINT AS kafka_offset) FROM ${read(live.file)} WHERE ${here(8)}`,
      );
      expect(found(await table.audit({}, { mode: 'quick' }))).toEqual(['archive_record_unexpected 1']);
    });

    it('knows of a missing record that Kafka has forgotten', async () => {
      const table = await tables.filled({ change: archived });
      const live = await table.fileOfBatch(1);
      const offset = table.goodOffset(1, 7);
      const select = `SELECT * FROM ${read(live.file)} WHERE NOT (kafka_partition = 1 AND kafka_offset = ${offset})`;
      await table.commitByHand(live, [await table.writeParquet('b0000000001-0-0-forged-0.parquet', select)]);
      await table.expire(1, 50n);
      expect(found(await table.audit({}, { mode: 'quick' }))).toContain('record_missing 1');
    });
  });
}
