import { constants, setPriority } from 'node:os';
import { createAuditActivities } from '../activities/audit-table.ts';
import { createBackfillActivities } from '../activities/backfill-table.ts';
import { createCompactionActivities } from '../activities/compact-table.ts';
import { createRetentionActivities } from '../activities/drop-partitions.ts';
import { LAKE_MEASURED_EVERY_MS, LakeMeasures } from '../activities/lake-measures.ts';
import { createVacuumActivities } from '../activities/vacuum-table.ts';
import { SYSTEM_CLOCK } from '../clock/clock.ts';
import { ChosenRewriter } from '../engines/chosen-rewriter.ts';
import { ChosenEngine } from '../engines/chosen-engine.ts';
import { DuckDbEngine } from '../engines/duckdb/duckdb-engine.ts';
import { DuckDbMerger } from '../engines/duckdb/duckdb-merger.ts';
import { DuckDbRewriter } from '../engines/duckdb/duckdb-rewriter.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { readSettings } from '../settings/settings.ts';
import { queuesOfArguments } from '../settings/worker-queues.ts';
import { AUDIT_TASK_QUEUE } from '../workflows/audit-protocol.ts';
import { BACKGROUND_TASK_QUEUE } from '../workflows/background-protocol.ts';
import { dataConverterOf } from '../temporal/data-converter.ts';
import { resumeBackfills } from './resume-backfills.ts';
import { deploymentOf, makeCurrent } from './deployment.ts';
import { journalOf } from './json-log.ts';
import { installRuntime } from './metrics.ts';
import { attemptName, runWorker } from './run-worker.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { ScheduleKeeper } from './schedule-keeper.ts';
import { connectWorker } from './temporal.ts';
import { Worker } from './temporal-library.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** Rewrites at a time in this process: each may take a core and its memory limit; the engine serves one at a time. */
const REWRITES_AT_ONCE = 1;
/** Audits at a time in this process. */
const AUDITS_AT_ONCE = 1;
/** Time for a step to end when the worker is told to stop; a longer one is begun anew elsewhere. */
const SHUTDOWN_GRACE_MS = 5_000;

/** The worker of everything that may wait. A process of its own, so that live ingestion comes first in all that they share. */
async function main(): Promise<void> {
  const queues = queuesOfArguments('background', process.argv.slice(2));
  setPriority(constants.priority.PRIORITY_LOW);
  const settings = readSettings();
  const dataConverter = dataConverterOf(settings.temporal);
  const instruments = installRuntime('background', settings.metrics);
  const [{ client, connection }, bundle] = await Promise.all([
    connectWorker(settings),
    workflowBundle(settings.cacheFolder, dataConverter),
  ]);
  const { spark, kafka, lakeUri } = settings;
  const cluster = new KafkaCluster(kafka, 'sluice-background');
  const engine = new ChosenEngine({
    duckdb: () => Promise.resolve(new DuckDbEngine(cluster)),
    // What is Spark's is loaded where a table or an operator asks for it.
    async spark() {
      const { SparkEngine } = await import('../engines/spark/spark-engine.ts');
      return SparkEngine.open(cluster, { spark, kafka, lakeUri });
    },
  });
  const parts = {
    engine,
    merger: new DuckDbMerger(),
    storage: openStorage(settings),
    metastore: new HiveMetastore(settings.metastore),
    rewriter: new ChosenRewriter({
      duckdb: () => Promise.resolve(new DuckDbRewriter()),
      async spark() {
        const { SparkRewriter } = await import('../engines/spark/spark-rewriter.ts');
        return new SparkRewriter(spark);
      },
    }),
    tablesFolder: settings.tablesFolder,
    clock: SYSTEM_CLOCK,
    attemptName,
    instruments,
    journal: journalOf('background', settings.logLevel),
  };
  const measures = new LakeMeasures(parts);
  const common = {
    connection,
    namespace: settings.temporal.namespace,
    dataConverter,
    workflowBundle: bundle,
    workerDeploymentOptions: deploymentOf(bundle.buildId),
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
  };
  const workers = await Promise.all([
    ...(queues.has('background')
      ? [
          Worker.create({
            ...common,
            taskQueue: BACKGROUND_TASK_QUEUE,
            activities: {
              ...createCompactionActivities(parts),
              ...createVacuumActivities(parts),
              ...createRetentionActivities(parts),
              ...createBackfillActivities(parts),
            },
            maxConcurrentActivityTaskExecutions: REWRITES_AT_ONCE,
          }),
        ]
      : []),
    ...(queues.has('audit')
      ? [
          Worker.create({
            ...common,
            taskQueue: AUDIT_TASK_QUEUE,
            activities: createAuditActivities(settings),
            maxConcurrentActivityTaskExecutions: AUDITS_AT_ONCE,
          }),
        ]
      : []),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  await makeCurrent(client, bundle.buildId);
  const onLost = async (): Promise<void> => {
    await registerSearchAttributes(client);
    await makeCurrent(client, bundle.buildId);
    await resumeBackfills(client, settings);
  };
  void new ScheduleKeeper(client, settings.tablesFolder, onLost).start();
  await resumeBackfills(client, settings);
  console.log(JSON.stringify({ ready: true, component: 'background', queues: [...queues] }));
  const measuring = setInterval(() => void measures.measure(), LAKE_MEASURED_EVERY_MS);
  await measures.measure();
  await running;
  clearInterval(measuring);
}

runWorker('background', main);
