import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { drainUpdate, ingestWorkflowId, pauseUpdate, resumeUpdate, statusQuery } from '../workflows/ingest-protocol.ts';
import { sluice } from './cli/command.ts';
import { createTopic } from './engines/fixture-topic.ts';
import { filesBelow } from './files-below.ts';
import { healthRecord, type TestRecord } from './health-records.ts';
import { readThroughHive } from './hive-reader.ts';
import { Brokers, PASSWORD, USER } from './kafka/brokers.ts';
import { sparkProgress } from './spark-progress.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from './table-check.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { TopicWriter } from './topic-writer.ts';
import { waitFor } from './wait-for.ts';

const TOPIC = 'server-health';
const RECORDS = 40_000;
const MESSAGES_PER_SEND = 4_000;
const BAD_EVERY = 1_000;
/** So slow that Spark is at the first batch for seconds, however quick the machine is. */
const READ_QUOTA_BYTES_PER_SECOND = 128 * 1024;
/** A Spark server takes over a minute to come back on a machine that is busy. */
const RECOVERY_LIMIT_MS = 300_000;

/** Of an hour that has ended, so that a compaction brings it to its final form. */
const EARLIER = new Date(Date.now() - 3 * 3_600_000).toISOString();
const EARLIER_RECORDS = 50;
const WIDE_CORES = 5_000_000_000;

let brokers: Brokers;
let test: TestStack;
let writer: TopicWriter;
let client: Client;
let mark = 0;

beforeAll(async () => {
  brokers = await Brokers.create();
  // Spark takes longest to start: the brokers are ready before a worker asks for them.
  const starting = startTestStack({
    own: ['worker', 'background'],
    defined: (text) => `${text}archive: true\n`,
    environment: {
      SLUICE_ENGINE: 'spark',
      ...brokers.loginEnvironment,
    },
  });
  await brokers.start();
  await brokers.addScramUser();
  await createTopic(brokers.settings, TOPIC, 2);
  test = await starting;
  writer = await TopicWriter.open(brokers.settings.brokers, TOPIC);
  client = new Client({ connection: await Connection.connect({ address: test.settings.temporal.address }) });
});

afterAll(async () => {
  await client.connection.close();
  await writer.close();
  await test.stop();
  await brokers.stop();
});

async function run(...args: string[]): Promise<unknown> {
  const { exitCode, output, errors } = await sluice(test.environment, [...args, '--json']);
  expect(errors + String(exitCode)).toBe('0');
  return JSON.parse(output);
}

async function writeRecords(partition: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, () => healthRecord((mark += 1), mark % BAD_EVERY === 1));
  await writer.write(partition, records);
}

/** Records of the earlier hour, in partition 0. @param rejectedFor why they can't be rows yet */
async function writeEarlier(cores: number, rejectedFor?: string): Promise<void> {
  const records = Array.from({ length: EARLIER_RECORDS }, (): TestRecord => {
    const record = healthRecord((mark += 1), false);
    const value = { host: record.key, event_time: EARLIER, cores, load_1: record.mark };
    return { ...record, value: Buffer.from(JSON.stringify(value)), rejectedFor };
  });
  await writer.write(0, records);
}

/** Rows, and physical types and values of `cores`, in the earlier hour's live files. */
async function earlierCores(): Promise<Record<string, unknown>> {
  const log = new TableLog(openStorage(test.settings), `health/${TABLE}`);
  await log.refresh();
  const hour = { dt: EARLIER.slice(0, 10), hour: String(Number(EARLIER.slice(11, 13))) };
  const files = [...log.snapshot.files.values()].filter(
    ({ partitionValues }) => partitionValues['dt'] === hour.dt && partitionValues['hour'] === hour.hour,
  );
  const folder = join(fileURLToPath(test.settings.lakeUri), 'health', TABLE);
  const paths = files.map(({ path }) => literal(join(folder, decodeURIComponent(path)))).join(', ');
  const [found] = await DuckDbSession.once(
    `SELECT (SELECT list(DISTINCT type ORDER BY type)::VARCHAR FROM parquet_schema([${paths}]) WHERE name = 'cores') AS types,
       count(*)::INTEGER AS rows, sum(cores)::VARCHAR AS cores FROM read_parquet([${paths}], union_by_name = true)`,
  );
  return { files: files.length, ...found };
}

