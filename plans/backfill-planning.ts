import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { type BackfillPlan, type BackfillSource, mayHold, offsetBounds, offsetsIn, unitsOf } from './backfill.ts';
import type { PlannedRange } from './batch.ts';
import { ASSUMED_RECORD_SIZE_BYTES, type AvailableOffsets } from './micro-batch.ts';
import { partitionName } from './partition-name.ts';

/** Units of one backfill; a larger range is to be cut into several backfills. */
export const MAX_UNITS = 10_000;
/** Partitions that an outlook names. */
export const MAX_PARTITIONS_NAMED = 50;
/** What one lane derives, and merges, a second on one core: an estimate of how long it takes is no more than that. */
export const ROWS_DERIVED_A_SECOND = 100_000;
export const ROWS_MERGED_A_SECOND = 300_000;

/** Which offsets are asked for, of each Kafka partition that is meant. */
export interface WantedOffsets {
  /** undefined: from the first one that the source holds. */
  readonly start: bigint | undefined;
  /** Exclusive; undefined: up to what is committed. */
  readonly end: bigint | undefined;
  /** The end stands for a time: what is not committed yet is left to ingestion. Otherwise that is refused. */
  readonly endIsTime: boolean;
}

export interface BackfilledFile {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly stats?: string;
}

export interface BackfillRequest {
  readonly definition: TableDefinition;
  readonly source: BackfillSource;
  /** By Kafka partition. */
  readonly wanted: ReadonlyMap<number, WantedOffsets>;
  /** Next offset of each Kafka partition, by the main log. */
  readonly committed: ReadonlyMap<number, bigint>;
  readonly sequence: number;
  /** What Kafka holds. */
  readonly available: ReadonlyMap<number, AvailableOffsets>;
  readonly main: LiveTable;
  readonly rejected: LiveTable;
  /** Backfills of the table that have neither ended nor been cancelled. */
  readonly running: readonly Pick<BackfillPlan, 'number' | 'ranges'>[];
  readonly recordSizeBytes: number | undefined;
  readonly unitsAtOnce: number;
  readonly maxRowsPerSecond: number | null;
}

export interface LiveTable {
  readonly table: string;
  readonly columns: readonly string[];
  readonly files: readonly BackfilledFile[];
}

/** What a backfill would replace of one table: files that may hold its records, and are written anew where they do. */
export interface Replaced {
  readonly table: string;
  readonly files: number;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly partitions: number;
  /** The first of them. */
  readonly names: readonly string[];
}

/** What an operator is shown before a backfill begins. Offsets are decimal texts. */
export interface BackfillOutlook {
  readonly ranges: readonly PlannedRange[];
  /** Records at most: not every offset has one. */
  readonly offsets: string;
  readonly units: number;
  readonly unitOffsets: number;
  /** As fetched. */
  readonly sourceBytes: number;
  readonly replaced: readonly Replaced[];
  readonly estimatedMs: number;
}

/**
 * Decides what a backfill holds. Pure: the same state, the same plan.
 * @throws SluiceError BACKFILL_REFUSED, OFFSET_EXPIRED
 */
export function planBackfill(request: BackfillRequest): BackfillOutlook {
  const { source, committed } = request;
  const ranges: PlannedRange[] = [];
  for (const [partition, wanted] of [...request.wanted].sort(([a], [b]) => a - b)) {
    const end = endOf(request, partition, wanted, committed.get(partition) ?? 0n);
    const range = source.kind === 'rejected' ? rejectedRange(request, partition) : heldRange(request, partition);
    const start = wanted.start ?? range?.start;
    if (range === undefined || start === undefined) continue;
    if (source.kind === 'kafka' && start < range.start) throw expired(request, partition, start, range.start);
    const from = start > range.start ? start : range.start;
    const to = end < range.end ? end : range.end;
    if (from < to) ranges.push({ partition, startOffset: String(from), endOffset: String(to) });
  }
  if (ranges.length === 0) {
    throw refused(
      request,
      source.kind === 'rejected' ? 'no record of these offsets is rejected' : 'they are no offsets',
    );
  }
  requireNoOverlap(request, ranges);
  return outlookOf(request, ranges);
}

interface Bounds {
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
}

function endOf(request: BackfillRequest, partition: number, wanted: WantedOffsets, committed: bigint): bigint {
  const end = wanted.end ?? committed;
  if (end <= committed) return end;
  if (wanted.endIsTime) return committed;
  throw refused(request, `partition ${partition} is committed up to offset ${committed}, not ${end}`, {
    remedy: 'Later offsets are ingested by the current definition anyway: end the range there.',
  });
}

function heldRange({ available }: BackfillRequest, partition: number): Bounds | undefined {
  const held = available.get(partition);
  return held && { start: held.earliest, end: held.lastStable };
}

