import { finding, type Finding } from './finding.ts';
import type { ActualPartition, WantedPartition } from './publication.ts';

/** What the metastore says of one table. */
export interface HiveView {
  /** Why the table there is another one; undefined where it is not. */
  readonly difference: string | undefined;
  /** Those that it lacks, or has narrower than the log. */
  readonly outdatedColumns: readonly string[];
  readonly partitions: readonly ActualPartition[];
}

/** Compares the metastore with what follows from the log. `view` is undefined where it has no such table. */
export function judgeHive(table: string, wanted: readonly WantedPartition[], view: HiveView | undefined): Finding[] {
  if (view === undefined) return [finding('hive_table_missing', table, `The metastore has no table ${table}.`)];
  if (view.difference !== undefined) return [finding('hive_table_wrong', table, view.difference)];
  const findings: Finding[] = [];
  if (view.outdatedColumns.length > 0) {
    const message = `${table} lacks columns in the metastore, or has them too narrow: ${view.outdatedColumns.join(', ')}.`;
    findings.push(finding('hive_table_outdated', table, message, { columns: view.outdatedColumns }));
  }
  const actual = new Map(view.partitions.map((partition) => [partition.name, partition]));
  for (const partition of wanted) {
    findings.push(...judgePartition(table, partition, actual.get(partition.name)));
    actual.delete(partition.name);
  }
  for (const name of actual.keys()) {
    const message = `The metastore has the partition ${name}, of which no row is live.`;
    findings.push(finding('hive_partition_unexpected', table, message, { hivePartition: name }));
  }
  return findings;
}

function judgePartition(table: string, wanted: WantedPartition, actual: ActualPartition | undefined): Finding[] {
  const hivePartition = wanted.name;
  if (actual === undefined) {
    const message = `${hivePartition} is not in the metastore.`;
    return [finding('hive_partition_missing', table, message, { hivePartition })];
  }
  const findings: Finding[] = [];
  if (actual.directory !== wanted.directory) {
    const found = actual.directory ?? 'a place outside of the table';
    const message = `${hivePartition} is at ${found} in the metastore, not at ${wanted.directory}.`;
    findings.push(finding('hive_partition_misplaced', table, message, { hivePartition }));
  }
  if (!actual.descriptionHolds) {
    const message = `${hivePartition} lacks columns in the metastore, or has them narrower than the table.`;
    findings.push(finding('hive_partition_outdated', table, message, { hivePartition }));
  }
  return findings;
}
