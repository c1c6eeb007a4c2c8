import type { Clock } from '../clock/clock.ts';
import { definitionHash } from '../definition/load.ts';
import type { EngineName, TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { BackfillFiles } from '../lake/backfill-files.ts';
import { BatchFiles } from '../lake/batch-files.ts';
import { committedOffsets, committedSequence } from '../lake/committed.ts';
import { endedBackfills } from '../lake/ended-backfills.ts';
import { sourceOf } from '../lake/ensure-table.ts';
import { compareSchemas, deltaSchema } from '../lake/log/schema.ts';
import { rowCountOf } from '../lake/log/snapshot.ts';
import { TableLog, type TableLogOptions } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import type { BackfillPlan, BackfillScope, BackfillSource } from '../plans/backfill.ts';
import {
  type BackfillOutlook,
  type LiveTable,
  type OffsetRun,
  planBackfill,
  type WantedOffsets,
} from '../plans/backfill-planning.ts';
import type { PlannedRange } from '../plans/batch.ts';
import { DROPPED_APP_ID } from '../plans/rewrite.ts';
import { mainTable, rejectedTable, type TableShape } from '../plans/table-shape.ts';

/** What a proposal is made with. */
export interface ProposalParts {
  readonly storage: Storage;
  readonly cluster: Pick<KafkaCluster, 'describeTopic' | 'offsets' | 'offsetsSince'>;
  /** Mean size of the first records of a range, as fetched, in bytes; undefined where it has none. */
  readonly recordSizeBytes: (topicId: string, range: PlannedRange, signal: AbortSignal) => Promise<number | undefined>;
  /** Offsets of the rejected records, by Kafka partition. */
  readonly rejectedRuns: (rejected: TableLog) => Promise<ReadonlyMap<number, readonly OffsetRun[]>>;
  readonly clock: Clock;
  readonly log?: TableLogOptions;
}

/** What somebody asks for. Times are of Kafka's own timestamps, in milliseconds since the epoch. */
export interface ProposalInput {
  readonly definition: TableDefinition;
  readonly scope: BackfillScope;
  /** What `cluster` of the parts stands for. @default kafka */
  readonly source?: BackfillSource;
  /** What is to derive the records. @default duckdb */
  readonly engine?: EngineName;
  /** Only this Kafka partition. */
  readonly partition?: number;
  readonly from?: { readonly timeMs: number } | { readonly offset: bigint };
  /** Exclusive. */
  readonly to?: { readonly timeMs: number } | { readonly offset: bigint };
  readonly by: string;
  readonly unitsAtOnce: number;
  readonly maxRowsPerSecond: number | null;
  /** Rows of partitions that retention has dropped are wanted too. */
  readonly includesDropped?: boolean;
}

/** A backfill as it would be: nothing of it is kept yet. */
export interface Proposal {
  readonly plan: Omit<BackfillPlan, 'number'>;
  readonly outlook: BackfillOutlook;
  readonly definition: TableDefinition;
}

/**
 * Decides what a backfill would hold and replace, from what table and source say now. Changes nothing.
 * @throws SluiceError BACKFILL_REFUSED, OFFSET_EXPIRED, DEFINITION_INCOMPATIBLE, TOPIC_RECREATED, and what Kafka and the lake throw
 */
export async function proposeBackfill(
  parts: ProposalParts,
  input: ProposalInput,
  signal: AbortSignal,
): Promise<Proposal> {
  const { definition, scope, source = 'kafka', engine = 'duckdb' } = input;
  const { topic } = definition.source;
  const main = await readLog(parts, mainTable(definition));
  const rejected = await readLog(parts, rejectedTable(definition));
  requireSameTable(main, definition);
  const { topicId } = await parts.cluster.describeTopic(topic, { signal });
  requireSameTopic(main, definition, topicId);
  const committed = committedOffsets(main.snapshot, topic);
  const wanted = await wantedOffsets(parts, input, committed, signal);
  const request = {
    definition,
    scope,
    source,
    engine,
    rejectedRuns: scope === 'all' ? new Map<number, OffsetRun[]>() : await parts.rejectedRuns(rejected),
    wanted,
    committed,
    sequence: committedSequence(main.snapshot, topic),
    available: await parts.cluster.offsets(topic, { signal }),
    main: liveTable(main, definition.table),
    rejected: liveTable(rejected, rejectedTable(definition).table),
    running: await runningBackfills(parts.storage, definition, parts.log),
    recordSizeBytes: undefined,
    leavesOutToMs: input.includesDropped === true ? null : (main.snapshot.transactionVersion(DROPPED_APP_ID) ?? null),
    unitsAtOnce: input.unitsAtOnce,
    maxRowsPerSecond: input.maxRowsPerSecond,
  };
  const [range] = planBackfill(request).ranges;
  const recordSizeBytes = range && (await parts.recordSizeBytes(topicId, range, signal));
  const outlook = planBackfill({ ...request, recordSizeBytes });
  return {
    outlook,
    definition,
    plan: {
      format: 1,
      plannedAtMs: parts.clock.nowMs(),
      plannedBy: input.by,
      table: definition.table,
      topic,
      topicId,
      scope,
      ranges: outlook.ranges,
      unitOffsets: outlook.unitOffsets,
      definitionHash: definitionHash(definition),
      sequence: request.sequence,
      unitsAtOnce: input.unitsAtOnce,
      maxRowsPerSecond: input.maxRowsPerSecond,
      ...(engine === 'duckdb' ? {} : { engine }),
      ...(source === 'kafka' ? {} : { source }),
      ...(input.includesDropped === true ? { includesDropped: true } : {}),
    },
  };
}

/** Keeps a proposal under a number of its own, where it waits for an approval. */
export async function keepProposal(storage: Storage, { plan, definition }: Proposal): Promise<BackfillPlan> {
  const { path } = mainTable(definition);
  await new BatchFiles(storage, path).pinDefinition(plan.definitionHash, definition);
  return new BackfillFiles(storage, path).createPlan(plan);
}

/** Backfills that have neither ended nor been cancelled, those that wait for an approval included. */
export async function runningBackfills(
  storage: Storage,
  definition: TableDefinition,
  options?: TableLogOptions,
): Promise<BackfillPlan[]> {
  const files = new BackfillFiles(storage, mainTable(definition).path);
  const numbers = await files.numbers();
  const ended = await endedBackfills(storage, definition, numbers, options);
  return Promise.all(numbers.filter((number) => !ended.has(number)).map((number) => files.readPlan(number)));
}

async function readLog({ storage, log: options }: ProposalParts, shape: TableShape): Promise<TableLog> {
  const log = new TableLog(storage, shape.path, options);
  await log.refresh();
  return log;
}

function liveTable({ snapshot }: TableLog, table: string): LiveTable {
  return {
    table,
    columns: snapshot.metaData?.partitionColumns ?? [],
    files: [...snapshot.files.values()].map((file) => ({
      path: file.path,
      partitionValues: file.partitionValues,
      rows: rowCountOf(file),
      sizeBytes: file.size,
      ...(file.stats === undefined ? {} : { stats: file.stats }),
    })),
  };
}

async function wantedOffsets(
  { cluster }: ProposalParts,
  { definition, partition, from, to }: ProposalInput,
  committed: ReadonlyMap<number, bigint>,
  signal: AbortSignal,
): Promise<Map<number, WantedOffsets>> {
  const { topic } = definition.source;
  const since = async (bound: ProposalInput['from']): Promise<(of: number) => bigint | undefined> => {
    if (bound === undefined) return () => undefined;
    if ('offset' in bound) return () => bound.offset;
    const offsets = await cluster.offsetsSince(topic, bound.timeMs, { signal });
    // No record that late: nothing is wanted from there, or everything up to it.
    return (of) => offsets.get(of) ?? committed.get(of);
  };
  const [start, end] = [await since(from), await since(to)];
  const endIsTime = to !== undefined && 'timeMs' in to;
  const partitions = [...committed.keys()].filter((of) => partition === undefined || of === partition);
  return new Map(partitions.map((of) => [of, { start: start(of), end: end(of), endIsTime }]));
}

function requireSameTable({ snapshot }: TableLog, definition: TableDefinition): void {
  const { metaData } = snapshot;
  const shape = mainTable(definition);
  if (metaData === undefined) {
    throw new SluiceError('BACKFILL_REFUSED', `${definition.table} has not begun: there is nothing to backfill.`);
  }
  const columns = shape.partitionColumns.map(({ name }) => name).join(', ');
  if (columns !== metaData.partitionColumns.join(', ')) {
    throw new SluiceError(
      'DEFINITION_INCOMPATIBLE',
      `${definition.table} is partitioned by ${metaData.partitionColumns.join(', ')}; its definition says ${columns}.`,
      { remedy: 'A backfill cannot change that: put partition_by back, or define a new table.' },
    );
  }
  compareSchemas(definition.table, metaData.schemaString, deltaSchema(shape));
}

function requireSameTopic({ snapshot }: TableLog, definition: TableDefinition, topicId: string): void {
  const { topic } = definition.source;
  const was = snapshot.metaData === undefined ? undefined : sourceOf(snapshot.metaData);
  if (was?.topicId === topicId) return;
  throw new SluiceError(
    'TOPIC_RECREATED',
    `The topic "${topic}" is not the one that ${definition.table} was filled from: its offsets say something else.`,
    { remedy: 'What the table holds of the old topic cannot be derived anew.', details: { topic, is: topicId } },
  );
}
