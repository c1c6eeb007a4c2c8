import type { BatchContents, BatchPlan, PlannedRange } from './batch.ts';
import { unknownFields } from './unknown-fields.ts';

/** Into how many parts a batch is divided. */
export function shardCount({ shards = 1 }: Pick<BatchPlan, 'shards'>): number {
  return shards;
}

/**
 * The plan of one part: an equal share of the offsets, one partition's after the other's. It follows from the plan alone, so
 * everybody divides a batch alike. A part may be empty.
 */
export function planOfShard(plan: BatchPlan, shard: number): BatchPlan {
  const shards = BigInt(shardCount(plan));
  const total = plan.ranges.reduce((sum, range) => sum + lengthOf(range), 0n);
  const from = (total * BigInt(shard)) / shards;
  const to = (total * BigInt(shard + 1)) / shards;
  const ranges: PlannedRange[] = [];
  let before = 0n;
  for (const range of plan.ranges) {
    const start = BigInt(range.startOffset);
    const length = lengthOf(range);
    const first = from > before ? from - before : 0n;
    const end = to - before < length ? to - before : length;
    if (first < end) {
      ranges.push({ ...range, startOffset: String(start + first), endOffset: String(start + end) });
    }
    before += length;
  }
  return { ...plan, ranges };
}

/** What all parts of a batch have become together. */
export function together(manifests: readonly BatchContents[]): BatchContents {
  const fetched = manifests.map(({ fetchedBytes }) => fetchedBytes);
  const archived = manifests.some(({ archiveFiles }) => archiveFiles !== undefined);
  return {
    rows: manifests.reduce((sum, { rows }) => sum + rows, 0),
    files: manifests.flatMap(({ files }) => files),
    rejectedRows: manifests.reduce((sum, { rejectedRows }) => sum + rejectedRows, 0),
    rejectedFiles: manifests.flatMap(({ rejectedFiles }) => rejectedFiles),
    ...(archived && { archiveFiles: manifests.flatMap(({ archiveFiles = [] }) => archiveFiles) }),
    unknownFields: unknownFields(...manifests.map((manifest) => manifest.unknownFields)),
    ...(fetched.every((bytes) => bytes !== undefined) && {
      fetchedBytes: fetched.reduce((sum, bytes) => sum + bytes, 0),
    }),
  };
}

function lengthOf({ startOffset, endOffset }: PlannedRange): bigint {
  return BigInt(endOffset) - BigInt(startOffset);
}
