import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SparkEngine } from '../../engines/spark/spark-engine.ts';
import { SparkRewriter } from '../../engines/spark/spark-rewriter.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { describeEngine } from '../engines/conformance.ts';
import { createTopic, writeCompressed } from '../engines/fixture-topic.ts';
import { PRODUCED_AT_MS } from '../engines/fixture.ts';
import { rowsOf } from '../engines/read-back.ts';
import { describeLargeRewrites, describeRewriter } from '../engines/rewriter-conformance.ts';
import { batchOf, LONG } from '../engines/spark/batch-of.ts';
import { Brokers, PASSWORD } from '../kafka/brokers.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';
import { ClusterSpark } from './cluster-spark.ts';
import { standaloneMaster, yarnMaster } from './masters.ts';

/** A task for each of two executors. */
const RECORDS = 200_000;

let brokers: Brokers;

beforeAll(async () => {
  brokers = await Brokers.create();
  await brokers.start();
  await brokers.addScramUser();
});

afterAll(() => brokers.stop());

describe.each([
  ['a standalone cluster of one master and two workers', standaloneMaster],
  ['YARN', yarnMaster],
] as const)('Spark on %s', (name, masterOf) => {
  let spark: ClusterSpark;

  beforeAll(async () => {
    spark = await ClusterSpark.start(brokers.loginSettings, masterOf);
  });

  afterAll(() => (spark as ClusterSpark | undefined)?.stop());

  const options = (lake: string) => ({ spark: spark.spark, kafka: brokers.loginSettings, lakeUri: `file:///${lake}` });

  describeEngine('as an engine', {
    kafka: () => brokers.settings,
    open: (cluster) => SparkEngine.open(cluster, options(name)),
  });

  describeRewriter('as a rewriter', () => new SparkRewriter(spark.spark));
  describeLargeRewrites('as a rewriter', () => new SparkRewriter(spark.spark));

  it('makes a batch once though an executor is killed in the midst of it', async () => {
    const topic = LONG.source.topic;
    await createTopic(brokers.settings, topic);
    const cluster = new KafkaCluster(brokers.settings, 'test');
    const held = (await cluster.offsets(topic)).get(0)?.lastStable ?? 0n;
    for (let from = Number(held); from < RECORDS; from += 10_000) {
      const values = Array.from({ length: 10_000 }, (_, index) => recordOf(from + index));
      await writeCompressed(brokers.settings, topic, values, 'zstd');
    }
    const engine = await SparkEngine.open(cluster, options(`killed ${name}`));
    try {
      const request = await batchOf(cluster, { records: RECORDS, sequence: 1, scratchFolder: temporaryFolder() });
      let running = 0;
      const writing = engine.write({ ...request, report: ({ tasksRunning }) => (running = tasksRunning) });
      writing.catch(() => undefined);
      await waitFor('tasks to run', 120_000, () => Promise.resolve(running > 0 || undefined));
      const [victim] = spark.executors();
      expect(spark.executors().length).toBe(2);
      process.kill(victim ?? 0, 'SIGKILL');
      const { rows, files, rejectedRows } = await writing;
      expect([rows, rejectedRows]).toEqual([RECORDS, 0]);
      const offsets = (await rowsOf(files)).map((row) => Number(row['kafka_offset']));
      expect([offsets.length, new Set(offsets).size]).toEqual([RECORDS, RECORDS]);
    } finally {
      await engine.close();
      await cluster.close();
    }
  });

  it('ran in executors of the cluster, whose logs and histories do not hold the password for Kafka', () => {
    // Two at first, and one for the one that was killed.
    expect(spark.executorsSeen()).toBeGreaterThanOrEqual(3);
    const histories = spark.histories();
    expect(histories.split('SparkListenerSQLExecutionStart').length).toBeGreaterThan(10);
    expect(histories.includes(PASSWORD)).toBe(false);
  });
});

function recordOf(n: number): string {
  return JSON.stringify({ event_time: new Date(PRODUCED_AT_MS + (n % 1000)).toISOString(), n, text: `record ${n}` });
}