/** The hull of what the rejected table may hold of a partition. */
function rejectedRange({ rejected, sequence, committed }: BackfillRequest, partition: number): Bounds | undefined {
  const all = { partition, startOffset: '0', endOffset: String(committed.get(partition) ?? 0n) };
  const files = rejected.files.filter((file) => mayHold({ ranges: [all], sequence }, file));
  if (files.length === 0) return undefined;
  const bounds = files.map(({ stats }) => offsetBounds(stats)?.offsets ?? [0n, BigInt(all.endOffset)]);
  const start = bounds.reduce((least, [min]) => (min < least ? min : least), bounds[0]?.[0] ?? 0n);
  const end = bounds.reduce((most, [, max]) => (max > most ? max : most), 0n) + 1n;
  return { start, end };
}

function requireNoOverlap(request: BackfillRequest, ranges: readonly PlannedRange[]): void {
  for (const { number, ranges: theirs } of request.running) {
    const overlapping = ranges.some((range) =>
      theirs.some(
        (other) =>
          other.partition === range.partition &&
          BigInt(other.startOffset) < BigInt(range.endOffset) &&
          BigInt(other.endOffset) > BigInt(range.startOffset),
      ),
    );
    if (!overlapping) continue;
    throw refused(request, `backfill ${number} of the same offsets has not ended`, {
      remedy: `Wait for it, or cancel it: sluice backfill cancel ${request.definition.table} ${number}`,
    });
  }
}

function outlookOf(request: BackfillRequest, ranges: readonly PlannedRange[]): BackfillOutlook {
  const offsets = offsetsIn(ranges);
  const unitOffsets = unitSize(request, offsets);
  const replaced = [request.main, request.rejected].map((table) => replacedOf(request, table, ranges));
  const merged = replaced.reduce((sum, { rows }) => sum + rows, 0);
  const units = unitsOf({ ranges, unitOffsets }).length;
  if (units > MAX_UNITS) {
    throw refused(request, `it has ${units} units of ${unitOffsets} offsets, above the limit of ${MAX_UNITS}`, {
      remedy: 'Backfill a part of the range, then the next.',
    });
  }
  const records = request.source.kind === 'rejected' ? (replaced[1]?.rows ?? 0) : Number(offsets);
  const { unitsAtOnce, maxRowsPerSecond } = request;
  const derivedASecond = Math.min(ROWS_DERIVED_A_SECOND * unitsAtOnce, maxRowsPerSecond ?? Number.POSITIVE_INFINITY);
  const seconds = records / derivedASecond + (merged + records) / (ROWS_MERGED_A_SECOND * unitsAtOnce);
  return {
    ranges,
    offsets: String(offsets),
    units,
    unitOffsets,
    sourceBytes: Math.round(records * (request.recordSizeBytes ?? ASSUMED_RECORD_SIZE_BYTES)),
    replaced,
    estimatedMs: Math.ceil(seconds) * 1000,
  };
}

/** As many offsets as one batch of the table may have; of those with rejected records only, as many more as they are rare. */
function unitSize({ definition, recordSizeBytes, source, rejected }: BackfillRequest, offsets: bigint): number {
  const sizeBytes = Math.max(1, recordSizeBytes ?? ASSUMED_RECORD_SIZE_BYTES);
  const { maxRows, maxBytes } = definition.limits;
  const budget = Math.max(1, Math.min(maxRows, Math.floor(maxBytes / sizeBytes)));
  if (source.kind === 'kafka') return budget;
  const records = Math.max(
    1,
    rejected.files.reduce((sum, { rows }) => sum + rows, 0),
  );
  return Math.max(budget, Math.floor((budget * Number(offsets)) / records));
}

function replacedOf(
  { sequence }: BackfillRequest,
  { table, columns, files }: LiveTable,
  ranges: readonly PlannedRange[],
): Replaced {
  const held = files.filter((file) => mayHold({ ranges, sequence }, file));
  const names = [...new Set(held.map(({ partitionValues }) => partitionName(partitionValues, columns)))].sort();
  return {
    table,
    files: held.length,
    rows: held.reduce((sum, { rows }) => sum + rows, 0),
    sizeBytes: held.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    partitions: names.length,
    names: names.slice(0, MAX_PARTITIONS_NAMED),
  };
}

function expired({ definition }: BackfillRequest, partition: number, start: bigint, earliest: bigint): SluiceError {
  return new SluiceError(
    'OFFSET_EXPIRED',
    `Kafka does not hold offsets ${start} to ${earliest - 1n} of partition ${partition} any more; it begins at ${earliest}.`,
    {
      remedy: 'Begin the backfill there, or take a source that still holds them.',
      details: { table: definition.table, partition, from: String(start), to: String(earliest) },
    },
  );
}

function refused({ definition }: BackfillRequest, why: string, options: { remedy?: string } = {}): SluiceError {
  return new SluiceError('BACKFILL_REFUSED', `${definition.table} cannot be backfilled so: ${why}.`, options);
}
