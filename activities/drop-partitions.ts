import { loadDefinition } from '../definition/load.ts';
import type { RetentionSettings } from '../definition/table-definition.ts';
import { commitRewrite } from '../lake/commit-rewrite.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { partitionsToDrop } from '../lake/partitions-to-drop.ts';
import { maintainedTables } from '../plans/maintained-table.ts';
import { type DroppedPartition, isBounded } from '../plans/retention.ts';
import { RETENTION_ID_PREFIX, rewriteBase } from '../plans/rewrite.ts';
import type { TableShape } from '../plans/table-shape.ts';
import { alive } from './alive.ts';
import { type PublicationParts, TablePublication } from './publication.ts';

/** Partitions that one commit drops; the rest is for the next. */
export const MAX_PARTITIONS_DROPPED = 1_000;
/** Dropped partitions that a report names, the first ones; histories hold it. */
export const MAX_PARTITIONS_NAMED = 100;
/** Times to plan anew after somebody else came first. */
const MAX_CONFLICTS = 5;

export interface RetentionParts extends PublicationParts {
  readonly tablesFolder: string;
  /** Names a drop: no two of any workers may ever get the same. Without `-`. */
  readonly attemptName: () => string;
}

export interface RetentionInput {
  readonly table: string;
}

/** What one of a definition's tables has lost. */
export interface RetentionReport {
  readonly table: string;
  readonly dropped: number;
  readonly rows: number;
  readonly partitions: readonly Pick<DroppedPartition, 'partition' | 'rows' | 'sizeBytes' | 'reason'>[];
  /** Why Hive shows them still, where it does. */
  readonly publicationFailure: string | null;
}

export interface RetentionActivities {
  /** Drops the partitions that a definition's tables keep no longer: in the log, then in Hive. */
  readonly dropPartitions: (input: RetentionInput) => Promise<RetentionReport[]>;
}

export function createRetentionActivities(parts: RetentionParts): RetentionActivities {
  return { dropPartitions: (input) => alive((signal) => dropPartitions(parts, input, signal)) };
}

export async function dropPartitions(
  parts: RetentionParts,
  { table }: RetentionInput,
  signal: AbortSignal,
): Promise<RetentionReport[]> {
  const definition = loadDefinition(parts.tablesFolder, table);
  const reports: RetentionReport[] = [];
  for (const { shape, retention } of maintainedTables(definition)) {
    if (isBounded(retention)) reports.push(await dropFrom(parts, shape, retention, signal));
  }
  return reports;
}

async function dropFrom(
  parts: RetentionParts,
  shape: TableShape,
  retention: RetentionSettings,
  signal: AbortSignal,
): Promise<RetentionReport> {
  const log = new TableLog(parts.storage, shape.path, parts.log);
  const columns = shape.partitionColumns.map(({ name }) => name);
  const done: DroppedPartition[] = [];
  for (let conflicts = 0; conflicts < MAX_CONFLICTS;) {
    signal.throwIfAborted();
    await log.refresh();
    const dropped = (await partitionsToDrop(parts.storage, shape, log, retention)).slice(0, MAX_PARTITIONS_DROPPED);
    if (dropped.length === 0) break;
    const base = rewriteBase(
      log.snapshot,
      columns,
      dropped.flatMap(({ files }) => files),
    );
    const droppedToMs = Math.max(...dropped.map(({ endMs }) => endMs));
    const id = `${RETENTION_ID_PREFIX}${parts.attemptName()}`;
    const outcome = await commitRewrite(log, { id, kind: 'retention', base, files: [], droppedToMs });
    if (outcome.kind === 'conflict') conflicts += 1;
    else done.push(...dropped);
    await log.checkpointIfDue();
  }
  return {
    table: shape.table,
    dropped: done.length,
    rows: done.reduce((sum, { rows }) => sum + rows, 0),
    partitions: done
      .slice(0, MAX_PARTITIONS_NAMED)
      .map(({ partition, rows, sizeBytes, reason }) => ({ partition, rows, sizeBytes, reason })),
    publicationFailure: done.length === 0 ? null : await publish(parts, shape),
  };
}

async function publish(parts: RetentionParts, shape: TableShape): Promise<string | null> {
  const publication = new TablePublication(parts, shape);
  await publication.stop();
  return publication.failure?.advice ?? null;
}
