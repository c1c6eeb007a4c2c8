import { asSluiceError } from '../../errors/sluice-error.ts';
import type { PartitionValues } from '../../plans/partition-name.ts';
import type { TableShape } from '../../plans/table-shape.ts';
import type { TableLog } from '../log/table-log.ts';
import type { Storage } from '../storage/storage.ts';
import type { HiveMetastore } from './metastore.ts';
import { HivePublisher } from './publisher.ts';

/**
 * Shows a rewrite's partitions to Hive at once, again and again until the log has nothing newer: whoever published that
 * meanwhile has been undone by this. Where it fails, ingestion's publisher or the next reconciliation does it.
 * @param committed the rewrite's version, where it is known
 * @returns why Hive does not show it yet, or null
 */
export async function publishRewrite(
  { metastore, storage }: { readonly metastore: HiveMetastore; readonly storage: Storage },
  shape: TableShape,
  log: TableLog,
  partitions: readonly PartitionValues[],
  committed: number | undefined,
): Promise<string | null> {
  const publisher = new HivePublisher({ metastore, storage, shape });
  try {
    for (;;) {
      const { version, files, metaData } = log.snapshot;
      await publisher.publish({
        files: [...files.values()],
        partitions,
        // Of other versions nothing is known here: only the rewrite's own may be noted as published.
        afterVersion: committed === version ? version - 1 : version,
        version,
        metaData,
      });
      if ((await log.refresh()).length === 0) return null;
    }
  } catch (thrown) {
    return asSluiceError(thrown).advice;
  }
}

/**
 * Shows all that a table holds to Hive, until the log has nothing newer: for a rewrite of many partitions, in several entries.
 * @returns why Hive does not show it yet, or null
 */
export async function publishWhole(
  { metastore, storage }: { readonly metastore: HiveMetastore; readonly storage: Storage },
  shape: TableShape,
  log: TableLog,
): Promise<string | null> {
  const publisher = new HivePublisher({ metastore, storage, shape });
  try {
    for (;;) {
      await log.refresh();
      const { version, files, metaData } = log.snapshot;
      const { publishedVersion } = await publisher.reconcile([...files.values()], version, metaData);
      if (publishedVersion >= version && (await log.refresh()).length === 0) return null;
    }
  } catch (thrown) {
    return asSluiceError(thrown).advice;
  }
}
