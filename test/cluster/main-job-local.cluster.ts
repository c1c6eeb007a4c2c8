import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pauseUpdate, resumeUpdate, ingestWorkflowId } from '../../workflows/ingest-protocol.ts';
import { sluice } from '../cli/command.ts';
import { createTopic } from '../engines/fixture-topic.ts';
import { filesBelow } from '../files-below.ts';
import { healthRecord } from '../health-records.ts';
import { readThroughHive } from '../hive-reader.ts';
import { Brokers, PASSWORD, USER } from '../kafka/brokers.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from '../table-check.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { TopicWriter } from '../topic-writer.ts';
import { waitFor } from '../wait-for.ts';

const TOPIC = 'server-health';
/** The first batch is a table's first and a server's: it takes seconds, so that Spark says how far it is. */
const RECORDS = 40_000;
/** A Spark server takes over a minute to come back on a machine that is busy. */
const RECOVERY_LIMIT_MS = 300_000;
const MESSAGES_PER_SEND = 4_000;
const BAD_EVERY = 1_000;

let brokers: Brokers;
let test: TestStack;
let writer: TopicWriter;
let client: Client;

beforeAll(async () => {
  brokers = await Brokers.create();
  // Spark takes longest to start: the brokers are ready before a worker asks for them.
  const starting = startTestStack({
    own: ['worker', 'background'],
    environment: {
      SLUICE_ENGINE: 'spark',
      KAFKA_BROKERS: brokers.loginBrokers.join(','),
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
      KAFKA_SASL_USERNAME: USER,
      KAFKA_SASL_PASSWORD: PASSWORD,
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

/** What the Temporal UI shows of a running activity. */
async function heartbeat(workflowId: string): Promise<string> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const payloads = (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) => heartbeatDetails?.payloads ?? []);
  return payloads.map((payload) => JSON.stringify(defaultPayloadConverter.fromPayload(payload))).join('\n');
}

describe('the main job on Spark, from brokers that want a log-in', () => {
  it('tells Temporal how far Spark is, and commits the batch once though the server is killed in the midst of it', async () => {
    const ingestion = client.workflow.getHandle(ingestWorkflowId(TABLE));
    await ingestion.executeUpdate(pauseUpdate, { args: ['tester'] });
    for (let mark = 0; mark < RECORDS; mark += MESSAGES_PER_SEND) {
      const records = Array.from({ length: MESSAGES_PER_SEND }, (_, index) =>
        healthRecord(mark + index, (mark + index) % BAD_EVERY === 1),
      );
      await writer.write((mark / MESSAGES_PER_SEND) % 2, records);
    }
    await ingestion.executeUpdate(resumeUpdate, { args: ['tester'] });
    const words = await waitFor('Spark to say how far it is', 120_000, async () => {
      return /Spark: \d+ of \d+ stages and \d+ of \d+ tasks done, [1-9]\d* running/.exec(
        await heartbeat(ingestWorkflowId(TABLE)),
      )?.[0];
    });
    expect(words).toMatch(/^Spark: 0 of 1 stages/);
    test.stack.component('spark').kill('SIGKILL');
    await waitUntilCommitted(test.settings, writer.written, RECOVERY_LIMIT_MS);
    expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
  }, 480_000);

  it('is read alike through Hive', async () => {
    const good = [...writer.written].filter(([, { rejectedFor }]) => rejectedFor === undefined);
    const found = await waitFor('Hive to hold every row', 60_000, async () => {
      const rows = await readThroughHive(test.settings);
      return rows.size === good.length ? rows : undefined;
    });
    expect([...found].sort()).toEqual(good.map(([at, { mark }]) => [at, mark]).sort());
  });

  it('is backfilled on Spark as well, and then audited by DuckDB', async () => {
    const range = ['--partition', '1', '--from-offset', '0', '--to-offset', '10000'];
    expect(await run('backfill', TABLE, ...range, '--engine', 'spark')).toMatchObject({ engine: 'spark', units: 1 });
    const backfill = await run('backfill', TABLE, ...range, '--engine', 'spark', '--yes');
    expect(backfill).toMatchObject({ state: 'Done', rows: 9_990, rejectedRows: 10 });
    const [{ plan } = { plan: {} }] = (await run('backfill', 'list', TABLE)) as { plan: object }[];
    expect(plan).toMatchObject({ engine: 'spark' });
    expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
    expect(await run('audit', TABLE)).toMatchObject({ verdict: 'clean' });
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
