import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionReport } from '../../cli/decision.ts';
import type { PlanReport } from '../../cli/plan-report.ts';
import type { StatusReport } from '../../cli/status.ts';
import { ensureTopic } from '../../kafka/admin.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { everyBroker } from '../kafka/every-broker.ts';
import { waitFor } from '../wait-for.ts';
import {
  contents,
  expectAuditClean,
  newTable,
  nextRecord,
  offsets,
  operate,
  revisions,
  write,
} from './decided-table.ts';
import { describeFedTable } from './fed-table.ts';
import { addPartitions, deleteTopic, expire, heldOffsets, send } from './surprising-topic.ts';
import { describeWidening } from './widening.ts';

const never = new AbortController().signal;
const MIB = 1024 ** 2;

let test: TestStack;

beforeAll(async () => {
  test = await startTestStack({ own: ['worker'] });
});

afterAll(async () => {
  await test.stop();
});

/** The definition with these limits, the others as they are. */
function limits(text: string): (yaml: string) => string {
  return (yaml) => yaml.replace(/limits:\n( {2}.*\n)+/, `limits: { ${text} }\n`);
}

describe('a batch that can’t be done as planned', () => {
  it('is cut to its limit in bytes, whatever was expected of its records', async () => {
    const table = await newTable(test, { change: limits('max_bytes: 1MiB'), topic: { partitions: 3 } });
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
    const table = await newTable(test, { change, topic: { config: { 'max.message.bytes': String(8 * MIB) } } });
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
    const table = await newTable(test, { change: limits('max_partitions: 2') });
    const hours = [0, 1, 2, 3, 4, 5];
    const values = hours.map((hour) =>
      nextRecord({ event_time: new Date(Date.now() - hour * 3_600_000).toISOString() }),
    );
    await send(test.settings.kafka, table.definition.source.topic, values);
    await table.ingest();
    expect((await contents(table)).offsets).toEqual(offsets(0, 0, 6));
    expect((await revisions(table))[0]).toMatch(/^\d too_many_partitions$/);
    await expectAuditClean(table);
  });

  it('is done anew, by the definition as it is then, once an operator has abandoned it', async () => {
    const table = await newTable(test);
    await write(table, 3);
    await table.ingest();
    await write(table, 3);
    const { table: name } = table.definition;
    expect((await operate<PlanReport>(test, table, ['plan', 'show', name])).report).toMatchObject({
      sequence: 2,
      state: 'none',
      plan: null,
    });
    const opened = await table.open();
    const planned = await opened.plan(never);
    table.redefine((yaml) => yaml.replace('columns:\n', 'columns:\n  - { name: note, type: string }\n'));
    const dry = await operate<DecisionReport>(test, table, ['plan', 'abandon', name]);
    expect(dry.report).toMatchObject({ done: false, before: { plan: { revision: 0, isCurrentDefinition: false } } });
    expect((await operate<PlanReport>(test, table, ['plan', 'show', name])).report).toMatchObject({
      plan: { revision: 0 },
    });
    const { report } = await operate<DecisionReport>(test, table, ['plan', 'abandon', name, '--yes']);
    expect(report).toMatchObject({
      done: true,
      overtaken: false,
      after: { state: 'planned', plan: { revision: 1, isCurrentDefinition: true, change: { reason: 'abandoned' } } },
    });
    // Whoever still works at the older revision is in time or wasted, never both.
    if (planned === undefined) throw new Error('nothing was planned');
    const late = await opened.writeAndSeal(planned.plan, never);
    expect(late.revision).toBe(0);
    const refused = await operate(test, table, ['plan', 'abandon', name, '--yes']);
    expect([refused.exitCode, refused.said]).toEqual([2, expect.stringContaining('sealed (revision 0')]);
    await table.ingest();
    expect((await contents(table)).offsets).toEqual(offsets(0, 0, 6));
    await expectAuditClean(table);
  });
});

