import { existsSync, readFileSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DuckDbSession } from '../../duckdb/session.ts';
import { literal } from '../../duckdb/quote.ts';
import { MAX_LOSSES, pauseAfterLossMs } from '../../engines/spark/losses.ts';
import { SparkEngine } from '../../engines/spark/spark-engine.ts';
import { ownProcesses } from '../../infra/own-processes.ts';
import { RunningComponent } from '../../infra/running-component.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { JOINABLE_FOR_MS, JOINABLE_PREFIX } from '../../plans/joinable-work.ts';
import { ingestWorkflowId } from '../../workflows/ingest-protocol.ts';
import { sluice } from '../cli/command.ts';
import { createTopic, writeCompressed } from '../engines/fixture-topic.ts';
import { define, PRODUCED_AT_MS } from '../engines/fixture.ts';
import { batchOf, LONG } from '../engines/spark/batch-of.ts';
import { LocalSpark } from '../engines/spark/local-spark.ts';
import { HealthLoad } from '../health-load.ts';
import { Brokers, USER } from '../kafka/brokers.ts';
import { sparkProgress } from '../spark-progress.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from '../table-check.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { waitFor } from '../wait-for.ts';
import { beginSlowBatch, foldersOfSpark, namesIn, parquetFilesIn } from './slow-batch.ts';

const TOPIC = 'server-health';
const LOAD = { badEvery: 50, messagesPerSend: 50, partitions: 2 };
const RECORDS = 16_000;
/** At this rate an operation takes minutes; what was sent at once is less than the quota lets pass at once. */
const SLOW = { records: RECORDS, bytesPerSecond: 8 * 1024 };
/** Beyond Spark's own limit of two minutes for one stream of answers. */
const LONG_MS = 130_000;
/** Spark's own limits, but for operations that nobody follows: they are given up after half a minute instead of ten. */
const ABANDONS_SOON = {
  'spark.connect.execute.manager.detachedTimeout': '30s',
  'spark.connect.execute.manager.maintenanceInterval': '1s',
};
/** A stream whose client has died counts as followed until it ends, after two minutes. */
const ABANDONED_LIMIT_MS = 240_000;
const TEST_LIMIT_MS = 900_000;
/** Where Spark keeps, within an operation's folder, what is not finished. */
const UNFINISHED = '_temporary';
const WITHOUT_ARCHIVE = define('long', { n: 'int', text: 'string' });
const PRODUCED_AT = new Date(PRODUCED_AT_MS).toISOString();

let brokers: Brokers;
let spark: LocalSpark;
let test: TestStack;
let load: HealthLoad;
let client: Client;
let worker: RunningComponent;

beforeAll(async () => {
  brokers = await Brokers.create();
  await brokers.start();
  await brokers.addScramUser();
  await createTopic(brokers.settings, TOPIC, 2);
  spark = await LocalSpark.create(brokers.loginSettings, ABANDONS_SOON);
  await spark.start();
  test = await startTestStack({
    own: ['background'],
    defined: (text) => `${text}archive: true\n`,
    environment: {
      SLUICE_ENGINE: 'spark',
      SPARK_REMOTE: `sc://${spark.spark.address}`,
      SLUICE_SPARK_KAFKA_PROPERTIES: spark.spark.kafkaPropertiesFile ?? '',
      ...brokers.loginEnvironment,
    },
  });
  load = await HealthLoad.open(brokers.settings.brokers, TOPIC, LOAD);
  client = new Client({ connection: await Connection.connect({ address: test.settings.temporal.address }) });
  worker = await startWorker();
});

afterAll(async () => {
  await client.connection.close();
  await load.close();
  await worker.stop();
  await test.stop();
  await spark.stop();
  await brokers.stop();
});

/** Not one of the stack's: when it is killed it stays away until it is wanted. */
async function startWorker(): Promise<RunningComponent> {
  const { home } = test.settings;
  const { worker: component } = ownProcesses(test.settings, {
    ...{ topic: TOPIC, simulatedServers: 0 },
    environment: test.environment,
  });
  const running = new RunningComponent(
    component,
    join(home, 'logs', 'worker.log'),
    new StackRecord(home),
    () => undefined,
  );
  await running.start();
  return running;
}

function isUnfinished(folder: string): boolean {
  return existsSync(join(folder, UNFINISHED));
}

/** Waits for Spark's word that nobody followed these operations, and that it is at them no more. */
async function abandoned(folders: readonly string[]): Promise<void> {
  const isAbandoned = (folder: string): boolean => {
    const id = basename(folder).slice(JOINABLE_PREFIX.length);
    const said = readFileSync(spark.logPath, 'utf8').split('\n');
    return said.some((line) => line.includes(id) && line.includes('that was abandoned')) && spark.hasGivenUp(folder);
  };
  await waitFor('Spark to abandon both operations', ABANDONED_LIMIT_MS, () =>
    Promise.resolve(folders.every(isAbandoned) || undefined),
  );
}

async function expectEachOnce(): Promise<void> {
  await waitUntilCommitted(test.settings, load.written, 180_000);
  expect(await compareTables(test.settings, load.written)).toEqual(NO_DIFFERENCES);
  const counted = `SELECT count(*) AS records, count(DISTINCT (kafka_partition, kafka_offset)) AS offsets FROM ${TABLE}_archive`;
  const { output } = await sluice(test.environment, ['sql', '--json', counted]);
  const count = String(load.written.size);
  expect(JSON.parse(output)).toEqual([{ records: count, offsets: count }]);
}