describe('the main job on Spark, from brokers that want a log-in', () => {
  it('tells Temporal how far Spark is, and commits the batch once though the server is killed in the midst of it', async () => {
    const ingestion = client.workflow.getHandle(ingestWorkflowId(TABLE));
    await ingestion.executeUpdate(pauseUpdate, { args: ['tester'] });
    for (let sent = 0; sent < RECORDS; sent += MESSAGES_PER_SEND) {
      await writeRecords((sent / MESSAGES_PER_SEND) % 2, MESSAGES_PER_SEND);
    }
    await writeEarlier(8);
    await writeEarlier(WIDE_CORES, 'wrong_type');
    await brokers.setReadQuota({ user: USER }, READ_QUOTA_BYTES_PER_SECOND);
    await ingestion.executeUpdate(resumeUpdate, { args: ['tester'] });
    const words = await waitFor('Spark to say how far it is', 240_000, () =>
      sparkProgress(client, ingestWorkflowId(TABLE)),
    );
    expect(words).toMatch(/^Spark: 0 of 1 stages/);
    test.stack.component('spark').kill('SIGKILL');
    await brokers.setReadQuota({ user: USER }, undefined);
    await waitUntilCommitted(test.settings, writer.written, RECOVERY_LIMIT_MS);
    expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
  }, 600_000);

  it('is read alike through Hive', async () => {
    const good = [...writer.written].filter(([, { rejectedFor }]) => rejectedFor === undefined);
    const found = await waitFor('Hive to hold every row', 60_000, async () => {
      const rows = await readThroughHive(test.settings);
      return rows.size === good.length ? rows : undefined;
    });
    expect([...found].sort()).toEqual(good.map(([at, record]) => [at, record.mark]).sort());
  });

  it('goes on with a column that has become wider', async () => {
    const ingestion = client.workflow.getHandle(ingestWorkflowId(TABLE));
    await ingestion.executeUpdate(drainUpdate, { args: ['tester'] });
    // No window is under way any more that has read the definition as it was.
    await waitFor('the drained table to pause', 120_000, async () => {
      const { state, reason } = await ingestion.query(statusQuery);
      return (state === 'Paused' && reason.startsWith('Drained')) || undefined;
    });
    const file = join(test.settings.tablesFolder, `${TABLE}.yaml`);
    const narrow = readFileSync(file, 'utf8');
    writeFileSync(`${file}.new`, narrow.replace('name: cores, type: int', 'name: cores, type: bigint'));
    renameSync(`${file}.new`, file);
    await writeEarlier(WIDE_CORES);
    await ingestion.executeUpdate(resumeUpdate, { args: ['tester'] });
    await waitUntilCommitted(test.settings, writer.written, 120_000);
    expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
    const cores = String(EARLIER_RECORDS * (8 + WIDE_CORES));
    expect(await earlierCores()).toEqual({ files: 2, types: '[INT32, INT64]', rows: 2 * EARLIER_RECORDS, cores });
  });

  it('is backfilled and compacted on Spark as well, and then audited by DuckDB', async () => {
    const end = RECORDS / 2 + 2 * EARLIER_RECORDS;
    const range = ['--partition', '0', '--from-offset', '0', '--to-offset', String(end), '--engine', 'spark'];
    expect(await run('backfill', TABLE, ...range)).toMatchObject({ engine: 'spark', units: 1 });
    const rejectedRows = RECORDS / 2 / BAD_EVERY;
    const rows = end - rejectedRows;
    expect(await run('backfill', TABLE, ...range, '--yes')).toMatchObject({ state: 'Done', rows, rejectedRows });
    const [{ plan } = { plan: {} }] = (await run('backfill', 'list', TABLE)) as { plan: object }[];
    expect(plan).toMatchObject({ engine: 'spark' });
    for (const [at, record] of writer.written) {
      // It was too large for the column as it was.
      const fits = record.rejectedFor === 'wrong_type' && String(record.value).includes(`"cores":${WIDE_CORES}`);
      if (fits) writer.written.set(at, { ...record, rejectedFor: undefined });
    }
    expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
    const { filesBefore, ...compacted } = (await run('compact', TABLE, '--engine', 'spark')) as Record<string, number>;
    expect(compacted).toMatchObject({ rewrites: 1, filesAfter: 1, rows: 3 * EARLIER_RECORDS, conflicts: 0 });
    expect(filesBefore).toBeGreaterThan(1);
    const cores = String(EARLIER_RECORDS * (8 + 2 * WIDE_CORES));
    expect(await earlierCores()).toEqual({ files: 1, types: '[INT64]', rows: 3 * EARLIER_RECORDS, cores });
    expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
    expect(await run('audit', TABLE)).toMatchObject({ verdict: 'clean', findings: [] });
  });

  it('has archived every record by Spark', async () => {
    const [archived] = (await run(
      'sql',
      `SELECT count(*) AS records, count(DISTINCT (kafka_partition, kafka_offset)) AS offsets FROM ${TABLE}_archive`,
    )) as Record<string, string>[];
    expect(Object.values(archived ?? {}).map(Number)).toEqual([writer.written.size, writer.written.size]);
    const files = join(fileURLToPath(test.settings.lakeUri), 'health', `${TABLE}_archive`, 'data', '*.parquet');
    const makers = await DuckDbSession.once(`SELECT DISTINCT created_by FROM parquet_file_metadata(${literal(files)})`);
    expect(makers.map((maker) => String(maker['created_by']))).toEqual([expect.stringMatching(/^parquet-mr/)]);
  });

  it('leaves the password for Kafka in no plan, log or history, but in the one file that Spark reads it from', () => {
    const files = filesBelow(test.settings.home);
    const holding = files.filter(([, bytes]) => bytes.includes(PASSWORD)).map(([path]) => path);
    expect(holding).toEqual([]);
    const escaped = files.filter(([, bytes]) => bytes.includes(PASSWORD.replaceAll(' ', '\\u0020')));
    expect(escaped.map(([path]) => path)).toEqual([join(test.settings.home, 'spark', 'kafka.properties')]);
    expect(files.length).toBeGreaterThan(50);
  });
});