describe('records that can’t be had', () => {
  it('that expired under a plan stop the table, until an operator accepts the loss, which is known from then on', async () => {
    const table = await newTable(test);
    const { table: name, source } = table.definition;
    await write(table, 10);
    await table.ingest();
    await write(table, 10);
    const opened = await table.open();
    const planned = await opened.plan(never);
    if (planned === undefined) throw new Error('nothing was planned');
    await expire(table.parts.cluster, source.topic, 14n);
    await expect(opened.writeAndSeal(planned.plan, never)).rejects.toMatchObject({ code: 'OFFSET_EXPIRED' });
    const refused = await operate(test, table, ['plan', 'abandon', name, '--yes']);
    expect(refused).toMatchObject({ exitCode: 1, said: expect.stringContaining('sluice accept-loss') as string });
    const lost = [{ partition: 0, startOffset: '10', endOffset: '14', cause: 'expired' }];
    const dry = await operate<DecisionReport>(test, table, ['accept-loss', name]);
    expect(dry.report).toMatchObject({ done: false, after: { plan: { revision: 1, lost } } });
    await expect(opened.writeAndSeal(planned.plan, never)).rejects.toMatchObject({ code: 'OFFSET_EXPIRED' });
    const { report } = await operate<DecisionReport>(test, table, ['accept-loss', name, '--yes']);
    expect(report).toMatchObject({
      done: true,
      after: { plan: { ranges: [{ startOffset: '14', endOffset: '20' }], lost } },
    });
    await table.ingest();
    expect((await contents(table)).offsets).toEqual([...offsets(0, 0, 10), ...offsets(0, 14, 20)]);
    const log = await table.log();
    const entry = await log.readEntry(log.snapshot.version);
    expect(entry?.actions.find(({ commitInfo }) => commitInfo)?.commitInfo?.sluice?.lost).toMatchObject(lost);
    const status = (await operate<StatusReport>(test, table, ['status'])).report;
    expect(status.tables[0]?.lost).toMatchObject(lost);
    await expectAuditClean(table, 'offsets_expired', 'offsets_given_up');
    const again = await operate(test, table, ['accept-loss', name]);
    expect([again.exitCode, again.said]).toEqual([2, expect.stringContaining('Nothing of')]);
  });

  it('that expired before they were planned get a plan which names them', async () => {
    const table = await newTable(test);
    const { table: name, source } = table.definition;
    await write(table, 5);
    await table.ingest();
    await write(table, 5);
    await expire(table.parts.cluster, source.topic, 8n);
    await expect(table.ingest()).rejects.toMatchObject({ code: 'OFFSET_EXPIRED' });
    const { report } = await operate<DecisionReport>(test, table, ['accept-loss', name, '--yes']);
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
    const table = await newTable(test, { topic: { config: { 'max.message.bytes': String(8 * MIB) } } });
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
    expect((await operate(test, table, [...giveUp, '9'])).said).toContain('not above 7');
    const { report } = await operate<DecisionReport>(test, table, [...giveUp, '4', '--yes']);
    expect(report.after.plan?.lost).toMatchObject([{ startOffset: '3', endOffset: '4', cause: 'given_up' }]);
    await table.ingest();
    expect((await contents(table)).offsets).toEqual([...offsets(0, 0, 3), ...offsets(0, 4, 7)]);
    await expectAuditClean(table, 'offsets_given_up');
  });
});

describe('a topic', () => {
  it('that was made anew is refused, with what to do; a new table takes it, and the old one stays as it is', async () => {
    const table = await newTable(test);
    const { source } = table.definition;
    await write(table, 4);
    await table.ingest();
    await deleteTopic(test.settings.kafka, source.topic);
    await expect(table.ingest()).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    await ensureTopic(test.settings.kafka, { topic: source.topic, partitions: 1, replicationFactor: 1 });
    await everyBroker(test.settings.kafka, source.topic, (known) => known !== undefined);
    await write(table, 2);
    const failure = await table.ingest().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({
      code: 'TOPIC_RECREATED',
      remedy: expect.stringContaining('under a new table name') as string,
    });
    const refused = await operate(test, table, ['accept-loss', table.definition.table, '--yes']);
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
    const table = await newTable(test, { topic: { partitions: 2, replicationFactor: 3 } });
    const { source } = table.definition;
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
    for (const codec of codecs) for (const partition of [0, 1]) await write(table, 50, { codec, partition });
    await table.ingest();
    // A client puts records elsewhere whose broker has not heard of their partition.
    await addPartitions(test.settings.kafka, table.parts.cluster, source.topic, 3);
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
    const table = await newTable(test, { topic: { config } });
    const { topic } = table.definition.source;
    const { writer, parts } = table;
    const keyed = (): { key: string; value: Buffer; rejectedFor: undefined; mark: number } => ({
      key: 'k',
      value: Buffer.from(nextRecord()),
      rejectedFor: undefined,
      mark: 0,
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
    const table = await newTable(test);
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
      'narrows a column',
      (yaml: string) => yaml.replace('memory_total_bytes, type: bigint', 'memory_total_bytes, type: int'),
      /memory_total_bytes .* has become integer from long, which does not hold all/,
    ],
    [
      'makes a number inexact',
      (yaml: string) => yaml.replace('cores, type: int', 'cores, type: double'),
      /cores .* has become double from integer/,
    ],
    ['takes a column out', (yaml: string) => yaml.replace(/.*name: cores,.*\n/, ''), /cores .* has been taken out/],
    [
      'changes the partitioning',
      (yaml: string) => yaml.replace('partition_by: hour', 'partition_by: day'),
      /partitioned by \(dt, hour\)/,
    ],
  ])('that %s is refused with the reason, and nothing is lost', async (_, change, message) => {
    const table = await newTable(test);
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

describeWidening(() => test);

describeFedTable(() => test);