describe('an operation of Spark’s', () => {
  it(
    'that takes more than two minutes is one, and is committed once',
    async () => {
      const folders = await beginSlowBatch({ client, brokers, load, test }, SLOW);
      const startedMs = performance.now();
      const shown = new Set<string>();
      await waitFor('two minutes to have passed', 2 * LONG_MS, async () => {
        shown.add((await sparkProgress(client, ingestWorkflowId(TABLE))) ?? 'nothing');
        return performance.now() - startedMs > LONG_MS || undefined;
      });
      expect([...shown]).toEqual([expect.stringMatching(/^Spark: 0 of 1 stages and 0 of \d tasks done/)]);
      expect(foldersOfSpark(test)).toEqual(folders);
      await brokers.setReadQuota({ user: USER }, undefined);
      await expectEachOnce();
    },
    TEST_LIMIT_MS,
  );

  it(
    'that is abandoned in the midst of it is begun anew, and committed once',
    async () => {
      const folders = await beginSlowBatch({ client, brokers, load, test }, SLOW);
      await worker.end();
      await abandoned(folders);
      // A task that ends late makes its unfinished files anew, after Spark has deleted them.
      const finished = folders.flatMap(parquetFilesIn).filter((path) => !path.startsWith(UNFINISHED));
      expect(finished).toEqual([]);
      await brokers.setReadQuota({ user: USER }, undefined);
      worker = await startWorker();
      await expectEachOnce();
    },
    TEST_LIMIT_MS,
  );

  it(
    'whose result nobody fetched is begun anew, its files are in no table, and are deleted later',
    async () => {
      const folders = await beginSlowBatch({ client, brokers, load, test }, SLOW);
      await worker.end();
      await brokers.setReadQuota({ user: USER }, undefined);
      await waitFor('Spark to write all', 60_000, () => Promise.resolve(folders.some(isUnfinished) ? undefined : true));
      await abandoned(folders);
      const left = folders.flatMap((folder) => parquetFilesIn(folder).map((path) => literal(join(folder, path))));
      const [rows] = await DuckDbSession.once(
        `SELECT count(*)::INTEGER AS rows FROM read_parquet([${left.join(', ')}], union_by_name = true)`,
      );
      // Each record in the archive, and most as rows.
      expect(Number(rows?.['rows'])).toBeGreaterThan(RECORDS * 1.9);
      worker = await startWorker();
      await expectEachOnce();
      expect(folders.map((folder) => existsSync(folder))).toEqual([true, true]);
      const longAgo = new Date(Date.now() - JOINABLE_FOR_MS - 1_000);
      for (const folder of folders) utimesSync(folder, longAgo, longAgo);
      await worker.end();
      worker = await startWorker();
      await load.write(10);
      await expectEachOnce();
      const { output } = await sluice(test.environment, ['audit', TABLE, '--json']);
      expect(JSON.parse(output)).toMatchObject({ verdict: 'clean' });
      expect(folders.map((folder) => existsSync(dirname(dirname(folder))))).toEqual([false, false]);
    },
    TEST_LIMIT_MS,
  );

  it(
    'that is lost each time it is begun is given up, with what to do',
    async () => {
      const topic = LONG.source.topic;
      await createTopic(brokers.settings, topic);
      const values = Array.from({ length: RECORDS }, (_, n) =>
        JSON.stringify({ event_time: PRODUCED_AT, n, text: 'x' }),
      );
      for (let from = 0; from < RECORDS; from += 500) {
        await writeCompressed(brokers.settings, topic, values.slice(from, from + 500), 'zstd');
      }
      await brokers.setReadQuota({ user: USER }, 1024);
      const cluster = new KafkaCluster(brokers.settings, 'test');
      const engine = await SparkEngine.open(cluster, {
        ...{ spark: spark.spark, kafka: brokers.loginSettings, lakeUri: 'file:///lost' },
      });
      const scratchFolder = temporaryFolder();
      const request = await batchOf(cluster, { records: RECORDS, sequence: 1, scratchFolder });
      const struck: string[] = [];
      const striking = setInterval(() => {
        const begun = namesIn(scratchFolder).find((name) => !struck.includes(name));
        if (begun === undefined) return;
        struck.push(begun);
        spark.kill();
      }, 200);
      const startedMs = performance.now();
      try {
        await expect(engine.write({ ...request, definition: WITHOUT_ARCHIVE })).rejects.toMatchObject({
          code: 'ENGINE_FAILED',
          message: expect.stringContaining(`lost batch 1 ${MAX_LOSSES} times in a row`) as string,
          remedy: expect.stringContaining('log of Spark’s server') as string,
        });
      } finally {
        clearInterval(striking);
        await engine.close();
        await cluster.close();
        await brokers.setReadQuota({ user: USER }, undefined);
      }
      expect(struck).toHaveLength(MAX_LOSSES);
      const pausesMs = Array.from({ length: MAX_LOSSES - 1 }, (_, index) => pauseAfterLossMs(index + 1) ?? 0);
      expect(performance.now() - startedMs).toBeGreaterThan(pausesMs.reduce((sum, pauseMs) => sum + pauseMs, 0));
    },
    TEST_LIMIT_MS,
  );
});
