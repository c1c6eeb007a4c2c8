import { basename } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sluice } from '../cli/command.ts';
import { createTopic } from '../engines/fixture-topic.ts';
import { filesBelow } from '../files-below.ts';
import { HealthLoad } from '../health-load.ts';
import { Brokers, PASSWORD, USER } from '../kafka/brokers.ts';
import { expectOnceThoughKilled } from '../main-job-steps.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from '../table-check.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { waitFor } from '../wait-for.ts';
import { ClusterSpark } from './cluster-spark.ts';
import { type ClusterLake, fileLake, hdfsLake, s3Lake } from './lakes.ts';
import { localMaster, standaloneMaster, yarnMaster } from './masters.ts';
import { beginSlowBatch, foldersOfSpark, scratchOf } from './slow-batch.ts';

const TOPIC = 'server-health';
const LOAD = { badEvery: 50, messagesPerSend: 500, partitions: 2 };
/** So slow that tasks write for seconds, however quick the machine is. */
const SLOW = { records: 8_000, bytesPerSecond: 64 * 1024 };

const LOCAL = { on: 'the local server', masterOf: localMaster, executors: 0 };
const STANDALONE = { on: 'a standalone cluster', masterOf: standaloneMaster, executors: 2 };
const YARN = { on: 'YARN', masterOf: yarnMaster, executors: 2 };
const FOLDER = { lakeIn: 'a folder', lakeOf: fileLake };
const S3 = { lakeIn: 'S3', lakeOf: s3Lake };
const HDFS = { lakeIn: 'HDFS', lakeOf: hdfsLake };

/** All but the local server with the lake in a folder, which has a test of its own. */
const COMBINATIONS = [
  { ...STANDALONE, ...S3 },
  { ...YARN, ...HDFS },
  { ...LOCAL, ...S3 },
  { ...LOCAL, ...HDFS },
  { ...STANDALONE, ...FOLDER },
  { ...STANDALONE, ...HDFS },
  { ...YARN, ...FOLDER },
  { ...YARN, ...S3 },
];

describe.each(COMBINATIONS)('the main job on $on, with the lake in $lakeIn', ({ masterOf, executors, lakeOf }) => {
  let brokers: Brokers;
  let spark: ClusterSpark;
  let lake: ClusterLake;
  let test: TestStack;
  let load: HealthLoad;
  let client: Client;

  beforeAll(async () => {
    brokers = await Brokers.create();
    await brokers.start();
    await brokers.addScramUser();
    await createTopic(brokers.settings, TOPIC, 2);
    lake = await lakeOf();
    for (const [name, value] of Object.entries(lake.credentials)) vi.stubEnv(name, value);
    spark = await ClusterSpark.start(brokers.loginSettings, masterOf);
    test = await startTestStack({
      own: ['worker', 'background'],
      defined: (text) => `${text}archive: true\n`,
      environment: {
        ...lake.environment,
        SLUICE_ENGINE: 'spark',
        SPARK_REMOTE: `sc://${spark.spark.address}`,
        SLUICE_SPARK_KAFKA_PROPERTIES: spark.spark.kafkaPropertiesFile ?? '',
        ...brokers.loginEnvironment,
      },
    });
    load = await HealthLoad.open(brokers.settings.brokers, TOPIC, LOAD);
    client = new Client({ connection: await Connection.connect({ address: test.settings.temporal.address }) });
  });

  afterAll(async () => {
    await client.connection.close();
    await load.close();
    await test.stop();
    await spark.stop();
    await lake.stop();
    vi.unstubAllEnvs();
    await brokers.stop();
  });

  it('has each record once, also after kill -9 of the worker', async () => {
    await expectOnceThoughKilled(test, load, [4_000, 4_000, 4_000], 180_000);
  });

  it('has who comes after a killed worker join what Spark writes for it, and takes over the files', async () => {
    const begun = await beginSlowBatch({ client, brokers, load, test }, SLOW);
    const seen = new Set(begun.map((folder) => basename(folder)));
    const looking = setInterval(() => foldersOfSpark(test).forEach((folder) => seen.add(basename(folder))), 100);
    test.stack.component('worker').kill('SIGKILL');
    await brokers.setReadQuota({ user: USER }, undefined);
    await waitUntilCommitted(test.settings, load.written, 180_000).finally(() => clearInterval(looking));
    expect(await compareTables(test.settings, load.written)).toEqual(NO_DIFFERENCES);
    // No other operation was begun for these records.
    expect([...seen]).toEqual(begun.map((folder) => basename(folder)));
  });

  it.runIf(executors > 0)('has each record once, though an executor is killed while it writes', async () => {
    await beginSlowBatch({ client, brokers, load, test }, SLOW);
    const victim = await waitFor('an executor to write', 120_000, () =>
      Promise.resolve(spark.executorWritingTo(scratchOf(test))),
    );
    process.kill(victim, 'SIGKILL');
    await brokers.setReadQuota({ user: USER }, undefined);
    await waitUntilCommitted(test.settings, load.written, 180_000);
    expect(await compareTables(test.settings, load.written)).toEqual(NO_DIFFERENCES);
    // It was at a task, which another one then did.
    expect(spark.histories()).toContain('"Reason":"ExecutorLostFailure"');
  });

  it('has archived each record once, and is audited clean', async () => {
    const counted = `SELECT count(*) AS records, count(DISTINCT (kafka_partition, kafka_offset)) AS offsets FROM ${TABLE}_archive`;
    const { output: archived } = await sluice(test.environment, ['sql', '--json', counted]);
    const count = String(load.written.size);
    expect(JSON.parse(archived)).toEqual([{ records: count, offsets: count }]);
    const { output } = await sluice(test.environment, ['audit', TABLE, '--json']);
    expect(JSON.parse(output)).toMatchObject({ verdict: 'clean' });
  });

  it('leaves no secret of Kafka or of the lake in what Spark writes down, nor in plans, logs and histories', async () => {
    const histories = spark.histories();
    for (const secret of [PASSWORD, ...lake.secrets]) expect(histories.includes(secret)).toBe(false);
    expect(spark.executorsSeen()).toBeGreaterThanOrEqual(executors + 1);
    const files = filesBelow(test.settings.home);
    const objects = (await lake.objects()).map((bytes, index) => [`object ${index}`, Buffer.from(bytes)] as const);
    const holding = [...files, ...objects].filter(([, bytes]) =>
      [PASSWORD, ...lake.secrets].some((secret) => bytes.includes(secret)),
    );
    expect(holding.map(([path]) => path)).toEqual([]);
    expect(files.length + objects.length).toBeGreaterThan(50);
  });
});
