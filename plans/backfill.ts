import type { EngineName } from '../definition/table-definition.ts';
import type { DataFile, PlannedRange } from './batch.ts';
import { decodedPath, placeOf } from './file-place.ts';

/** Which records a backfill is for: all of a range, or those that are rejected, and their neighbours in between. */
export type BackfillScope = 'all' | 'rejected';

/** Where a backfill reads its records: from the topic, from the table's own archive, or from files that its plan came with. */
export type BackfillSource = 'kafka' | 'archive' | 'files';

/**
 * What a backfill is: the records of these offsets are derived anew by one definition, and replace what the table and its
 * rejected table hold of them. Created once, whole, and never changed.
 */
export interface BackfillPlan {
  readonly format: 1;
  /** Backfills of a table are numbered from 1. */
  readonly number: number;
  readonly plannedAtMs: number;
  readonly plannedBy: string;
  readonly table: string;
  readonly topic: string;
  readonly topicId: string;
  readonly scope: BackfillScope;
  /** In order of partition and offset; none touches another. */
  readonly ranges: readonly PlannedRange[];
  /** Offsets that are derived at a time. */
  readonly unitOffsets: number;
  /** Names the definition that rows are derived by, kept in `_sluice/definitions/`. */
  readonly definitionHash: string;
  /** The last batch that was committed: later ones hold no record of the ranges. */
  readonly sequence: number;
  /** Units that are derived, or partitions merged, side by side. */
  readonly unitsAtOnce: number;
  /** Records that are derived a second, over all; null for no limit. */
  readonly maxRowsPerSecond: number | null;
  /** What derives its records; left out for DuckDB. */
  readonly engine?: Exclude<EngineName, 'duckdb'>;
  /** Left out for Kafka. */
  readonly source?: Exclude<BackfillSource, 'kafka'>;
  /** True where rows of partitions that retention has dropped are wanted too. */
  readonly includesDropped?: boolean;
}

/** Somebody wants it to be carried out. */
export interface BackfillApproval {
  readonly format: 1;
  readonly approvedAtMs: number;
  readonly by: string;
}

/** What one unit became: files that lie beside the table until the backfill merges them into it. */
export interface BackfillUnit {
  readonly format: 1;
  readonly unit: number;
  readonly attempt: string;
  readonly rows: number;
  readonly files: readonly DataFile[];
  readonly rejectedRows: number;
  readonly rejectedFiles: readonly DataFile[];
  readonly fetchedBytes: number;
}

/** Whether a backfill is to be carried out, once and for all. */
export interface BackfillDecision {
  readonly format: 1;
  readonly decision: 'commit' | 'cancel';
  readonly decidedAtMs: number;
  readonly by: string;
}

/** The ranges cut into units of so many offsets. Each has one range only: an engine reads no two of one partition at once. */
export function unitsOf({ ranges, unitOffsets }: Pick<BackfillPlan, 'ranges' | 'unitOffsets'>): PlannedRange[][] {
  const units: PlannedRange[][] = [];
  const size = BigInt(unitOffsets);
  for (const { partition, startOffset, endOffset } of ranges) {
    const end = BigInt(endOffset);
    for (let start = BigInt(startOffset); start < end; start += size) {
      const stop = start + size < end ? start + size : end;
      units.push([{ partition, startOffset: String(start), endOffset: String(stop) }]);
    }
  }
  return units;
}

/** How many offsets ranges have: as many records at most, since not every offset has one. */
export function offsetsIn(ranges: readonly PlannedRange[]): bigint {
  return ranges.reduce((sum, { startOffset, endOffset }) => sum + BigInt(endOffset) - BigInt(startOffset), 0n);
}

/** Which offsets a file may hold, by its statistics; undefined where they do not say. */
export interface OffsetBounds {
  readonly partitions: readonly [min: number, max: number];
  readonly offsets: readonly [min: bigint, max: bigint];
}

export function offsetBounds(stats: string | undefined): OffsetBounds | undefined {
  if (stats === undefined) return undefined;
  const { minValues = {}, maxValues = {} } = JSON.parse(stats) as Record<string, Record<string, unknown> | undefined>;
  const { kafka_partition: firstPartition, kafka_offset: firstOffset } = minValues;
  const { kafka_partition: lastPartition, kafka_offset: lastOffset } = maxValues;
  const numbers = [firstPartition, lastPartition, firstOffset, lastOffset];
  if (!numbers.every((value) => Number.isSafeInteger(value))) return undefined;
  return {
    partitions: [firstPartition as number, lastPartition as number],
    offsets: [BigInt(firstOffset as number), BigInt(lastOffset as number)],
  };
}

/** Whether a live file may hold records of a backfill's ranges. */
export function mayHold(
  plan: Pick<BackfillPlan, 'ranges' | 'sequence'>,
  file: { readonly path: string; readonly stats?: string },
): boolean {
  const place = placeOf(decodedPath(file.path));
  if (place?.kind === 'batch' && place.sequence > plan.sequence) return false;
  const bounds = offsetBounds(file.stats);
  if (bounds === undefined) return true;
  return plan.ranges.some(
    ({ partition, startOffset, endOffset }) =>
      partition >= bounds.partitions[0] &&
      partition <= bounds.partitions[1] &&
      BigInt(startOffset) <= bounds.offsets[1] &&
      BigInt(endOffset) > bounds.offsets[0],
  );
}
