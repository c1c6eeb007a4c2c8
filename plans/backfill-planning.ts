import type { EngineName, TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { type BackfillPlan, type BackfillScope, type BackfillSource, mayHold, offsetsIn, unitsOf } from './backfill.ts';
import type { PlannedRange } from './batch.ts';
import { ASSUMED_RECORD_SIZE_BYTES, type AvailableOffsets, recordsPerBatch } from './micro-batch.ts';
import { partitionName } from './partition-name.ts';

/** Units that are derived side by side where nothing else is asked for. */
export const UNITS_AT_ONCE = 2;
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

/** Offsets one after the other. */
export interface OffsetRun {
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
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
  readonly scope: BackfillScope;
  /** Offsets of rejected records, where only they are wanted: runs in order, by Kafka partition. */
  readonly rejectedRuns: ReadonlyMap<number, readonly OffsetRun[]>;
  /** By Kafka partition. */
  readonly wanted: ReadonlyMap<number, WantedOffsets>;
  /** Next offset of each Kafka partition, by the main log. */
  readonly committed: ReadonlyMap<number, bigint>;
  readonly sequence: number;
  readonly source: BackfillSource;
  readonly engine: EngineName;
  /** What the source holds. */
  readonly available: ReadonlyMap<number, AvailableOffsets>;
  readonly main: LiveTable;
  readonly rejected: LiveTable;
  /** Backfills of the table that have neither ended nor been cancelled. */
  readonly running: readonly Pick<BackfillPlan, 'number' | 'ranges'>[];
  readonly recordSizeBytes: number | undefined;
  readonly unitsAtOnce: number;
  readonly maxRowsPerSecond: number | null;
  /** Rows of partitions that had ended by then are left out, since retention has dropped them; in milliseconds since the epoch. */
  readonly leavesOutToMs: number | null;
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
  readonly source: BackfillSource;
  readonly engine: EngineName;
  readonly ranges: readonly PlannedRange[];
  /** Records at most: not every offset has one. */
  readonly offsets: string;
  readonly units: number;
  readonly unitOffsets: number;
  /** As fetched. */
  readonly sourceBytes: number;
  readonly replaced: readonly Replaced[];
  readonly estimatedMs: number;
  /** Of what retention has dropped, rows of partitions that had ended by then are not derived again; null where they are. */
  readonly leavesOutToMs: number | null;
}

/**
 * Decides what a backfill holds. Pure: the same state, the same plan.
 * @throws SluiceError BACKFILL_REFUSED, OFFSET_EXPIRED
 */
export function planBackfill(request: BackfillRequest): BackfillOutlook {
  requireReadable(request);
  const { committed, available } = request;
  const ranges: PlannedRange[] = [];
  for (const [partition, wanted] of [...request.wanted].sort(([a], [b]) => a - b)) {
    const held = available.get(partition);
    if (held === undefined) continue;
    const { earliest } = held;
    const start = wanted.start ?? (request.scope === 'all' ? earliest : 0n);
    const end = endOf(request, partition, wanted, { committed: committed.get(partition) ?? 0n, held: held.lastStable });
    const runs = request.scope === 'all' ? [{ start, end }] : (request.rejectedRuns.get(partition) ?? []);
    for (const run of runs) {
      const from = run.start > start ? run.start : start;
      const to = run.end < end ? run.end : end;
      if (from >= to) continue;
      if (from < earliest) throw expired(request, partition, from, earliest);
      ranges.push({ partition, startOffset: String(from), endOffset: String(to) });
    }
  }
  if (ranges.length === 0) {
    throw request.scope === 'all'
      ? refused(request, 'they are no offsets', {
          remedy: 'Ask for more: `sluice status` says how far it is committed.',
        })
      : refused(request, 'no record of these offsets is rejected', { remedy: 'There is nothing to be done.' });
  }
  requireNoOverlap(request, ranges);
  return outlookOf(request, ranges);
}

/** Runs put together over the smallest gaps between them, until there are no more than so many. */
export function joinRuns(runs: readonly OffsetRun[], maxRuns: number): OffsetRun[] {
  const gaps = runs.slice(1).map(({ start }, index) => start - (runs[index]?.end ?? start));
  const kept = new Set(
    gaps
      .map((gap, index) => ({ gap, index }))
      .sort((a, b) => Number(b.gap - a.gap))
      .slice(0, Math.max(0, maxRuns - 1))
      .map(({ index }) => index),
  );
  const joined: OffsetRun[] = [];
  runs.forEach((run, index) => {
    const last = joined.at(-1);
    if (last === undefined || kept.has(index - 1)) joined.push(run);
    else joined[joined.length - 1] = { start: last.start, end: run.end };
  });
  return joined;
}

function endOf(
  request: BackfillRequest,
  partition: number,
  wanted: WantedOffsets,
  { committed, held }: { readonly committed: bigint; readonly held: bigint },
): bigint {
  // Kafka has a mark behind its last record; elsewhere there is none, and what follows is not there.
  const reach = request.source === 'kafka' || held > committed ? committed : held;
  const end = wanted.end ?? reach;
  if (end <= reach) return end;
  if (end <= committed && !wanted.endIsTime) {
    const why = `${SOURCE_NAMES[request.source]} hold${request.source === 'files' ? '' : 's'} partition ${partition} up to offset ${held - 1n}, not ${end - 1n}`;
    throw refused(request, why, { remedy: 'End the range there, or name another --source.' });
  }
  if (end <= committed) return reach;
  if (wanted.endIsTime) return reach;
  throw refused(request, `partition ${partition} is committed up to offset ${committed}, not ${end}`, {
    remedy: 'Later offsets are ingested by the current definition anyway: end the range there.',
  });
}

/** Spark reads records from Kafka by itself, and from nowhere else. */
function requireReadable(request: BackfillRequest): void {
  const { engine, source } = request;
  if (engine === 'duckdb' || source === 'kafka') return;
  throw refused(request, `Spark reads records from Kafka only, not from ${SOURCE_NAMES[source]}`, {
    remedy: 'Leave --engine out: DuckDB reads them; or read the topic: --source kafka.',
  });
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
  const unitOffsets = recordsPerBatch(request.definition.limits, request.recordSizeBytes);
  const replaced = [request.main, request.rejected].map((table) => replacedOf(request, table, ranges));
  const merged = replaced.reduce((sum, { rows }) => sum + rows, 0);
  const units = unitsOf({ ranges, unitOffsets }).length;
  if (units > MAX_UNITS) {
    throw refused(request, `it has ${units} units of ${unitOffsets} offsets, above the limit of ${MAX_UNITS}`, {
      remedy: 'Backfill a part of the range, then the next.',
    });
  }
  const records = Number(offsets);
  const { unitsAtOnce, maxRowsPerSecond } = request;
  const derivedASecond = Math.min(ROWS_DERIVED_A_SECOND * unitsAtOnce, maxRowsPerSecond ?? Number.POSITIVE_INFINITY);
  const seconds = records / derivedASecond + (merged + records) / (ROWS_MERGED_A_SECOND * unitsAtOnce);
  return {
    source: request.source,
    engine: request.engine,
    ranges,
    offsets: String(offsets),
    units,
    unitOffsets,
    sourceBytes: Math.round(records * (request.recordSizeBytes ?? ASSUMED_RECORD_SIZE_BYTES)),
    replaced,
    estimatedMs: Math.ceil(seconds) * 1000,
    leavesOutToMs: request.leavesOutToMs,
  };
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

const SOURCE_NAMES: Readonly<Record<BackfillSource, string>> = {
  kafka: 'Kafka',
  archive: 'the archive',
  files: 'the files',
};

function expired(
  { definition, source }: BackfillRequest,
  partition: number,
  start: bigint,
  earliest: bigint,
): SluiceError {
  return new SluiceError(
    'OFFSET_EXPIRED',
    source === 'kafka'
      ? `Kafka does not hold offsets ${start} to ${earliest - 1n} of partition ${partition} any more; it begins at ${earliest}.`
      : `Offsets ${start} to ${earliest - 1n} of partition ${partition} are not in ${SOURCE_NAMES[source]}: the first one there is ${earliest}.`,
    {
      remedy:
        source === 'kafka'
          ? 'Begin the backfill there, and what the table holds of older records stays as it is; or read them from an archive: --source archive.'
          : 'Begin the backfill there; what the table holds of older records stays as it is.',
      details: { table: definition.table, partition, from: String(start), to: String(earliest) },
    },
  );
}

function refused({ definition }: BackfillRequest, why: string, options: { remedy?: string } = {}): SluiceError {
  return new SluiceError('BACKFILL_REFUSED', `${definition.table} cannot be backfilled so: ${why}.`, options);
}
