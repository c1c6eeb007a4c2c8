import { linkSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Partition } from '../../lake/hive/metastore-types.ts';
import { BOOL, STRING, struct } from '../../lake/hive/thrift-codec.ts';
import { ThriftConnection } from '../../lake/hive/thrift-connection.ts';
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

      await dropTable(table);
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

async function dropTable(table: AuditedTable): Promise<void> {
  const [endpoint] = table.settings.metastore.endpoints;
  if (endpoint === undefined) throw new Error('no metastore');
  const connection = await ThriftConnection.open(endpoint, 5_000);
  const args = struct('drop_table_args', { dbname: [1, STRING], name: [2, STRING], deleteData: [3, BOOL] });
  const exceptions = ['NoSuchObjectException', 'MetaException'];
  const method = { name: 'drop_table', args, returns: undefined, exceptions, repeatable: false };
  const { database: dbname, table: name } = table.shape;
  await connection.call(method, { dbname, name, deleteData: false }, 30_000);
  connection.close();
}
