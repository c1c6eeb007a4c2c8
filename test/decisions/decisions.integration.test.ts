import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DecisionReport } from '../../cli/decision.ts';
import type { PlanReport } from '../../cli/plan-report.ts';
import type { StatusReport } from '../../cli/status.ts';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { ensureTopic } from '../../kafka/admin.ts';
import { BatchFiles } from '../../lake/batch-files.ts';
import { rejectedTable } from '../../plans/table-shape.ts';
import { AuditedTable } from '../audit/audited-table.ts';
import { sluice } from '../cli/command.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { waitFor } from '../wait-for.ts';
import { transactionalProducers } from './transactional-producers.ts';
import { addPartitions, deleteTopic, expire, heldOffsets, recordOf, send } from './surprising-topic.ts';

const never = new AbortController().signal;
const MIB = 1024 ** 2;

let test: TestStack;
let mark = 0;

beforeAll(async () => {
  test = await startTestStack({ own: ['worker'] });
});

afterAll(async () => {
  await test.stop();
});

type CreateOptions = NonNullable<Parameters<typeof AuditedTable.create>[1]>;

async function newTable(options: CreateOptions = {}): Promise<AuditedTable> {
  const topic = { partitions: 1, ...options.topic };
  const table = await AuditedTable.create(test.settings, { ...options, topic });
  onTestFinished(() => table.close());
  return table;
}

/** The definition with these limits, the others as they are. */
function limits(text: string): (yaml: string) => string {
  return (yaml) => yaml.replace(/limits:\n( {2}.*\n)+/, `limits: { ${text} }\n`);
}

async function write(
  table: AuditedTable,
  count: number,
  more: Parameters<typeof send>[3] & { pad?: number } = {},
): Promise<void> {
  const { pad = 0, ...options } = more;
  const values = Array.from({ length: count }, () =>
    recordOf((mark += 1), pad > 0 ? { padding: 'x'.repeat(pad) } : {}),
  );
  await send(test.settings.kafka, table.definition.source.topic, values, options);
}

/** Offsets that are in the table, and rejected ones with their reason and the size of what is kept of them. */
async function contents(table: AuditedTable): Promise<{ offsets: string[]; rejected: string[] }> {
  const rows = async (
    shape = table.shape,
    columns = "kafka_partition || '/' || kafka_offset AS at",
  ): Promise<string[]> => {
    const files = [...(await table.log(shape)).snapshot.files.keys()].map((path) =>
      join(table.lakeFolder, shape.path, path),
    );
    if (files.length === 0) return [];
    const from = `read_parquet([${files.map(literal).join(', ')}], hive_partitioning = false)`;
    const found = await DuckDbSession.once(`SELECT ${columns} FROM ${from} ORDER BY kafka_partition, kafka_offset`);
    return found.map((row) => String(row['at']));
  };
  const rejected = `kafka_partition || '/' || kafka_offset || ' ' || reason || ' ' || coalesce(octet_length(record_value), 0) AS at`;
  return { offsets: await rows(), rejected: await rows(rejectedTable(table.definition), rejected) };
}

