import type { HiveView } from '../../plans/audit-hive.ts';
import { decodedPath, placeOf } from '../../plans/file-place.ts';
import { partitionName } from '../../plans/partition-name.ts';
import { wantedPartitions, type WantedPartition } from '../../plans/publication.ts';
import { FENCE_APP_ID } from '../../plans/rewrite.ts';
import type { TableShape } from '../../plans/table-shape.ts';
import { expiredVersion, type RemovedFile, type VacuumView } from '../../plans/vacuum.ts';
import { type Fence, fenceOf } from '../commit-fence.ts';
import type { AddFile } from '../log/actions.ts';
import { entryVersionOf } from '../log/file-actions.ts';
import type { LogFile } from '../log/log-files.ts';
import type { TableLog } from '../log/table-log.ts';

/**
 * What decides over a table's files, as its log stands now.
 * @throws SluiceError LOG_INCONSISTENT for a live path that Sluice never gives
 */
export function vacuumView(
  shape: TableShape,
  log: TableLog,
  hive: HiveView | undefined,
  { committedSequence, expired }: Pick<VacuumView, 'committedSequence' | 'expired'>,
): VacuumView {
  const { snapshot } = log;
  const columns = shape.partitionColumns.map(({ name }) => name);
  const wanted = wantedPartitions([...snapshot.files.values()], columns);
  const removed = [...snapshot.removed.values()].map((file): [string, RemovedFile] => [
    decodedPath(file.path),
    { version: entryVersionOf(file), partition: partitionName(file.partitionValues ?? {}, columns) },
  ]);
  return {
    live: new Set([...snapshot.files.keys()].map(decodedPath)),
    removed: new Map(removed),
    rewrittenAt: rewrittenAt(snapshot.files.values(), columns),
    wanted,
    unsettled: unsettledPartitions(wanted, hive),
    committedSequence,
    fence: snapshot.transactionVersion(FENCE_APP_ID) ?? 0,
    expired,
  };
}

/**
 * Versions whose removals the grace period is over for. Hive may have shown a removal much later than the log had it, but
 * not later than the vacuum that brought it up to date: the newest one from before the grace period counts.
 */
export async function expiredVersions(
  log: TableLog,
  fence: Fence | undefined,
  entries: readonly LogFile[],
  nowMs: number,
  graceMs: number,
): Promise<VacuumView['expired']> {
  const expired = expiredVersion(entries, nowMs, graceMs);
  let hive = -1;
  for (let known = fence; known !== undefined;) {
    if (known.version <= expired) hive = known.hiveVersion;
    else if (known.previous <= expired) hive = known.previousHiveVersion;
    else {
      known = fenceOf(await log.readEntry(known.previous));
      continue;
    }
    break;
  }
  return { log: expired, hive: Math.min(expired, hive) };
}

function rewrittenAt(live: Iterable<AddFile>, columns: readonly string[]): Map<string, number> {
  const newest = new Map<string, number>();
  for (const file of live) {
    if (placeOf(decodedPath(file.path))?.kind !== 'rewrite') continue;
    const name = partitionName(file.partitionValues, columns);
    newest.set(name, Math.max(entryVersionOf(file), newest.get(name) ?? 0));
  }
  return newest;
}

function unsettledPartitions(wanted: readonly WantedPartition[], hive: HiveView | undefined): Set<string> {
  const known = hive === undefined || hive.difference !== undefined ? [] : hive.partitions;
  const actual = new Map(known.map(({ name, directory }) => [name, directory]));
  const unsettled = new Set<string>();
  for (const { name, directory } of wanted) {
    if (actual.get(name) !== directory) unsettled.add(name);
    actual.delete(name);
  }
  for (const name of actual.keys()) unsettled.add(name);
  return unsettled;
}
