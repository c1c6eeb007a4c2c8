import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { AuditFiles } from '../../lake/audit-files.ts';
import { commitRewrite } from '../../lake/commit-rewrite.ts';
import type { AuditReport } from '../../plans/audit-report.ts';
import { rewriteBase } from '../../plans/rewrite.ts';
import { healthRecord } from '../health-records.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { describeAuditCommand } from './audit-command.ts';
import { describeArchive } from './archive.ts';
import { PARTITIONS, read } from './audited-table.ts';
import { describeDamage } from './damage.ts';
import { FilledTables } from './filled-tables.ts';
import { found } from './found.ts';
import { describeHive } from './hive.ts';
import { sluice } from './table-command.ts';

let test: TestStack;
const tables = new FilledTables(() => test.settings);

beforeAll(async () => {
  test = await startTestStack({ own: ['background'] });
});

afterAll(async () => {
  await test.stop();
});

describe('a table that nothing has happened to', () => {
  it('is clean and certified, and a second audit certifies the same', async () => {
    const table = await tables.filled();
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
    const table = await tables.filled();
    await table.audit();
    await tables.write(table);
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
    const table = await tables.empty();
    const { topic } = table.definition.source;
    const kafka = new Kafka({ brokers: [...table.settings.kafka.brokers], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    for (const ending of ['commit', 'abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      const messages = Array.from({ length: 10 }, () => {
        const { key, value } = healthRecord(tables.nextMark(), false);
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
    const table = await tables.filled();
    table.redefine((yaml) => yaml.replace('columns:\n', 'columns:\n  - { name: note, type: string }\n'));
    await tables.write(table);
    await table.ingest();
    expect(found(await table.audit())).toEqual([]);
  });

  it('is clean after a compaction, and adds up to the same', async () => {
    const change = (yaml: string): string => yaml.replace(/min_files: \d+/, 'min_files: 4');
    const table = await tables.filled({ inStack: true, change });
    // A merge is worth it once every row's file grows eightfold.
    for (let batch = 0; batch < 8; batch += 1) {
      await tables.write(table);
      await table.ingest();
    }
    await table.audit();
    const files = new AuditFiles(table.parts.storage, table.shape.path);
    const before = await files.newestCertificate();
    const compacted = sluice(test, table, 'compact', ['--json']);
    expect(JSON.parse(compacted.stdout)).toMatchObject({ rewrites: 2 });
    expect(await table.audit()).toMatchObject({ verdict: 'clean', findings: [], files: { live: 2 } });
    const after = await files.newestCertificate();
    expect(after?.number).toBe(2);
    expect(after?.ranges).toEqual(before?.ranges);
    expect(after?.hours).toEqual(before?.hours);
  });

  it('cannot be audited fully while Kafka is away, and says what was not done', async () => {
    const table = await tables.filled();
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

describeDamage(tables);
describeArchive(tables);
describeHive(tables);

describe('retention', () => {
  it('has dropped partitions on purpose, which is no finding, and the audit certifies anew', async () => {
    const table = await tables.filled();
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
    const table = await tables.filled();
    await table.expire(1, 50n);
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
    const table = await tables.filled();
    await table.audit();
    for (let partition = 0; partition < PARTITIONS; partition += 1) await table.expire(partition, 200n);
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

describeAuditCommand(tables, () => test);