function offsets(partition: number, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${partition}/${from + index}`);
}

/** Revision, and why it was made, of each batch so far. */
async function revisions(table: AuditedTable): Promise<string[]> {
  const files = new BatchFiles(table.parts.storage, table.shape.path);
  const found: string[] = [];
  for (let sequence = 1; ; sequence += 1) {
    const plan = await files.readDecidedPlan(sequence);
    if (plan === undefined) return found;
    found.push(plan.change === undefined ? String(plan.revision) : `${plan.revision} ${plan.change.reason}`);
  }
}

/** Runs a command on this table, as an operator would. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what a command prints is known to the test
async function operate<T>(
  table: AuditedTable,
  args: readonly string[],
): Promise<{ exitCode: number | null; report: T; said: string }> {
  const environment = {
    ...test.environment,
    SLUICE_LAKE: table.settings.lakeUri,
    SLUICE_TABLES: table.settings.tablesFolder,
  };
  const { exitCode, output, errors } = await sluice(environment, [...args, '--json']);
  return { exitCode, report: JSON.parse(output || 'null') as T, said: errors };
}

async function expectAuditClean(table: AuditedTable, ...notices: string[]): Promise<void> {
  const report = await table.audit();
  expect(report.findings.map(({ kind }) => kind)).toEqual(notices);
  expect(report.verdict).toBe('clean');
}

describe('a batch that can’t be done as planned', () => {
  it('is cut to its limit in bytes, whatever was expected of its records', async () => {
    const table = await newTable({ change: limits('max_bytes: 1MiB'), topic: { partitions: 3 } });
    for (let round = 0; round < 12; round += 1) {
      for (const partition of [0, 1, 2]) await write(table, 1, { partition, pad: 200_000 });
    }
    await table.ingest();
    expect((await contents(table)).offsets).toEqual([0, 1, 2].flatMap((partition) => offsets(partition, 0, 12)));
    const found = await revisions(table);
    expect(found[0]).toBe('1 too_large');
    // 7.2 MB of records, at most 1 MiB a batch.
    expect(found.length).toBeGreaterThanOrEqual(7);
    await expectAuditClean(table);
  });

  it('takes a record alone that is larger than a batch, and rejects one that is too large for any', async () => {
    const change = limits('max_bytes: 1MiB, max_record_bytes: 2MiB');
    const table = await newTable({ change, topic: { config: { 'max.message.bytes': String(8 * MIB) } } });
    await write(table, 2);
    for (const pad of [1.5 * MIB, 3 * MIB]) await write(table, 1, { pad });
    await write(table, 2);
    await table.ingest();
    const { offsets: rows, rejected } = await contents(table);
    expect(rows).toEqual([...offsets(0, 0, 3), ...offsets(0, 4, 6)]);
    expect(rejected).toEqual([expect.stringMatching(/^0\/3 too_large 31458\d\d$/)]);
    await expectAuditClean(table);
  });

  it('is halved until it falls into no more partitions than its definition allows', async () => {
    const table = await newTable({ change: limits('max_partitions: 2') });
    const hours = [0, 1, 2, 3, 4, 5];
    const values = hours.map((hour) =>
      recordOf((mark += 1), { event_time: new Date(Date.now() - hour * 3_600_000).toISOString() }),
    );
    await send(test.settings.kafka, table.definition.source.topic, values);
    await table.ingest();
    expect((await contents(table)).offsets).toEqual(offsets(0, 0, 6));
    expect((await revisions(table))[0]).toMatch(/^\d too_many_partitions$/);
    await expectAuditClean(table);
  });

  it('is done anew, by the definition as it is then, once an operator has abandoned it', async () => {
    const table = await newTable();
    await write(table, 3);
    await table.ingest();
    await write(table, 3);
    const { table: name } = table.definition;
    expect((await operate<PlanReport>(table, ['plan', 'show', name])).report).toMatchObject({
      sequence: 2,
      state: 'none',
      plan: null,
    });
    const opened = await table.open();
    const planned = await opened.plan(never);
    table.redefine((yaml) => yaml.replace('columns:\n', 'columns:\n  - { name: note, type: string }\n'));
    const dry = await operate<DecisionReport>(table, ['plan', 'abandon', name]);
    expect(dry.report).toMatchObject({ done: false, before: { plan: { revision: 0, isCurrentDefinition: false } } });
    expect((await operate<PlanReport>(table, ['plan', 'show', name])).report).toMatchObject({ plan: { revision: 0 } });
    const { report } = await operate<DecisionReport>(table, ['plan', 'abandon', name, '--yes']);
    expect(report).toMatchObject({
      done: true,
      overtaken: false,
      after: { state: 'planned', plan: { revision: 1, isCurrentDefinition: true, change: { reason: 'abandoned' } } },
    });
    // Whoever still works at the older revision is in time or wasted, never both.
    if (planned === undefined) throw new Error('nothing was planned');
    const late = await opened.writeAndSeal(planned.plan, never);
    expect(late.revision).toBe(0);
    const refused = await operate(table, ['plan', 'abandon', name, '--yes']);
    expect([refused.exitCode, refused.said]).toEqual([2, expect.stringContaining('sealed (revision 0')]);
    await table.ingest();
    expect((await contents(table)).offsets).toEqual(offsets(0, 0, 6));
    await expectAuditClean(table);
  });
});

describe('records that can’t be had', () => {
  it('that expired under a plan stop the table, until an operator accepts the loss, which is known from then on', async () => {
    const table = await newTable();
    const { table: name, source } = table.definition;
    await write(table, 10);
    await table.ingest();
    await write(table, 10);
    const opened = await table.open();
    const planned = await opened.plan(never);
    if (planned === undefined) throw new Error('nothing was planned');
    await expire(table.parts.cluster, source.topic, 14n);
    await expect(opened.writeAndSeal(planned.plan, never)).rejects.toMatchObject({ code: 'OFFSET_EXPIRED' });
    const refused = await operate(table, ['plan', 'abandon', name, '--yes']);
    expect(refused).toMatchObject({ exitCode: 1, said: expect.stringContaining('sluice accept-loss') as string });
    const lost = [{ partition: 0, startOffset: '10', endOffset: '14', cause: 'expired' }];
    const dry = await operate<DecisionReport>(table, ['accept-loss', name]);
    expect(dry.report).toMatchObject({ done: false, after: { plan: { revision: 1, lost } } });
    await expect(opened.writeAndSeal(planned.plan, never)).rejects.toMatchObject({ code: 'OFFSET_EXPIRED' });
    const { report } = await operate<DecisionReport>(table, ['accept-loss', name, '--yes']);
    expect(report).toMatchObject({
      done: true,
      after: { plan: { ranges: [{ startOffset: '14', endOffset: '20' }], lost } },
    });
    await table.ingest();
    expect((await contents(table)).offsets).toEqual([...offsets(0, 0, 10), ...offsets(0, 14, 20)]);
    const log = await table.log();
    const entry = await log.readEntry(log.snapshot.version);
    expect(entry?.actions.find(({ commitInfo }) => commitInfo)?.commitInfo?.sluice?.lost).toMatchObject(lost);
    const status = (await operate<StatusReport>(table, ['status'])).report;
    expect(status.tables[0]?.lost).toMatchObject(lost);
    await expectAuditClean(table, 'offsets_expired', 'offsets_given_up');
    const again = await operate(table, ['accept-loss', name]);
    expect([again.exitCode, again.said]).toEqual([2, expect.stringContaining('Nothing of')]);
  });

  it('that expired before they were planned get a plan which names them', async () => {
    const table = await newTable();
    const { table: name, source } = table.definition;
    await write(table, 5);
    await table.ingest();
    await write(table, 5);
    await expire(table.parts.cluster, source.topic, 8n);
    await expect(table.ingest()).rejects.toMatchObject({ code: 'OFFSET_EXPIRED' });
    const { report } = await operate<DecisionReport>(table, ['accept-loss', name, '--yes']);
    expect(report).toMatchObject({
      done: true,
      before: { state: 'none' },
      after: { plan: { revision: 0, ranges: [] } },
    });
    await table.ingest();
    expect((await contents(table)).offsets).toEqual([...offsets(0, 0, 5), ...offsets(0, 8, 10)]);
    await expectAuditClean(table, 'offsets_expired', 'offsets_given_up');
  });

  it('for they expand beyond what a worker may hold, hold up nothing before them, and are given up by name', async () => {
    const table = await newTable({ topic: { config: { 'max.message.bytes': String(8 * MIB) } } });
    const { table: name, source } = table.definition;
    await write(table, 3);
    await send(test.settings.kafka, source.topic, [`{"x":"${'x'.repeat(257 * MIB)}"}`], { codec: 'gzip' });
    await write(table, 3);
    await expect(table.ingest()).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
      details: { partition: 0, offset: '3' },
    });
    expect((await contents(table)).offsets).toEqual(offsets(0, 0, 3));
    expect(await revisions(table)).toEqual(['1 unreadable', '0']);
    const giveUp = ['accept-loss', name, '--partition', '0', '--to'];
    expect((await operate(table, [...giveUp, '9'])).said).toContain('not above 7');
    const { report } = await operate<DecisionReport>(table, [...giveUp, '4', '--yes']);
    expect(report.after.plan?.lost).toMatchObject([{ startOffset: '3', endOffset: '4', cause: 'given_up' }]);
    await table.ingest();
    expect((await contents(table)).offsets).toEqual([...offsets(0, 0, 3), ...offsets(0, 4, 7)]);
    await expectAuditClean(table, 'offsets_given_up');
  });
});

describe('a topic', () => {
  it('that was made anew is refused, with what to do; a new table takes it, and the old one stays as it is', async () => {
    const table = await newTable();
    const { source } = table.definition;
    await write(table, 4);
    await table.ingest();
    await deleteTopic(test.settings.kafka, source.topic);
    await expect(table.ingest()).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    await ensureTopic(test.settings.kafka, { topic: source.topic, partitions: 1, replicationFactor: 1 });
    await write(table, 2);
    const failure = await table.ingest().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({
      code: 'TOPIC_RECREATED',
      remedy: expect.stringContaining('under a new table name') as string,
    });
    const refused = await operate(table, ['accept-loss', table.definition.table, '--yes']);
    expect(refused).toMatchObject({ exitCode: 1, said: expect.stringContaining('TOPIC_RECREATED') as string });
    const old = table.definition;
    const file = join(table.settings.tablesFolder, `${old.table}.yaml`);
    const renamed = `${old.table}_2`;
    writeFileSync(
      join(table.settings.tablesFolder, `${renamed}.yaml`),
      readFileSync(file, 'utf8').replace(`table: ${old.table}`, `table: ${renamed}`),
    );
    table.definition = { ...old, table: renamed };
    await table.ingest();
    expect((await contents(table)).offsets).toEqual(offsets(0, 0, 2));
    table.definition = old;
    expect((await contents(table)).offsets).toEqual(offsets(0, 0, 4));
  });

  it('gets more partitions, loses a leader and mixes all codecs, and the table has each record once', async () => {
    const table = await newTable({ topic: { partitions: 2, replicationFactor: 3 } });
    const { source } = table.definition;
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
    for (const codec of codecs) for (const partition of [0, 1]) await write(table, 50, { codec, partition });
    await table.ingest();
    await addPartitions(table.parts.cluster, source.topic, 3);
    await waitFor('the new partition to have a leader', 30_000, async () => {
      const { partitions } = await table.parts.cluster.describeTopic(source.topic);
      return (partitions.length === 3 && partitions.every(({ leader }) => leader > 0)) || undefined;
    });
    await write(table, 20, { partition: 2 });
    for (const partition of [0, 1]) await write(table, 50, { partition });
    const opened = await table.open();
    const planned = await opened.plan(never);
    if (planned === undefined) throw new Error('nothing was planned');
    const { partitions } = await table.parts.cluster.describeTopic(source.topic);
    test.stack.component(`kafka-${partitions[0]?.leader ?? 1}`).kill('SIGKILL');
    await opened.commit(await opened.writeAndSeal(planned.plan, never), []);
    await waitFor('all brokers to be back', 60_000, async () => {
      const now = await table.parts.cluster.describeTopic(source.topic);
      return now.partitions.every(({ leader }) => leader > 0) || undefined;
    });
    await table.ingest();
    expect((await contents(table)).offsets).toEqual([
      ...offsets(0, 0, 300),
      ...offsets(1, 0, 300),
      ...offsets(2, 0, 20),
    ]);
    await expectAuditClean(table);
  });

  it('is compacted while it is read: gaps, tombstones, null keys and headers take no record away and add none', async () => {
    const config = {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'min.compaction.lag.ms': '0',
    };
    const table = await newTable({ topic: { config } });
    const { topic } = table.definition.source;
    const { writer, parts } = table;
    const keyed = (): { key: string; value: Buffer; rejectedFor: undefined; mark: number } => ({
      key: 'k',
      value: Buffer.from(recordOf((mark += 1))),
      rejectedFor: undefined,
      mark,
    });
    for (let round = 0; round < 5; round += 1) await writer.write(0, [keyed(), keyed()]);
    await waitFor('old records to be compacted away', 120_000, async () => {
      await writer.write(0, [keyed()]);
      return !(await heldOffsets(parts.cluster, topic)).includes(0n) || undefined;
    });
    await writer.write(0, [{ key: 'k', value: null, rejectedFor: 'null_value', mark: 0 }]);
    await table.ingest();
    const { offsets: rows, rejected } = await contents(table);
    expect(rows).not.toContain('0/0');
    expect(rows.length).toBeGreaterThan(0);
    expect(rejected).toEqual([expect.stringMatching(/null_value 0$/)]);
    expect((await table.audit()).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('a definition', () => {
  it('takes new columns at a batch’s boundary, with one file an hour a batch', async () => {
    const table = await newTable();
    await write(table, 3);
    await table.ingest();
    table.redefine((yaml) => yaml.replace('columns:\n', 'columns:\n  - { name: padding, type: string }\n'));
    await write(table, 3, { pad: 5 });
    await table.ingest();
    const paths = [...(await table.log()).snapshot.files.values()].map(({ path }) => path.slice(0, 16));
    expect(new Set(paths).size).toBe(2);
    await expectAuditClean(table);
  });

  it.each([
    [
      'widens a column',
      (yaml: string) => yaml.replace('cores, type: int', 'cores, type: bigint'),
      /cores .* has become long from integer/,
    ],
    [
      'narrows a column',
      (yaml: string) => yaml.replace('memory_total_bytes, type: bigint', 'memory_total_bytes, type: int'),
      /memory_total_bytes .* has become integer from long/,
    ],
    ['takes a column out', (yaml: string) => yaml.replace(/.*name: cores,.*\n/, ''), /cores .* has been taken out/],
    [
      'changes the partitioning',
      (yaml: string) => yaml.replace('partition_by: hour', 'partition_by: day'),
      /partitioned by \(dt, hour\)/,
    ],
  ])('that %s is refused with the reason, and nothing is lost', async (_, change, message) => {
    const table = await newTable();
    await write(table, 3);
    await table.ingest();
    const file = join(table.settings.tablesFolder, `${table.definition.table}.yaml`);
    expect(existsSync(file)).toBe(true);
    const right = readFileSync(file, 'utf8');
    table.redefine(change);
    await write(table, 3);
    const failure = await table.ingest().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({
      code: 'DEFINITION_INCOMPATIBLE',
      retryable: true,
      message: expect.stringMatching(message) as string,
    });
    table.redefine(() => right);
    await table.ingest();
    expect((await contents(table)).offsets).toEqual(offsets(0, 0, 6));
  });
});

describe('a table that a worker feeds', () => {
  type TableStatus = StatusReport['tables'][number];

  /** The longest pause between two tries, and a busy machine. */
  const STATE_LIMIT_MS = 120_000;

  /** The worker finds the definition by itself. */
  async function fedTable(options: CreateOptions = {}): Promise<AuditedTable> {
    const table = await newTable({ ...options, inStack: true });
    await becomes(table, 'Running');
    return table;
  }

  async function statusOf({ definition, settings }: AuditedTable): Promise<TableStatus | undefined> {
    const { output } = await sluice({ ...test.environment, SLUICE_TABLES: settings.tablesFolder }, [
      'status',
      '--json',
    ]);
    return (JSON.parse(output) as StatusReport).tables.find(({ table }) => table === definition.table);
  }

  /** Waits until `sluice status` shows the table in this state, for a reason that says all of this. */
  async function becomes(table: AuditedTable, state: string, ...words: readonly string[]): Promise<TableStatus> {
    return waitFor(`${table.definition.table} to be ${state} for "${words.join('", "')}"`, STATE_LIMIT_MS, async () => {
      const status = await statusOf(table);
      const { state: found, reason = '' } = status?.ingest ?? {};
      return found === state && words.every((word) => reason.includes(word)) ? status : undefined;
    });
  }

  async function arrive(table: AuditedTable, wanted: readonly string[]): Promise<void> {
    await waitFor(`${wanted.length} rows to be in ${table.definition.table}`, STATE_LIMIT_MS, async () =>
      (await contents(table)).offsets.length >= wanted.length ? true : undefined,
    );
    expect((await contents(table)).offsets).toEqual(wanted);
  }

  /** Pauses it, and has the batch of what is written meanwhile planned, but not begun. */
  async function plannedWhilePaused(table: AuditedTable, count: number): Promise<string> {
    const { table: name } = table.definition;
    const windows = (await statusOf(table))?.ingest?.windows ?? 0;
    await operate(table, ['pause', name]);
    await waitFor('its window to end', STATE_LIMIT_MS, async () =>
      ((await statusOf(table))?.ingest?.windows ?? 0) > windows ? true : undefined,
    );
    await write(table, count);
    const planned = await (await table.open()).plan(never);
    if (planned === undefined) throw new Error('nothing was planned');
    return planned.plan.definitionHash;
  }

  /** The definition that a batch was planned by asks for what no engine can do, as one of another version might. */
  function spoil(table: AuditedTable, hash: string): void {
    const file = join(table.lakeFolder, table.shape.path, '_sluice', 'definitions', `${hash}.json`);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"type":"double"', '"type":"tesseract"'));
  }

  const withColumn = (name: string) => (yaml: string) =>
    yaml.replace('columns:\n', `columns:\n  - { name: ${name}, type: string }\n`);

  it('tries a batch that can’t be written a few times, says so, and goes on by a corrected definition', async () => {
    const table = await fedTable();
    const { table: name } = table.definition;
    spoil(table, await plannedWhilePaused(table, 5));
    await operate(table, ['resume', name]);
    const stuck = await becomes(
      table,
      'Degraded',
      'Batch 1 (revision 0) has failed 5 times',
      `sluice plan abandon ${name}`,
    );
    expect(stuck).toMatchObject({ rows: 0, ingest: { failure: { sequence: 1, revision: 0, attempts: 5 } } });
    table.redefine(withColumn('note'));
    const { report } = await operate<DecisionReport>(table, ['plan', 'abandon', name, '--yes']);
    expect(report).toMatchObject({ done: true, after: { plan: { revision: 1, isCurrentDefinition: true } } });
    await operate(table, ['resume', name]);
    await arrive(table, offsets(0, 0, 5));
    // The next one is made anew by the corrected definition without being told.
    table.redefine(withColumn('comment'));
    spoil(table, await plannedWhilePaused(table, 5));
    table.redefine(withColumn('remark'));
    await operate(table, ['resume', name]);
    await arrive(table, offsets(0, 0, 10));
    expect(await revisions(table)).toEqual(['1 abandoned', '1 redefined']);
    await becomes(table, 'Running');
    await expectAuditClean(table);
  });

  it('stops where records expired or the topic was made anew, says what to decide, and goes on once that is done', async () => {
    const table = await fedTable();
    const { table: name, source } = table.definition;
    await write(table, 10);
    await arrive(table, offsets(0, 0, 10));
    await plannedWhilePaused(table, 10);
    await expire(table.parts.cluster, source.topic, 14n);
    await operate(table, ['resume', name]);
    await becomes(table, 'Stopped', 'offsets 10 to 13', 'sluice accept-loss', `sluice resume ${name}`);
    await operate(table, ['accept-loss', name, '--yes']);
    await operate(table, ['resume', name]);
    const rows = [...offsets(0, 0, 10), ...offsets(0, 14, 20)];
    await arrive(table, rows);
    const lost = [{ partition: 0, startOffset: '10', endOffset: '14', cause: 'expired' }];
    expect(await becomes(table, 'Running')).toMatchObject({ lost });
    await expectAuditClean(table, 'offsets_expired', 'offsets_given_up');

    await deleteTopic(test.settings.kafka, source.topic);
    await ensureTopic(test.settings.kafka, { topic: source.topic, partitions: 1, replicationFactor: 1 });
    await write(table, 2);
    await becomes(table, 'Stopped', 'deleted and made anew', 'under a new table name');
    const old = table.definition;
    const file = join(table.settings.tablesFolder, `${name}.yaml`);
    const renamed = `${name}_2`;
    const copy = readFileSync(file, 'utf8').replace(`table: ${name}`, `table: ${renamed}`);
    writeFileSync(join(table.settings.tablesFolder, `${renamed}.yaml`), copy);
    table.definition = { ...old, table: renamed };
    await waitFor('the new table to begin', STATE_LIMIT_MS, async () =>
      (await table.log()).snapshot.files.size > 0 ? true : undefined,
    );
    await arrive(table, offsets(0, 0, 2));
    table.definition = old;
    expect((await contents(table)).offsets).toEqual(rows);
  });

  it('takes of transactions what they committed, and waits for one that is open', async () => {
    const table = await fedTable();
    const { topic } = table.definition.source;
    const producers = await transactionalProducers(test.settings.kafka, topic, 2);
    onTestFinished(() => producers.close());
    const [one, two] = producers.all;
    if (!one || !two) throw new Error('there are no producers');
    const good = (count: number): string[] => Array.from({ length: count }, () => recordOf((mark += 1)));
    await one.begin();
    await two.begin();
    await one.send(good(3));
    await two.send(good(3));
    await write(table, 2);
    await one.send(['{"host":']);
    await two.send(['{"host":']);
    expect(await contents(table)).toEqual({ offsets: [], rejected: [] });
    await one.commit();
    await two.abort();
    // Offsets 10 and 11 are the transactions' markers, which are written after their ends are answered.
    await waitFor('both transactions to have ended', STATE_LIMIT_MS, async () =>
      (await table.parts.cluster.offsets(topic)).get(0)?.lastStable === 12n ? true : undefined,
    );
    await one.begin();
    await one.send(good(2));
    await write(table, 2);

    const committed = [...offsets(0, 0, 3), ...offsets(0, 6, 8)];
    await arrive(table, committed);
    // The two records behind the markers are not stable, nor the two behind these.
    const held = await waitFor('all that is stable to be committed', STATE_LIMIT_MS, async () => {
      const status = await statusOf(table);
      return status?.partitions[0]?.committedOffset === '12' ? status : undefined;
    });
    expect(held).toMatchObject({
      rows: 5,
      rejected: 1,
      ingest: { state: 'Running' },
      partitions: [{ endOffset: '12', lag: '0', heldBack: '4' }],
    });
    const { output } = await sluice(test.environment, ['status']);
    expect(output).toContain('partition 0: offset 12, lag 0; 4 more wait for an open transaction to end');
    expect((await contents(table)).rejected).toEqual([expect.stringMatching(/^0\/8 /)]);

    await one.commit();
    await arrive(table, [...committed, ...offsets(0, 12, 16)]);
    expect((await statusOf(table))?.partitions).toMatchObject([{ heldBack: '0' }]);
    await expectAuditClean(table);
  });
});
