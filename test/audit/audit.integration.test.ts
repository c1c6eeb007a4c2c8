import { spawnSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deleteRecordsV2 } from '@platformatic/kafka';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { ActionLog } from '../../lake/action-log.ts';
import { commitRewrite } from '../../lake/commit-rewrite.ts';
import { AuditFiles } from '../../lake/audit-files.ts';
import { ThriftConnection } from '../../lake/hive/thrift-connection.ts';
import { BOOL, STRING, struct } from '../../lake/hive/thrift-codec.ts';
import type { Partition } from '../../lake/hive/metastore-types.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';
import { auditQuery, auditWorkflowId } from '../../workflows/audit-protocol.ts';
import { STATE_ATTRIBUTE } from '../../workflows/search-attributes.ts';
import { rewriteBase } from '../../plans/rewrite.ts';
import type { AuditReport } from '../../plans/audit-report.ts';
import { healthRecord } from '../health-records.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { AuditedTable, PARTITIONS, read } from './audited-table.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const RECORDS_PER_PARTITION = 100;
const BAD_EVERY = 20;

let test: TestStack;
let mark = 0;

beforeAll(async () => {
  test = await startTestStack({ own: ['background'] });
});

afterAll(async () => {
  await test.stop();
});

/** The same number of records to each partition, one in twenty of them bad. */
async function write(table: AuditedTable, count = RECORDS_PER_PARTITION): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = Array.from({ length: count }, () => {
      mark += 1;
      return healthRecord(mark, mark % BAD_EVERY === 1);
    });
    await table.writer.write(partition, records);
  }
}

async function newTable(options?: Parameters<typeof AuditedTable.create>[1]): Promise<AuditedTable> {
  const table = await AuditedTable.create(test.settings, options);
  onTestFinished(() => table.close());
  return table;
}

/** A table of two batches. */
async function filledTable(options?: Parameters<typeof AuditedTable.create>[1]): Promise<AuditedTable> {
  const table = await newTable(options);
  for (let batch = 0; batch < 2; batch += 1) {
    await write(table);
    await table.ingest();
  }
  return table;
}

/** What a report is about, in short: each finding's kind with its number of records. */
function found(report: AuditReport): string[] {
  return report.findings.map(({ kind, records }) => (records > 0 ? `${kind} ${records}` : kind));
}

/** Deletes records from Kafka below an offset of a partition, as retention does. */
async function expire(table: AuditedTable, partition: number, offset: bigint): Promise<void> {
  const cluster = new KafkaCluster(table.settings.kafka, 'test');
  const { topic } = table.definition.source;
  const { partitions } = await cluster.describeTopic(topic);
  const leader = partitions.find((candidate) => candidate.partition === partition)?.leader ?? -1;
  const wanted = [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }];
  await deleteRecordsV2.api.async(await cluster.controlConnection(leader), wanted, 10_000);
  await cluster.close();
}

async function partitionsInHive(table: AuditedTable): Promise<readonly Partition[]> {
  const { database, table: name } = table.shape;
  const names = await table.parts.metastore.getPartitionNames(database, name);
  return table.parts.metastore.getPartitionsByNames(database, name, names);
}

/** Runs the command on this table, in the stack's environment. */
function sluice(
  table: AuditedTable,
  command: string,
  args: readonly string[],
  more: Record<string, string> = {},
): { status: number | null; stdout: string } {
  const { definition, settings } = table;
  const own = { SLUICE_LAKE: settings.lakeUri, SLUICE_TABLES: settings.tablesFolder };
  const env = { ...process.env, ...test.environment, ...own, ...more };
  const argv = ['bin/sluice.js', command, definition.table, ...args];
  return spawnSync('node', argv, { cwd: PROJECT, env, encoding: 'utf8' });
}

