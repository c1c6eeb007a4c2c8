import { linkSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Partition } from '../../lake/hive/metastore-types.ts';
import { dropTable } from '../lake/hive/drop-table.ts';
import type { AuditedTable } from './audited-table.ts';
import type { FilledTables } from './filled-tables.ts';
import { found } from './found.ts';

/** What an audit finds in Hive, and mends there. */
export function describeHive(tables: FilledTables): void {
  describe('Hive', () => {
    it('is mended where a partition was dropped, moved, or added without rows, a link deleted, or the table dropped', async () => {
      const table = await tables.filled();
      const { metastore } = table.parts;
      const { database, table: name } = table.shape;
      const [partition] = await partitionsInHive(table);
      const location = partition?.sd?.location ?? '';

      await metastore.dropPartition(database, name, partition?.values ?? []);
      await repairs(table, 'hive_partition_missing');

      const moved = { ...partition, sd: { ...partition?.sd, location: location.replace(/[^/]+$/, 'elsewhere') } };
      await metastore.alterPartitions(database, name, [moved]);
      await repairs(table, 'hive_partition_misplaced');

      await metastore.addPartitions(database, name, [{ ...partition, values: ['1999-12-31', '7'] }]);
      await repairs(table, 'hive_partition_unexpected');

      const folder = location.replace(/^file:/, '');
      unlinkSync(join(folder, readdirSync(folder)[0] ?? ''));
      await repairs(table, 'hive_file_missing');

      const [endpoint] = table.settings.metastore.endpoints;
      if (endpoint === undefined) throw new Error('no metastore');
      await dropTable(endpoint, table.shape);
      await repairs(table, 'hive_table_missing');
    });

    it('is told to read a file that is not live, which only a person can settle', async () => {
      const table = await tables.filled();
      const [partition] = await partitionsInHive(table);
      const folder = (partition?.sd?.location ?? '').replace(/^file:/, '');
      linkSync(join(folder, readdirSync(folder)[0] ?? ''), join(folder, 'copy.parquet'));
      writeFileSync(join(folder, '_ignored'), 'by Hive');
      const report = await table.audit({}, { mode: 'quick', repair: true });
      expect(found(report)).toEqual(['hive_file_unexpected']);
      expect(report.repaired).toEqual([]);
    });
  });
}

/** Audits, repairs, and audits again. */
async function repairs(table: AuditedTable, kind: string): Promise<void> {
  expect(found(await table.audit({}, { mode: 'quick' }))).toEqual([kind]);
  const repaired = await table.audit({}, { mode: 'quick', repair: true });
  expect(repaired).toMatchObject({ verdict: 'clean', findings: [], repaired: [{ kind }] });
  expect(await table.audit({}, { mode: 'quick' })).toMatchObject({ verdict: 'clean', findings: [] });
}

async function partitionsInHive(table: AuditedTable): Promise<readonly Partition[]> {
  const { database, table: name } = table.shape;
  const names = await table.parts.metastore.getPartitionNames(database, name);
  return table.parts.metastore.getPartitionsByNames(database, name, names);
}
