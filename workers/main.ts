import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowIdConflictPolicy } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createIngestActivities } from '../activities/ingest-window.ts';
import { SYSTEM_CLOCK } from '../clock/clock.ts';
import { loadDefinitions } from '../definition/load.ts';
import { DuckDbEngine } from '../engines/duckdb/duckdb-engine.ts';
import { asSluiceError, SluiceError } from '../errors/sluice-error.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { INGEST_TASK_QUEUE, ingestWorkflowId } from '../workflows/ingest-protocol.ts';
import { deploymentOf, makeCurrent } from './deployment.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** Random hexadecimal digits in an attempt's name: of two attempts at one batch, one in 4 billion would share it. */
const ATTEMPT_NAME_LENGTH = 8;
/** Time for a running batch to end when the worker is told to stop; a longer one is gone on with elsewhere. */
const SHUTDOWN_GRACE_MS = 10_000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function main(): Promise<void> {
  const stopping = new AbortController();
  // The signals are ours, so that windows hear of them before the worker stops taking work.
  Runtime.install({ shutdownSignals: [] });
  for (const signal of STOP_SIGNALS) process.once(signal, () => stopping.abort());
  const settings = readSettings();
  const definitions = loadDefinitions(settings.tablesFolder);
  const address = { address: settings.temporal.address, tls: settings.temporal.tls };
  const access = settings.temporal.apiKey === undefined ? address : { ...address, apiKey: settings.temporal.apiKey };
  const [client, connection, cluster, bundle] = await Promise.all([
    connectClient(settings, access),
    NativeConnection.connect(access),
    Promise.resolve(new KafkaCluster(settings.kafka, 'sluice-worker')),
    workflowBundle(settings.cacheFolder),
  ]);
  await registerSearchAttributes(client);
  const engine = await DuckDbEngine.open(cluster);
  const worker = await Worker.create({
    connection,
    namespace: settings.temporal.namespace,
    taskQueue: INGEST_TASK_QUEUE,
    workflowBundle: bundle,
    activities: createIngestActivities(
      {
        storage: openStorage(settings),
        cluster,
        engine,
        metastore: new HiveMetastore({ endpoints: settings.metastore.endpoints }),
        tablesFolder: settings.tablesFolder,
        clock: SYSTEM_CLOCK,
        attemptName: () => randomUUID().slice(0, ATTEMPT_NAME_LENGTH),
      },
      stopping.signal,
    ),
    workerDeploymentOptions: deploymentOf(bundle.buildId),
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    maxHeartbeatThrottleInterval: 1_000,
    defaultHeartbeatThrottleInterval: 1_000,
  });
  const running = worker.run();
  stopping.signal.addEventListener('abort', () => worker.shutdown());
  if (stopping.signal.aborted) worker.shutdown();
  await makeCurrent(client, bundle.buildId);
  for (const { table } of definitions) {
    await client.workflow.start('ingestTable', {
      workflowId: ingestWorkflowId(table),
      taskQueue: INGEST_TASK_QUEUE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary: `Ingests ${table} from Kafka`,
      args: [{ table }],
    });
  }
  console.log(JSON.stringify({ ready: true, component: 'worker', tables: definitions.map(({ table }) => table) }));
  await running;
  await engine.close();
  await cluster.close();
}

async function connectClient(settings: Settings, access: { address: string; tls: boolean }): Promise<Client> {
  try {
    return new Client({ connection: await Connection.connect(access), namespace: settings.temporal.namespace });
  } catch (cause) {
    throw new SluiceError('TEMPORAL_UNREACHABLE', `Temporal does not answer at ${settings.temporal.address}.`, {
      remedy: 'Check that it runs, and TEMPORAL_ADDRESS, TEMPORAL_TLS and TEMPORAL_API_KEY.',
      cause,
    });
  }
}

main().then(
  () => process.exit(0),
  (thrown: unknown) => {
    const error = asSluiceError(thrown);
    console.error(JSON.stringify({ level: 'error', component: 'worker', code: error.code, message: error.advice }));
    if (error.code === 'INTERNAL') console.error(thrown);
    process.exit(1);
  },
);