describe('a table that nothing has happened to', () => {
  it('is clean and certified, and a second audit certifies the same', async () => {
    const table = await filledTable();
    const report = await table.audit();
    expect(report).toMatchObject({ verdict: 'clean', findings: [], counts: {}, certificate: 1 });
    expect(report.partitions.map(({ rows, rejected }) => rows + rejected)).toEqual([200, 200, 200]);
    const files = new AuditFiles(table.parts.storage, table.shape.path);
    const first = await files.newestCertificate();
    expect(first?.completeTo).toEqual({ 0: '200', 1: '200', 2: '200' });
    expect((await table.audit()).certificate).toBe(2);
    const second = await files.newestCertificate();
    expect(second).toMatchObject({ ranges: first?.ranges, hours: first?.hours });
    const kept = JSON.parse(
      readFileSync(join(table.lakeFolder, table.shape.path, `_sluice/audits/${report.auditId}.json`), 'utf8'),
    ) as AuditReport;
    expect(kept).toEqual(report);
  });

  it('goes on from the certificate where only what is new is wanted, and comes to the same sums', async () => {
    const table = await filledTable();
    await table.audit();
    await write(table);
    await table.ingest();
    const added = await table.audit({ uncertified: true });
    expect(added.partitions.map(({ fromOffset, toOffset }) => [fromOffset, toOffset])).toEqual(
      Array.from({ length: PARTITIONS }, () => ['200', '300']),
    );
    const files = new AuditFiles(table.parts.storage, table.shape.path);
    const continued = await files.newestCertificate();
    expect((await table.audit()).verdict).toBe('clean');
    const whole = await files.newestCertificate();
    expect(continued?.number).toBe(2);
    expect(continued?.hours).toEqual(whole?.hours);
    expect(continued?.ranges).toEqual(whole?.ranges);
  });

  it('is clean where transactions leave offsets without a record', async () => {
    const table = await newTable();
    const { topic } = table.definition.source;
    const kafka = new Kafka({ brokers: [...table.settings.kafka.brokers], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    for (const ending of ['commit', 'abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      const messages = Array.from({ length: 10 }, () => {
        mark += 1;
        const { key, value } = healthRecord(mark, false);
        return { key, value, partition: 0 };
      });
      await transaction.send({ topic, messages });
      await transaction[ending]();
    }
    await table.ingest();
    const report = await table.audit();
    expect(report).toMatchObject({ verdict: 'clean', findings: [] });
    expect(report.partitions[0]).toMatchObject({ toOffset: '33', rows: 20 });
  });

  it('is clean where the definition has changed between batches', async () => {
    const table = await filledTable();
    table.redefine((yaml) => yaml.replace('columns:\n', 'columns:\n  - { name: note, type: string }\n'));
    await write(table);
    await table.ingest();
    expect(found(await table.audit())).toEqual([]);
  });

  it('is clean after a compaction, and adds up to the same', async () => {
    const change = (yaml: string): string => yaml.replace(/min_files: \d+/, 'min_files: 4');
    const table = await filledTable({ inStack: true, change });
    // A merge is worth it once every row's file grows eightfold.
    for (let batch = 0; batch < 8; batch += 1) {
      await write(table);
      await table.ingest();
    }
    await table.audit();
    const files = new AuditFiles(table.parts.storage, table.shape.path);
    const before = await files.newestCertificate();
    const compacted = sluice(table, 'compact', ['--json']);
    expect(JSON.parse(compacted.stdout)).toMatchObject({ rewrites: 2 });
    expect(await table.audit()).toMatchObject({ verdict: 'clean', findings: [], files: { live: 2 } });
    const after = await files.newestCertificate();
    expect(after?.number).toBe(2);
    expect(after?.ranges).toEqual(before?.ranges);
    expect(after?.hours).toEqual(before?.hours);
  });

  it('cannot be audited fully while Kafka is away, and says what was not done', async () => {
    const table = await filledTable();
    const cluster = new KafkaCluster({ ...table.settings.kafka, brokers: ['127.0.0.1:1'] }, 'test');
    onTestFinished(() => cluster.close());
    const report = await table.auditWith({ cluster });
    expect(report.verdict).toBe('incomplete');
    expect(report.checks.filter(({ done }) => !done).map(({ check, failure }) => [check, failure?.code])).toEqual([
      ['coverage', 'KAFKA_UNREACHABLE'],
      ['records', 'KAFKA_UNREACHABLE'],
    ]);
    expect(report.certificate).toBeNull();
  });
});

describe('damaged files', () => {
  it('finds a live file that is gone, with the records that went with it', async () => {
    const table = await filledTable();
    const { file, path } = await table.fileOfBatch(1);
    const rows = (await table.parquetRows(file)).length;
    unlinkSync(file);
    const report = await table.audit();
    expect(found(report)).toEqual([`file_missing ${rows}`]);
    expect(report.findings[0]).toMatchObject({ path, table: table.shape.table });
    expect(report).toMatchObject({ verdict: 'findings', certificate: null });
  });

  it('finds a live file that was altered, with the rows that differ', async () => {
    const table = await filledTable();
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
    const table = await filledTable();
    const { file, size } = await table.fileOfBatch(1);
    const rows = (await table.parquetRows(file)).length;
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(Math.floor(size / 2)), 0, undefined, 4);
    closeSync(handle);
    expect(found(await table.audit())).toEqual([`file_changed ${rows}`]);
  });

  it('lists files that nothing refers to, and calls the table clean', async () => {
    const table = await filledTable();
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
    const table = await filledTable();
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
    const table = await filledTable();
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
    const table = await filledTable();
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
    const table = await filledTable();
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
    const table = await filledTable();
    const live = await table.fileOfBatch(1);
    const row = `SELECT * REPLACE (9000::BIGINT AS kafka_offset) FROM ${read(live.file)} LIMIT 1`;
    const forged = await table.writeParquet('b0000000001-0-0-forged-0.parquet', row);
    await table.commitByHand(live, [forged], { keep: true });
    expect(found(await table.audit())).toEqual(['row_unexpected 1']);
  });
});

