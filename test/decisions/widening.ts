import { beforeAll, describe, expect, it } from 'vitest';
import { compactPartition } from '../../activities/compact-partition.ts';
import { definitionHash } from '../../definition/load.ts';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { DuckDbRewriter } from '../../engines/duckdb/duckdb-rewriter.ts';
import { AuditFiles } from '../../lake/audit-files.ts';
import { BatchFiles } from '../../lake/batch-files.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import { redefined } from '../../plans/plan-revision.ts';
import type { AuditedTable } from '../audit/audited-table.ts';
import { deltaColumn } from '../delta-reader.ts';
import type { TestStack } from '../test-stack.ts';
import { expectAuditClean, newTable, nextRecord, operate } from './decided-table.ts';
import { expire, send } from './surprising-topic.ts';

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;
const NARROW = [1, null, 2_147_483_647, -2_147_483_648];
const WIDE = [5_000_000_000, -5_000_000_000, null, 7];

const widen = (yaml: string): string => yaml.replace('cores, type: int', 'cores, type: bigint');

/** That a column which becomes wider shows old rows and new ones alike, to everybody, before and after files are rewritten. */
export function describeWidening(stack: () => TestStack): void {
  describe('a column that is widened', () => {
    let test: TestStack;

    beforeAll(() => {
      test = stack();
    });

    it('is so from the next batch on, for every reader, while older files stay as they are', async () => {
      const table = await newTable(test);
      await writeCores(table, NARROW);
      await table.ingest();
      await expectAuditClean(table);
      const certificates = new AuditFiles(table.parts.storage, table.shape.path);
      const certified = await certificates.newestCertificate();
      table.redefine(widen);
      await writeCores(table, WIDE);
      await table.ingest();
      expect(await physicalTypes(table)).toEqual(['INT32', 'INT64']);
      await expectCores(test, table, [...NARROW, ...WIDE]);
      await expectAuditClean(table);
      expect((await certificates.newestCertificate())?.ranges[0]).toMatchObject({ fromOffset: '0', rows: 8 });

      // What was certified of the narrow rows is all that is known of them once Kafka has forgotten them.
      await expire(table.parts.cluster, table.definition.source.topic, 4n);
      await compact(table);
      expect(await physicalTypes(table)).toEqual(['INT64']);
      await expectCores(test, table, [...NARROW, ...WIDE]);
      await expectAuditClean(table, 'offsets_expired');
      expect(certified?.ranges[0]).toMatchObject({ toOffset: '4', rows: 4, verifiedBy: 'kafka' });
    });

    it('is so once a batch of the wider definition is committed, by whomever, and takes narrower batches after it', async () => {
      const table = await newTable(test);
      await writeCores(table, WIDE);
      const narrow = await table.open();
      const planned = await narrow.plan(never);
      if (planned === undefined) throw new Error('nothing was planned');
      table.redefine(widen);
      // As by a worker that finds the definition corrected while another one still works by the old one.
      await narrow.commit(await narrow.writeAndSeal(await revisedAsDefinedNow(table, planned.plan), never), []);
      expect(await columnType(table)).toBe('long');
      await writeCores(table, NARROW);
      const late = await narrow.plan(never);
      if (late === undefined) throw new Error('nothing was planned');
      await narrow.commit(await narrow.writeAndSeal(late.plan, never), []);
      await table.publish();
      expect(await physicalTypes(table)).toEqual(['INT32', 'INT64']);
      await expectCores(test, table, [...WIDE, ...NARROW]);
      await expectAuditClean(table);
    });
  });
}

async function revisedAsDefinedNow(table: AuditedTable, plan: BatchPlan): Promise<BatchPlan> {
  const files = new BatchFiles(table.parts.storage, table.shape.path);
  const making = { engine: plan.engine, definitionHash: definitionHash(table.definition) };
  await files.pinDefinition(making.definitionHash, table.definition);
  const change = { reason: 'redefined', detail: 'It failed as it was defined then.', by: 'sluice' } as const;
  return files.createPlan(redefined(plan, making, change, Date.now()));
}

/** Records of an hour that has ended, so that a compaction brings it to its final form. */
async function writeCores(table: AuditedTable, cores: readonly (number | null)[]): Promise<void> {
  const event_time = new Date(Date.now() - 3 * HOUR_MS).toISOString();
  const values = cores.map((value) => nextRecord({ event_time, cores: value }));
  await send(table.settings.kafka, table.definition.source.topic, values);
}

/** What the log calls the column. */
async function columnType(table: AuditedTable): Promise<string | undefined> {
  const { metaData } = (await table.log()).snapshot;
  const { fields } = JSON.parse(metaData?.schemaString ?? '') as { fields: { name: string; type: string }[] };
  return fields.find(({ name }) => name === 'cores')?.type;
}

/** Of the column in the live files, in order. */
async function physicalTypes(table: AuditedTable): Promise<string[]> {
  const paths = await localPaths(table);
  const rows = await DuckDbSession.once(
    `SELECT type FROM parquet_schema([${paths.map(literal).join(', ')}]) WHERE name = 'cores' ORDER BY type`,
  );
  return rows.map((row) => String(row['type']));
}

async function localPaths(table: AuditedTable): Promise<string[]> {
  const { files } = (await table.log()).snapshot;
  return [...files.keys()].map((path) => `${table.lakeFolder}/${table.shape.path}/${decodeURIComponent(path)}`);
}

async function expectCores(test: TestStack, table: AuditedTable, cores: readonly (number | null)[]): Promise<void> {
  const { table: name, database } = table.definition;
  expect(await columnType(table)).toBe('long');
  const hive = await table.parts.metastore.getTable(database, name);
  const partitions = await table.parts.metastore.getPartitionNames(database, name);
  const described = await table.parts.metastore.getPartitionsByNames(database, name, partitions);
  const types = [hive, ...described].map(({ sd } = {}) => sd?.cols?.find((column) => column.name === 'cores')?.type);
  expect(types).toEqual(['bigint', 'bigint']);
  const { report } = await operate<{ cores: string | null }[]>(test, table, [
    'sql',
    `SELECT cores FROM ${name} ORDER BY kafka_offset`,
  ]);
  expect(report.map((row) => (row.cores === null ? null : Number(row.cores)))).toEqual(cores);
  const folder = `${table.lakeFolder}/${table.shape.path}`;
  expect(deltaColumn(folder, table.settings.cacheFolder, 'cores')).toEqual(cores);
}

async function compact(table: AuditedTable): Promise<void> {
  const { storage, metastore, clock } = table.parts;
  const [partition = ''] = await metastore.getPartitionNames(table.definition.database, table.definition.table);
  let names = 0;
  const attemptName = (): string => `w${(names += 1)}`;
  const parts = { storage, metastore, clock, attemptName, rewriter: new DuckDbRewriter() };
  const { tablesFolder } = table.settings;
  const target = table.definition.table;
  const outcome = await compactPartition({ ...parts, tablesFolder }, { table: target, target, partition }, never);
  expect(outcome).toMatchObject({
    kind: 'rewritten',
    rows: 8,
    filesBefore: 2,
    filesAfter: 1,
    publicationFailure: null,
  });
}
