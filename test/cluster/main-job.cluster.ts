import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sluice } from '../cli/command.ts';
import { createTopic } from '../engines/fixture-topic.ts';
import { HealthLoad } from '../health-load.ts';
import { Brokers, PASSWORD, USER } from '../kafka/brokers.ts';
import { expectOnceThoughKilled } from '../main-job-steps.ts';
import { TABLE } from '../table-check.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { ClusterSpark } from './cluster-spark.ts';
import { type ClusterLake, hdfsLake, s3Lake } from './lakes.ts';
import { standaloneMaster, yarnMaster } from './masters.ts';

const TOPIC = 'server-health';
const LOAD = { badEvery: 50, messagesPerSend: 1_000, partitions: 2 };

describe.each([
  ['a standalone cluster, with the lake in S3', standaloneMaster, s3Lake],
  ['YARN, with the lake in HDFS', yarnMaster, hdfsLake],
] as const)('the main job on %s', (_, masterOf, lakeOf) => {
  let brokers: Brokers;
  let spark: ClusterSpark;
  let lake: ClusterLake;
  let test: TestStack;
  let load: HealthLoad;

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
      environment: {
        ...lake.environment,
        SLUICE_ENGINE: 'spark',
        SPARK_REMOTE: `sc://${spark.spark.address}`,
        SLUICE_SPARK_KAFKA_PROPERTIES: spark.spark.kafkaPropertiesFile ?? '',
        KAFKA_BROKERS: brokers.loginBrokers.join(','),
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
        KAFKA_SASL_USERNAME: USER,
        KAFKA_SASL_PASSWORD: PASSWORD,
      },
    });
    load = await HealthLoad.open(brokers.settings.brokers, TOPIC, LOAD);
  });

  afterAll(async () => {
    await load.close();
    await test.stop();
    await spark.stop();
    await lake.stop();
    vi.unstubAllEnvs();
    await brokers.stop();
  });

  it('has each record once, also after kill -9 of the worker, and is audited clean', async () => {
    await expectOnceThoughKilled(test, load, [4_000, 4_000, 4_000], 180_000);
    const { output } = await sluice(test.environment, ['audit', TABLE, '--json']);
    expect(JSON.parse(output)).toMatchObject({ verdict: 'clean' });
  });

  it('leaves no secret of Kafka or of the lake in what Spark writes down', () => {
    const histories = spark.histories();
    for (const secret of [PASSWORD, ...lake.secrets]) expect(histories.includes(secret)).toBe(false);
    expect(spark.executorsSeen()).toBeGreaterThanOrEqual(2);
  });
});
