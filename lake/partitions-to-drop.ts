import type { RetentionSettings } from '../definition/table-definition.ts';
import { type DroppedPartition, planRetention } from '../plans/retention.ts';
import type { TableShape } from '../plans/table-shape.ts';
import { compactionFiles } from './compaction-files.ts';
import { newestEntryMs } from './log/log-files.ts';
import type { TableLog } from './log/table-log.ts';
import type { Storage } from './storage/storage.ts';

/** Partitions that a table keeps no longer as its log stands, the oldest first, by the time that storage has given the newest entry. */
export async function partitionsToDrop(
  storage: Storage,
  { path, partitionColumns }: TableShape,
  { snapshot }: TableLog,
  retention: RetentionSettings,
): Promise<DroppedPartition[]> {
  const nowMs = await newestEntryMs(storage, path, snapshot.version);
  const columns = partitionColumns.map(({ name }) => name);
  return planRetention(compactionFiles(snapshot), columns, retention, nowMs);
}