describe('an archive', () => {
  const archived = (yaml: string): string => `${yaml}archive: true\n`;

  it('is clean as it is, where it was switched on late, and where retention has dropped its days', async () => {
    const table = await filledTable();
    table.redefine(archived);
    expect(await table.audit({}, { mode: 'quick' })).toMatchObject({ verdict: 'clean', findings: [] });
    await write(table);
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
    const table = await filledTable({ change: archived });
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
    const table = await filledTable({ change: archived });
    const { archiveShape: shape } = table;
    const live = await table.fileOfBatch(1, shape);
    const here = (offset: number): string => `kafka_partition = 2 AND kafka_offset = ${offset}`;
    const forged = async (select: string): Promise<void> => {
      const file = await table.writeParquet(`b0000000001-0-0-forged${mark}-0.parquet`, select, shape);
      mark += 1;
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
    const table = await filledTable({ change: archived });
    const live = await table.fileOfBatch(1);
    const offset = table.goodOffset(1, 7);
    const select = `SELECT * FROM ${read(live.file)} WHERE NOT (kafka_partition = 1 AND kafka_offset = ${offset})`;
    await table.commitByHand(live, [await table.writeParquet('b0000000001-0-0-forged-0.parquet', select)]);
    await expire(table, 1, 50n);
    expect(found(await table.audit({}, { mode: 'quick' }))).toContain('record_missing 1');
  });
});

describe('Hive', () => {
  /** Audits, repairs, and audits again. */
  async function repairs(table: AuditedTable, kind: string): Promise<void> {
    expect(found(await table.audit({}, { mode: 'quick' }))).toEqual([kind]);
    const repaired = await table.audit({}, { mode: 'quick', repair: true });
    expect(repaired).toMatchObject({ verdict: 'clean', findings: [], repaired: [{ kind }] });
    expect(await table.audit({}, { mode: 'quick' })).toMatchObject({ verdict: 'clean', findings: [] });
  }

  it('is mended where a partition was dropped, moved, or added without rows, a link deleted, or the table dropped', async () => {
    const table = await filledTable();
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
    const table = await filledTable();
    const [partition] = await partitionsInHive(table);
    const folder = (partition?.sd?.location ?? '').replace(/^file:/, '');
    linkSync(join(folder, readdirSync(folder)[0] ?? ''), join(folder, 'copy.parquet'));
    writeFileSync(join(folder, '_ignored'), 'by Hive');
    const report = await table.audit({}, { mode: 'quick', repair: true });
    expect(found(report)).toEqual(['hive_file_unexpected']);
    expect(report.repaired).toEqual([]);
  });

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
});

describe('retention', () => {
  it('has dropped partitions on purpose, which is no finding, and the audit certifies anew', async () => {
    const table = await filledTable();
    expect((await table.audit()).certificate).toBe(1);
    const log = await table.log();
    const columns = table.shape.partitionColumns.map(({ name }) => name);
    const base = rewriteBase(log.snapshot, columns, [...log.snapshot.files.keys()]);
    await commitRewrite(log, { id: 'd1234', kind: 'retention', base, files: [] });
    await table.publish();
    expect(await table.audit({ uncertified: true })).toMatchObject({ verdict: 'clean', findings: [], certificate: 2 });
  });
});

describe('offsets that Kafka no longer has', () => {
  it('are stated, and do not make the table wrong', async () => {
    const table = await filledTable();
    await expire(table, 1, 50n);
    const report = await table.audit();
    expect(report).toMatchObject({ verdict: 'clean', certificate: 1 });
    expect(report.findings).toMatchObject([
      { kind: 'offsets_expired', ranges: [{ partition: 1, fromOffset: '0', toOffset: '50' }] },
    ]);
    const certificate = await new AuditFiles(table.parts.storage, table.shape.path).newestCertificate();
    expect(certificate?.ranges.map(({ partition, verifiedBy }) => [partition, verifiedBy])).toEqual([
      [0, 'kafka'],
      [1, 'nothing'],
      [1, 'kafka'],
      [2, 'kafka'],
    ]);
  });

  it('are held against the certificate that an audit left in time', async () => {
    const table = await filledTable();
    await table.audit();
    for (let partition = 0; partition < PARTITIONS; partition += 1) await expire(table, partition, 200n);
    expect(await table.audit()).toMatchObject({ verdict: 'clean', certificate: 2 });
    const files = new AuditFiles(table.parts.storage, table.shape.path);
    expect(new Set((await files.newestCertificate())?.ranges.map(({ verifiedBy }) => verifiedBy))).toEqual(
      new Set(['certificate']),
    );
    const live = await table.fileOfBatch(1);
    const select = `SELECT * REPLACE (load_1 + 1 AS load_1) FROM ${read(live.file)}`;
    await table.commitByHand(live, [await table.writeParquet('b0000000001-0-0-forged-0.parquet', select)]);
    const report = await table.audit();
    expect(report).toMatchObject({ verdict: 'findings', certificate: null });
    expect(report.counts).toEqual({ certificate_broken: PARTITIONS, offsets_expired: PARTITIONS });
  });
});

describe('sluice audit', () => {
  it('exits with 0, 3 and 1, and prints the report as JSON', async () => {
    const table = await filledTable();
    const { file } = await table.fileOfBatch(1);
    expect(run(table, ['--quick'])).toMatchObject({ status: 0 });
    const certified = run(table, []);
    expect(JSON.parse(certified.stdout)).toMatchObject({ verdict: 'clean', certificate: 1 });
    expect(JSON.parse(run(table, ['--certificates']).stdout)).toMatchObject({ number: 1 });
    const away = join(table.lakeFolder, 'away');
    renameSync(file, away);
    const damaged = run(table, ['--quick']);
    expect(damaged.status).toBe(3);
    expect(JSON.parse(damaged.stdout)).toMatchObject({ findings: [{ kind: 'file_missing' }] });
    renameSync(away, file);
    expect(run(table, ['--quick'], { KAFKA_BROKERS: '127.0.0.1:1' }).status).toBe(1);
    expect(run(table, ['--from', 'then']).status).toBe(2);
  });

  it('has the lake keep who had it mend something, when, and what', async () => {
    const table = await filledTable();
    const { file } = await table.fileOfBatch(1);
    await table.writeParquet('b0000000001-0-0-abandoned-0.parquet', `SELECT * FROM ${read(file)}`);
    const actions = new ActionLog(table.parts.storage);
    expect(run(table, ['--quick']).status).toBe(0);
    expect(await actions.list(10)).toEqual([]);
    const beforeMs = Date.now();
    const { stdout } = run(table, ['--quick', '--repair']);
    expect(JSON.parse(stdout)).toMatchObject({ repaired: [{ kind: 'file_unreferenced' }] });
    const [action, ...others] = await actions.list(10);
    expect(others).toEqual([]);
    expect(action).toMatchObject({
      ...{ action: 'audit', table: table.definition.table, by: userInfo().username, via: 'cli' },
      ...{ arguments: { mode: 'quick', repair: true }, end: { outcome: 'done', message: '' } },
    });
    expect(action?.askedAtMs).toBeGreaterThanOrEqual(beforeMs);
  });

  it('lets a worker do it, and shows how it ended as the state of the workflow', async () => {
    const table = await filledTable({ inStack: true });
    const client = new Client({ connection: await Connection.connect({ address: test.settings.temporal.address }) });
    onTestFinished(() => client.connection.close());
    const handle = client.workflow.getHandle(auditWorkflowId(table.definition.table));
    const stateOf = async (): Promise<unknown> => (await handle.describe()).typedSearchAttributes.get(STATE_ATTRIBUTE);

    const clean = run(table, ['--workflow']);
    expect(clean.status).toBe(0);
    expect(JSON.parse(clean.stdout)).toMatchObject({ verdict: 'clean', rows: 570, rejected: 30, certificate: 1 });
    expect(await stateOf()).toBe('Clean');

    unlinkSync((await table.fileOfBatch(1)).file);
    const damaged = run(table, ['--workflow', '--quick']);
    expect(damaged.status).toBe(3);
    expect(JSON.parse(damaged.stdout)).toMatchObject({ counts: { file_missing: 1 }, certificate: null });
    expect(await stateOf()).toBe('Findings');
    expect(await handle.query(auditQuery)).toMatchObject({ verdict: 'findings' });

    const bundle = await workflowBundle(test.settings.cacheFolder);
    const history = await handle.fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: bundle }, history, handle.workflowId);
  });

  function run(
    table: AuditedTable,
    args: readonly string[],
    more?: Record<string, string>,
  ): { status: number | null; stdout: string } {
    return sluice(table, 'audit', ['--json', ...args], more);
  }
});
