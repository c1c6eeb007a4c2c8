import type { Client } from '@temporalio/client';
import type { WindowParts } from '../activities/ingest-parts.ts';
import { createIngestActivities } from '../activities/ingest-window.ts';
import { Shelf } from '../activities/shelf.ts';
import { createPartActivities } from '../activities/write-part.ts';
import { SYSTEM_CLOCK } from '../clock/clock.ts';
import { readDefinitions, tableNames } from '../definition/load.ts';
import { ChosenEngine } from '../engines/chosen-engine.ts';
import { DuckDbThread } from '../engines/duckdb/duckdb-thread.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { queuesOfArguments } from '../settings/worker-queues.ts';
import { INGEST_TASK_QUEUE, PARTS_TASK_QUEUE } from '../workflows/ingest-protocol.ts';
import { dataConverterOf } from '../temporal/data-converter.ts';
import { deploymentOf, makeCurrent } from './deployment.ts';
import { restartLostIngestion, startIngestion } from './ingest-workflows.ts';
import { journalOf, log } from './json-log.ts';
import { installRuntime } from './metrics.ts';
import { attemptName, logFailure, runWorker } from './run-worker.ts';
import { startTraces } from './traces.ts';
import { connectWorker } from './temporal.ts';
import { Worker } from './temporal-library.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** Time for a running batch to end when the worker is told to stop; a longer one is gone on with elsewhere. */
const SHUTDOWN_GRACE_MS = 10_000;
/** How often a worker looks whether Temporal still knows of its tables. */
const LOOK_FOR_LOST_EVERY_MS = 10_000;
const LOST_MESSAGE =
  'Temporal no longer knew of this table; its ingestion was started again, and goes on where its log stands.';
/** Parts at a time in this process: the engine writes one after the other, and the others are left to whoever is free. */
const PARTS_AT_ONCE = 1;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function main(): Promise<void> {
  const queues = queuesOfArguments('worker', process.argv.slice(2));
  const stopping = new AbortController();
  // The signals are ours, so that windows hear of them before the worker stops taking work.
  const settings = readSettings();
  const dataConverter = dataConverterOf(settings.temporal);
  const instruments = installRuntime('worker', settings.metrics, { shutdownSignals: [] });
  const endTraces = await startTraces('worker', settings.traces);
  for (const signal of STOP_SIGNALS) process.once(signal, () => stopping.abort());
  const cluster = new KafkaCluster(settings.kafka, 'sluice-worker');
  const [{ client, connection }, bundle] = await Promise.all([
    connectWorker(settings),
    workflowBundle(settings.cacheFolder, dataConverter),
  ]);
  const { spark, kafka, lakeUri } = settings;
  const engine = new ChosenEngine({
    duckdb: () => DuckDbThread.open(kafka, { clientId: 'sluice-worker' }),
    // Loaded where a table asks for it: that takes a tenth of a CPU-second.
    async spark() {
      const { SparkEngine } = await import('../engines/spark/spark-engine.ts');
      return SparkEngine.open(cluster, { spark, kafka, lakeUri });
    },
  });
  const parts: WindowParts = {
    storage: openStorage(settings),
    cluster,
    engine,
    engineName: settings.engine,
    metastore: new HiveMetastore(settings.metastore),
    tablesFolder: settings.tablesFolder,
    clock: SYSTEM_CLOCK,
    attemptName,
    logs: new Shelf(SYSTEM_CLOCK),
    published: new Shelf(SYSTEM_CLOCK),
    instruments,
    journal: journalOf('worker', settings.logLevel),
  };
  const common = {
    connection,
    namespace: settings.temporal.namespace,
    dataConverter,
    workerDeploymentOptions: deploymentOf(bundle.buildId),
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    maxHeartbeatThrottleInterval: 1_000,
    defaultHeartbeatThrottleInterval: 1_000,
  };
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue: PARTS_TASK_QUEUE,
      activities: createPartActivities(parts, stopping.signal),
      maxConcurrentActivityTaskExecutions: PARTS_AT_ONCE,
    }),
    ...(queues.has('ingest')
      ? [
          Worker.create({
            ...common,
            taskQueue: INGEST_TASK_QUEUE,
            workflowBundle: bundle,
            activities: createIngestActivities(parts, stopping.signal),
          }),
        ]
      : []),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  const shutDown = (): void => {
    for (const worker of workers) worker.shutdown();
  };
  stopping.signal.addEventListener('abort', shutDown);
  if (stopping.signal.aborted) shutDown();
  const stopWatching = queues.has('ingest') ? await ingestAll(client, settings, bundle.buildId) : () => undefined;
  const tables = tablesOf(settings);
  console.log(JSON.stringify({ ready: true, component: 'worker', queues: [...queues], tables }));
  await running;
  stopWatching();
  await engine.close();
  await cluster.close();
  await endTraces();
}

/**
 * Has every table ingested, on this build, from now on. (Not by who takes parts alone: with another build, it would draw the
 * workflows to where nobody runs them.)
 * @returns ends the watch
 */
async function ingestAll(client: Client, settings: Settings, buildId: string): Promise<() => void> {
  await makeCurrent(client, buildId);
  await startIngestion(client, tableNames(settings.tablesFolder));
  const watching = setInterval(() => void lookForLost(client, settings, buildId), LOOK_FOR_LOST_EVERY_MS);
  return () => clearInterval(watching);
}

/** Temporal may be away: then the next look says more. */
async function lookForLost(client: Client, { tablesFolder }: Settings, buildId: string): Promise<void> {
  try {
    const lost = await restartLostIngestion(client, tableNames(tablesFolder), buildId);
    for (const table of lost) log('error', 'worker', LOST_MESSAGE, { table });
  } catch {
    // The worker's own polls meet, and log, the same failure.
  }
}

/** A table whose definition is wrong is ingested too: its workflow says so, and waits until the file is corrected. */
function tablesOf({ tablesFolder }: Settings): string[] {
  for (const { failure } of readDefinitions(tablesFolder).failures) logFailure('worker', failure);
  return tableNames(tablesFolder);
}

runWorker('worker', main);
