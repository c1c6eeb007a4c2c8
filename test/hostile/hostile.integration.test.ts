import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../cli/status.ts';
import { loadDefinition } from '../../definition/load.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import type { AuditReport } from '../../plans/audit-report.ts';
import { partitionAppId } from '../../plans/batch.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { deletedBy, type VacuumReport } from '../../plans/vacuum-report.ts';
import type { CompactionReport } from '../../workflows/compaction-protocol.ts';
import { sluice } from '../cli/command.ts';
import { hiveFiles } from '../hive-reader.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { TopicWriter } from '../topic-writer.ts';
import { waitFor } from '../wait-for.ts';
import { compareWithTopic } from './fuzz-check.ts';
import { KIND_NAMES } from './fuzzed-record.ts';
import { FuzzedTopic } from './fuzzed-topic.ts';
import { DATABASE, DEFINITION, hostileRecord, hostileRow, swollenRecord, TABLE, TOPIC } from './hostile-table.ts';

/** `npm run fuzz` takes a million, and others each time; SLUICE_FUZZ_SEED makes the same records again. */
const MALFORMED = Number(process.env['SLUICE_FUZZ_RECORDS'] ?? 20_000);
const SEED = process.env['SLUICE_FUZZ_SEED'] ?? (MALFORMED > 20_000 ? randomUUID() : 'fuzz');
const LIMIT_MS = 120_000 + MALFORMED;

let test: TestStack;

beforeAll(async () => {
  test = await startTestStack({ own: ['worker', 'background'], tables: { [TABLE]: DEFINITION } });
});

afterAll(async () => {
  await test.stop();
});

/** Waits until the log says that every partition is committed to its end. */
async function waitUntilCommitted(table: string, ends: readonly number[]): Promise<void> {
  const definition = loadDefinition(test.settings.tablesFolder, table);
  const log = new TableLog(openStorage(test.settings), mainTable(definition).path);
  await waitFor('every record to be committed', LIMIT_MS, async () => {
    await log.refresh();
    const committed = (partition: number): number =>
      log.snapshot.transactionVersion(partitionAppId(definition.source.topic, partition)) ?? 0;
    return ends.every((end, partition) => committed(partition) === end) || undefined;
  });
}

it(
  `has each of ${MALFORMED} malformed records once in the rejected table, with its bytes and a reason that fits (seed ${SEED})`,
  async () => {
    const { table, source } = loadDefinition(test.settings.tablesFolder, 'server_health');
    const wanted = { seed: SEED, malformed: MALFORMED };
    const fuzzed = await FuzzedTopic.fill(test.settings.kafka.brokers, source.topic, wanted);
    await waitUntilCommitted(table, fuzzed.ends);
    const { rows, rejected, kinds, differences } = await compareWithTopic(test.settings, table, fuzzed);
    expect(differences).toEqual([]);
    expect(rejected).toBeGreaterThanOrEqual(MALFORMED);
    expect(rows).toBe(rejected / 10);
    expect([...kinds].sort()).toEqual(['acceptable', ...KIND_NAMES].sort());
  },
  2 * LIMIT_MS,
);

describe('a table whose every name means something else to somebody', () => {
  const written: { partition: number; mark: number }[] = [];
  let writer: TopicWriter;

  beforeAll(async () => {
    writer = await TopicWriter.open(test.settings.kafka.brokers, TOPIC);
  });

  afterAll(async () => {
    await writer.close();
  });

  /** So many records to each of three partitions; waits until they are committed. */
  async function write(count: number): Promise<void> {
    const ends = [0, 0, 0];
    for (const partition of ends.keys()) {
      const marks = Array.from({ length: count }, (_, index) => written.length + index);
      await writer.write(
        partition,
        marks.map((mark) => hostileRecord(mark, Date.now())),
      );
      written.push(...marks.map((mark) => ({ partition, mark })));
      ends[partition] = written.filter((record) => record.partition === partition).length;
    }
    await waitUntilCommitted(TABLE, ends);
  }

  async function operate<T>(...args: readonly string[]): Promise<T> {
    const { exitCode, output, errors } = await sluice(test.environment, [...args, '--json']);
    expect({ args, exitCode, errors }).toEqual({ args, exitCode: 0, errors: expect.any(String) as string });
    return JSON.parse(output) as T;
  }

  /** The rows as SQL and as a reader of Hive's partitions alone has them, and what an audit says. */
  async function expectEveryRowOnce(): Promise<void> {
    const good = written.filter(({ mark }) => hostileRecord(mark, 0).rejectedFor === undefined);
    const wanted = good.map(({ mark }) => hostileRow(mark)).sort((a, b) => Number(a['int']) - Number(b['int']));
    const columns = Object.keys(wanted[0] ?? {});
    const list = columns.map((name) => `"${name}"`).join(', ');
    expect(await operate('sql', `SELECT ${list} FROM "${TABLE}" ORDER BY "int"`)).toEqual(wanted);
    const rejected = await operate(
      'sql',
      `SELECT count(*)::INT AS n FROM "${TABLE}_rejected" WHERE reason = 'wrong_type'`,
    );
    expect(rejected).toEqual([{ n: written.length - good.length }]);
    const rows = await waitFor('Hive to hold every row', 60_000, async () => {
      const files = await hiveFiles(test.settings, { database: DATABASE, table: TABLE });
      const read = files.map((file) =>
        parquetReadObjects({ file: Uint8Array.from(readFileSync(file)).buffer, columns, compressors }),
      );
      const found = (await Promise.all(read)).flat();
      return found.length === good.length ? found : undefined;
    });
    expect(rows.sort((a, b) => Number(a['int']) - Number(b['int']))).toEqual(wanted);
    const report = await operate<AuditReport>('audit', TABLE);
    expect(report).toMatchObject({ verdict: 'clean', findings: [] });
  }

  it('is ingested, published, queried and audited', async () => {
    for (let batch = 0; batch < 3; batch += 1) await write(50);
    await expectEveryRowOnce();
    const { tables } = await operate<StatusReport>('status');
    expect(tables.find(({ table }) => table === TABLE)).toMatchObject({ ingest: { state: 'Running' } });
  });

  it('is compacted, derived anew and vacuumed', async () => {
    expect((await operate<CompactionReport>('compact', TABLE)).rewrites).toBeGreaterThan(0);
    await expectEveryRowOnce();
    await operate('backfill', TABLE, '--from-offset', '10', '--to-offset', '40', '--yes');
    await expectEveryRowOnce();
    expect(deletedBy(await operate<VacuumReport>('vacuum', TABLE)).files).toBeGreaterThan(0);
    await expectEveryRowOnce();
  });

  it('is held up by no field name, however long', async () => {
    const before = written.filter(({ partition }) => partition === 0).length;
    for (let count = 0; count < 4; count += 1)
      await writer.write(0, [swollenRecord(written.length + count, Date.now())]);
    await waitUntilCommitted(TABLE, [before + 4]);
    // The window in which they came has ended well, and its summary is what Temporal keeps of it.
    await operate('drain', TABLE);
    const status = await waitFor('the drained table to pause', 60_000, async () => {
      const { ingest } = (await operate<StatusReport>('status')).tables.find(({ table }) => table === TABLE) ?? {};
      return ingest?.state === 'Paused' ? ingest : undefined;
    });
    expect(status.reason).toMatch(/^Drained/);
  });
});
