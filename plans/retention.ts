import type { RetentionSettings } from '../definition/table-definition.ts';
import { partitionName } from './partition-name.ts';
import { partitionEndMs } from './partition-time.ts';

/** A live file, as far as retention must know it. */
export interface RetainedFile {
  /** Of the log. */
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly rows: number;
  readonly sizeBytes: number;
}

/** A partition that is to go, whole. */
export interface DroppedPartition {
  readonly partition: string;
  readonly files: readonly string[];
  readonly rows: number;
  readonly sizeBytes: number;
  /** Where its event times end, in milliseconds since the epoch. */
  readonly endMs: number;
  /** Why, in words. */
  readonly reason: string;
}

interface Partition extends Omit<DroppedPartition, 'reason' | 'files'> {
  readonly files: string[];
}

/** Whether anything is ever dropped. */
export function isBounded({ maxAgeMs, maxBytes }: RetentionSettings): boolean {
  return maxAgeMs !== null || maxBytes !== null;
}

/**
 * Whole partitions that a table keeps no longer, the oldest first: those whose event times ended longer ago than the age, and
 * as many more of the oldest as bring the rest below the size. A partition that has not ended yet is never dropped.
 */
export function planRetention(
  files: Iterable<RetainedFile>,
  columns: readonly string[],
  { maxAgeMs, maxBytes }: RetentionSettings,
  nowMs: number,
): DroppedPartition[] {
  const partitions = [...byPartition(files, columns).values()].sort((one, other) => one.endMs - other.endMs);
  let keptBytes = partitions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const dropped: DroppedPartition[] = [];
  for (const partition of partitions) {
    const { endMs } = partition;
    if (endMs > nowMs) break;
    const tooOld = maxAgeMs !== null && endMs <= nowMs - maxAgeMs;
    const tooMuch = maxBytes !== null && keptBytes > maxBytes;
    if (!tooOld && !tooMuch) break;
    keptBytes -= partition.sizeBytes;
    const reason = tooOld
      ? `ended ${new Date(endMs).toISOString()}, longer ago than retention.max_age`
      : 'is the oldest, and the table has more bytes than retention.max_size';
    dropped.push({ ...partition, reason });
  }
  return dropped;
}

/** Partitions without a date are kept for ever. */
function byPartition(files: Iterable<RetainedFile>, columns: readonly string[]): Map<string, Partition> {
  const partitions = new Map<string, Partition>();
  for (const { path, partitionValues, rows, sizeBytes } of files) {
    const name = partitionName(partitionValues, columns);
    const endMs = partitionEndMs(partitionValues) ?? Number.POSITIVE_INFINITY;
    const known = partitions.get(name) ?? { partition: name, endMs, files: [], rows: 0, sizeBytes: 0 };
    known.files.push(path);
    partitions.set(name, { ...known, rows: known.rows + rows, sizeBytes: known.sizeBytes + sizeBytes });
  }
  return partitions;
}
