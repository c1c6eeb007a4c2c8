import { afterAll, beforeAll } from 'vitest';
import { DuckDbThread } from '../../engines/duckdb/duckdb-thread.ts';
import { SparkEngine } from '../../engines/spark/spark-engine.ts';
import { SparkRewriter } from '../../engines/spark/spark-rewriter.ts';
import { Brokers } from '../kafka/brokers.ts';
import { describeEngine } from './conformance.ts';
import { describeRewriter, describeWidenedColumns } from './rewriter-conformance.ts';
import { LocalSpark } from './spark/local-spark.ts';
import { describeRecovery } from './spark/recovery.ts';

let brokers: Brokers;
let spark: LocalSpark;

beforeAll(async () => {
  brokers = await Brokers.create();
  await brokers.start();
  await brokers.addScramUser();
  spark = await LocalSpark.create(brokers.loginSettings);
  await spark.start();
});

afterAll(async () => {
  await spark.stop();
  await brokers.stop();
});

describeEngine('DuckDB as an engine', {
  kafka: () => brokers.settings,
  open: () => DuckDbThread.open(brokers.settings, { clientId: 'test' }),
});

describeEngine('Spark as an engine', {
  kafka: () => brokers.settings,
  // Spark reads with a log-in, so that all of this holds with one too.
  open: (cluster) =>
    SparkEngine.open(cluster, { spark: spark.spark, kafka: brokers.loginSettings, lakeUri: 'file:///conformance' }),
});

describeRewriter('Spark as a rewriter', () => new SparkRewriter(spark.spark));
describeWidenedColumns('Spark as a rewriter', () => new SparkRewriter(spark.spark));

describeRecovery(() => ({ brokers, spark }));
