import type { AddFile } from '../lake/log/actions.ts';
import { rowCountOf } from '../lake/log/snapshot.ts';
import type { Stretch } from '../plans/audit-window.ts';
import { decodedPath } from '../plans/file-place.ts';
import { partitionName } from '../plans/partition-name.ts';
import type { TableShape } from '../plans/table-shape.ts';

/** Files opened at a time. */
export const MAX_FILES_AT_ONCE = 256;
/** Bytes of files opened at a time: what a storage that is not a file system must bring here. */
export const MAX_BYTES_AT_ONCE = 256 * 1024 * 1024;

/** A live file with what the log says of it. */
export interface LiveFile {
  /** Relative to the table's folder, decoded. */
  readonly path: string;
  /** From the storage's root. */
  readonly storagePath: string;
  readonly sizeBytes: number;
  readonly rows: number;
  /** Name of its partition in Hive. */
  readonly hivePartition: string;
  /** Bounds of its rows' `kafka_partition` and `kafka_offset`, inclusive; undefined where the log has none. */
  readonly partitions: readonly [number, number] | undefined;
  readonly offsets: readonly [bigint, bigint] | undefined;
}

interface Statistics {
  readonly minValues?: { readonly kafka_partition?: number; readonly kafka_offset?: number };
  readonly maxValues?: { readonly kafka_partition?: number; readonly kafka_offset?: number };
}

export function liveFile(shape: TableShape, file: AddFile, partitionColumns: readonly string[]): LiveFile {
  const path = decodedPath(file.path);
  const { minValues: min = {}, maxValues: max = {} } = JSON.parse(file.stats ?? '{}') as Statistics;
  const hasPartitions = min.kafka_partition !== undefined && max.kafka_partition !== undefined;
  const hasOffsets = min.kafka_offset !== undefined && max.kafka_offset !== undefined;
  return {
    path,
    storagePath: `${shape.path}/${path}`,
    sizeBytes: file.size,
    rows: rowCountOf(file),
    hivePartition: partitionName(file.partitionValues, partitionColumns),
    partitions: hasPartitions ? [min.kafka_partition ?? 0, max.kafka_partition ?? 0] : undefined,
    offsets: hasOffsets ? [BigInt(min.kafka_offset ?? 0), BigInt(max.kafka_offset ?? 0)] : undefined,
  };
}

/** The files that may hold a row of the window. */
export function holding(files: readonly LiveFile[], window: readonly Stretch[]): LiveFile[] {
  return files.filter(({ rows, partitions, offsets }) => {
    if (rows === 0) return false;
    if (partitions === undefined || offsets === undefined) return true;
    return window.some(
      ({ partition, from, to }) =>
        partition >= partitions[0] && partition <= partitions[1] && from <= offsets[1] && to > offsets[0],
    );
  });
}

/** The files in groups that may be opened at once. */
export function* inGroups(files: readonly LiveFile[]): Generator<LiveFile[]> {
  let group: LiveFile[] = [];
  let sizeBytes = 0;
  for (const file of files) {
    if (group.length === MAX_FILES_AT_ONCE || (group.length > 0 && sizeBytes + file.sizeBytes > MAX_BYTES_AT_ONCE)) {
      yield group;
      group = [];
      sizeBytes = 0;
    }
    group.push(file);
    sizeBytes += file.sizeBytes;
  }
  if (group.length > 0) yield group;
}
