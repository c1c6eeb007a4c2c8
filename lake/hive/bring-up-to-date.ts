import type { LogEntry, TableLog } from '../log/table-log.ts';
import type { HivePublisher } from './publisher.ts';

/**
 * Compares the whole table in Hive with its log, then goes on until the log has nothing newer: whoever published something
 * newer meanwhile has perhaps been undone by this.
 * @returns the version that Hive has been brought to
 */
export async function bringUpToDate(publisher: HivePublisher, log: TableLog): Promise<number> {
  await log.refresh();
  const { snapshot } = log;
  await publisher.ensureTable();
  await publisher.reconcile([...snapshot.files.values()], snapshot.version, snapshot.metaData);
  for (;;) {
    const afterVersion = snapshot.version;
    const entries = await log.refresh();
    if (entries.length === 0) return afterVersion;
    await publisher.publish({
      files: [...snapshot.files.values()],
      partitions: partitionsTouchedBy(entries),
      afterVersion,
      version: snapshot.version,
      metaData: snapshot.metaData,
    });
  }
}

/** Partition values of every file that the entries added or removed. */
export function partitionsTouchedBy(entries: readonly LogEntry[]): Readonly<Record<string, string>>[] {
  return entries.flatMap(({ actions }) =>
    actions.flatMap(({ add, remove }) => {
      const values = add?.partitionValues ?? remove?.partitionValues;
      return values === undefined ? [] : [values];
    }),
  );
}
