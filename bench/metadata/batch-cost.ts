import { IngestTable } from '../../activities/ingest-table.ts';
import { SYSTEM_CLOCK } from '../../clock/clock.ts';
import type { Engine } from '../../engines/engine.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { partitionsTouchedBy } from '../../lake/hive/bring-up-to-date.ts';
import { HiveMetastore } from '../../lake/hive/metastore.ts';
import { HivePublisher } from '../../lake/hive/publisher.ts';
import type { TableLog } from '../../lake/log/table-log.ts';
import { median } from '../measure/measurement.ts';
import type { FilledTable } from './filled-table.ts';

/** Batches that a process makes before it counts. */
export const WARM_UP_BATCHES = 10;

/** A batch's steps, in milliseconds. */
export interface BatchCost {
  readonly planMs: number;
  readonly commitMs: number;
  readonly publishMs: number;
}

const NEVER = new AbortController().signal;
/** Nothing is written here. */
const NO_ENGINE: Engine = {
  write: () => Promise.reject(new Error('no engine')),
  close: () => Promise.resolve(),
};

/** Medians of so many batches, planned, committed and published by what ingestion itself calls, in a process that has read the log. */
export async function costOfBatches(filled: FilledTable, cluster: KafkaCluster, batches: number): Promise<BatchCost> {
  const table = await openTable(filled, cluster);
  const follower = await filled.follow();
  const publisher = await reconciled(filled, follower);
  const costs: BatchCost[] = [];
  for (let sequence = 2; sequence < 2 + WARM_UP_BATCHES + batches; sequence += 1) {
    const startedMs = performance.now();
    const planned = await table.plan(NEVER);
    if (planned?.plan.sequence !== sequence) throw new Error(`Batch ${sequence} was not planned.`);
    const plannedMs = performance.now();
    await filled.commit(sequence);
    const committedMs = performance.now();
    await publishNewest(publisher, follower);
    const [planMs, commitMs] = [plannedMs - startedMs, committedMs - plannedMs];
    costs.push({ planMs, commitMs, publishMs: performance.now() - committedMs });
  }
  const of = (step: keyof BatchCost): number => median(costs.slice(WARM_UP_BATCHES).map((cost) => cost[step]));
  return { planMs: of('planMs'), commitMs: of('commitMs'), publishMs: of('publishMs') };
}

async function openTable({ storage, prepared }: FilledTable, cluster: KafkaCluster): Promise<IngestTable> {
  const { definition, settings } = prepared;
  const parts = { storage, cluster, engine: NO_ENGINE, tablesFolder: settings.tablesFolder, clock: SYSTEM_CLOCK };
  const table = await IngestTable.open({ ...parts, attemptName: () => 'bench' }, definition.table, NEVER);
  await table.log.refresh();
  return table;
}

/** A publisher, once Hive has all that the log has. Links are left out, for there are no files. */
async function reconciled({ storage, prepared }: FilledTable, { snapshot }: TableLog): Promise<HivePublisher> {
  const publisher = new HivePublisher({
    metastore: new HiveMetastore(prepared.settings.metastore),
    storage: { uriOf: (path) => storage.uriOf(path), linkOrCopy: () => Promise.resolve() },
    shape: prepared.shape,
  });
  await publisher.reconcile([...snapshot.files.values()], snapshot.version, snapshot.metaData);
  return publisher;
}

async function publishNewest(publisher: HivePublisher, follower: TableLog): Promise<void> {
  const afterVersion = follower.snapshot.version;
  const partitions = partitionsTouchedBy(await follower.refresh());
  const { version, metaData } = follower.snapshot;
  const files = follower.snapshot.filesOf(partitions);
  await publisher.publish({ files, partitions, afterVersion, version, metaData });
}
