import type { BatchLimits } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { BatchContents, PlannedRange } from './batch.ts';

/** What Kafka holds of one partition: from `earliest` up to, not including, `lastStable`. */
export interface AvailableOffsets {
  readonly earliest: bigint;
  readonly lastStable: bigint;
}

export interface MicroBatchInput {
  readonly table: string;
  /** Next offset to read of each partition that the log knows. Empty for a table that has no batch yet. */
  readonly committed: ReadonlyMap<number, bigint>;
  readonly available: ReadonlyMap<number, AvailableOffsets>;
  readonly limits: Pick<BatchLimits, 'maxRows' | 'maxBytes'>;
  /** Mean size of recent records, to keep within maxBytes; undefined where none has been read yet. */
  readonly recordSizeBytes: number | undefined;
}

export interface MicroBatch {
  readonly ranges: readonly PlannedRange[];
  readonly nextOffsets: Readonly<Record<string, string>>;
  /** Offsets left for later batches: the lag that stays after this one. */
  readonly remaining: bigint;
}

/** Assumed of records while none has been seen: large, so that the first batch errs on the small side. */
export const ASSUMED_RECORD_SIZE_BYTES = 4096;

/**
 * What of maxBytes a batch is planned to take: records vary in size, and Kafka's own batches come whole. One that turns out
 * larger than maxBytes is read twice.
 */
export const PLANNED_FILL = 0.9;

/** How many records make a batch, by the mean size of recent ones. */
export function recordsPerBatch(
  { maxRows, maxBytes }: Pick<BatchLimits, 'maxRows' | 'maxBytes'>,
  recordSizeBytes = ASSUMED_RECORD_SIZE_BYTES,
): number {
  return Math.max(1, Math.min(maxRows, Math.floor((PLANNED_FILL * maxBytes) / Math.max(1, recordSizeBytes))));
}

/**
 * Decides what the next batch of a table holds: from where the log stands to the last stable offset, shared fairly
 * between the partitions when it does not all fit. Pure: same input, same batch.
 * @throws SluiceError OFFSETS_MOVED_BACK, OFFSET_EXPIRED: only an operator can decide those
 */
export function planMicroBatch(input: MicroBatchInput): MicroBatch {
  const starts = new Map<number, bigint>();
  for (const [partition, available] of input.available) {
    starts.set(partition, startOffset(input, partition, available));
  }
  const waiting = [...input.available].map(([partition, { lastStable }]) => ({
    partition,
    count: lastStable - (starts.get(partition) ?? lastStable),
  }));
  const taken = shareOut(waiting, BigInt(recordsPerBatch(input.limits, input.recordSizeBytes)));
  const ranges: PlannedRange[] = [];
  const nextOffsets: Record<string, string> = {};
  let remaining = 0n;
  for (const { partition, count } of waiting.sort((a, b) => a.partition - b.partition)) {
    const start = starts.get(partition) ?? 0n;
    const end = start + (taken.get(partition) ?? 0n);
    if (end > start) ranges.push({ partition, startOffset: String(start), endOffset: String(end) });
    nextOffsets[partition] = String(end);
    remaining += count - (end - start);
  }
  return { ranges, nextOffsets, remaining };
}

/** Mean size of a batch's records, in bytes; undefined where its seal does not say, or there were none. */
export function recordSizeOf(seal: BatchContents | undefined): number | undefined {
  if (seal?.fetchedBytes === undefined) return undefined;
  const records = seal.rows + seal.rejectedRows;
  return records === 0 ? undefined : Math.ceil(seal.fetchedBytes / records);
}

/** A batch, and in how many parts it is to be written. */
export interface ShardedBatch {
  readonly batch: MicroBatch;
  readonly shards: number;
}

/**
 * A batch in as many parts as the table may have, each within the limits, where one part would not take all that waits;
 * else one that is whole.
 */
export function planInShards(
  input: Omit<MicroBatchInput, 'limits'>,
  { maxRows, maxBytes, shards }: Pick<BatchLimits, 'maxRows' | 'maxBytes' | 'shards'>,
): ShardedBatch {
  const whole = planMicroBatch({ ...input, limits: { maxRows, maxBytes } });
  if (shards === 1 || whole.remaining === 0n) return { batch: whole, shards: 1 };
  const limits = { maxRows: maxRows * shards, maxBytes: maxBytes * shards };
  return { batch: planMicroBatch({ ...input, limits }), shards };
}

function startOffset(input: MicroBatchInput, partition: number, available: AvailableOffsets): bigint {
  const committed = input.committed.get(partition);
  const details = { table: input.table, partition };
  if (committed === undefined) {
    // A table's first batch takes what Kafka still has; a partition added later must be there from its beginning.
    if (input.committed.size === 0) return available.earliest;
    return requireHeld(input, partition, 0n, available);
  }
  if (committed > available.lastStable) {
    throw new SluiceError(
      'OFFSETS_MOVED_BACK',
      `Partition ${partition} ends at offset ${available.lastStable}, before offset ${committed} that ${input.table} has committed: records were lost in Kafka.`,
      { remedy: 'Find out what happened to the topic before ingestion goes on.', details },
    );
  }
  return requireHeld(input, partition, committed, available);
}

function requireHeld(input: MicroBatchInput, partition: number, start: bigint, available: AvailableOffsets): bigint {
  if (start >= available.earliest) return start;
  throw new SluiceError(
    'OFFSET_EXPIRED',
    `Offsets ${start} to ${available.earliest} of partition ${partition} have expired in Kafka before ${input.table} read them.`,
    {
      remedy: `They are lost to this table unless another source holds them. To let it go on without them: sluice accept-loss ${input.table}`,
      details: { table: input.table, partition, from: String(start), to: String(available.earliest) },
    },
  );
}

/** Gives each partition an equal share of the budget, and what one does not need to the others. */
function shareOut(waiting: readonly { partition: number; count: bigint }[], budget: bigint): Map<number, bigint> {
  const taken = new Map<number, bigint>();
  let left = budget;
  const ascending = [...waiting].sort((a, b) => Number(a.count - b.count));
  ascending.forEach(({ partition, count }, index) => {
    const sharers = BigInt(ascending.length - index);
    const share = (left + sharers - 1n) / sharers;
    const take = count < share ? count : share;
    taken.set(partition, take);
    left -= take;
  });
  return taken;
}
