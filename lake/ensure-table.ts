import { randomUUID } from 'node:crypto';
import { SluiceError } from '../errors/sluice-error.ts';
import type { TableShape } from '../plans/table-shape.ts';
import type { Action, MetaData } from './log/actions.ts';
import { compareSchemas, deltaSchema, schemaTaking } from './log/schema.ts';
import type { TableLog } from './log/table-log.ts';

/** Keys of the log's table configuration that tie a table to its topic. */
const TOPIC_KEY = 'sluice.topic';
const TOPIC_ID_KEY = 'sluice.topic_id';

export interface TableSource {
  readonly topic: string;
  readonly topicId: string;
}

/** The topic that a table is filled from, as its log has it; undefined where Sluice did not make the table. */
export function sourceOf(metaData: MetaData): TableSource | undefined {
  const { [TOPIC_KEY]: topic, [TOPIC_ID_KEY]: topicId } = metaData.configuration;
  return topic === undefined || topicId === undefined ? undefined : { topic, topicId };
}

/**
 * Makes sure that the table's log begins, holds the wanted columns, and belongs to this very topic.
 * @throws SluiceError TOPIC_RECREATED, DEFINITION_INCOMPATIBLE, LOG_INCONSISTENT
 */
export async function ensureTable(log: TableLog, shape: TableShape, source: TableSource): Promise<void> {
  for (;;) {
    await log.refresh();
    const { metaData } = log.snapshot;
    const actions = metaData === undefined ? creation(shape, source) : evolution(metaData, shape, source);
    if (actions.length === 0 || (await log.create(actions))) return;
  }
}

/**
 * Makes sure that the table's columns take what files of this shape hold, before any of them is committed: a batch may have
 * been made by a newer definition than the one that its table was opened by, a backfill by an older one. A log's columns
 * never become fewer or narrower, so what was once made sure of stays so.
 * @throws SluiceError DEFINITION_INCOMPATIBLE
 */
export async function ensureColumns(log: TableLog, shape: TableShape): Promise<void> {
  for (;;) {
    const { metaData } = log.snapshot;
    const schemaString = metaData && schemaTaking(shape, metaData.schemaString);
    if (metaData === undefined || schemaString === undefined) return;
    if (await log.create(schemaChange(metaData, schemaString, 'CHANGE COLUMNS'))) return;
    await log.refresh();
  }
}

/**
 * The same where nothing is to be changed yet.
 * @throws SluiceError TOPIC_RECREATED, DEFINITION_INCOMPATIBLE
 */
export async function requireCompatible(log: TableLog, shape: TableShape, source: TableSource): Promise<void> {
  await log.refresh();
  const { metaData } = log.snapshot;
  if (metaData !== undefined) evolution(metaData, shape, source);
}

function creation(shape: TableShape, source: TableSource): Action[] {
  const now = Date.now();
  return [
    { commitInfo: { timestamp: now, operation: 'CREATE TABLE' } },
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: randomUUID(),
        name: shape.table,
        format: { provider: 'parquet', options: {} },
        schemaString: deltaSchema(shape),
        partitionColumns: shape.partitionColumns.map((column) => column.name),
        configuration: { [TOPIC_KEY]: source.topic, [TOPIC_ID_KEY]: source.topicId },
        createdTime: now,
      },
    },
  ];
}

function evolution(metaData: MetaData, shape: TableShape, source: TableSource): Action[] {
  requireSource(metaData, shape, source);
  requirePartitioning(metaData, shape);
  const schemaString = deltaSchema(shape);
  const change = compareSchemas(shape.table, metaData.schemaString, schemaString);
  if (change === 'same') return [];
  return schemaChange(metaData, schemaString, change === 'widened' ? 'CHANGE COLUMNS' : 'ADD COLUMNS');
}

function schemaChange(metaData: MetaData, schemaString: string, operation: string): Action[] {
  return [{ commitInfo: { timestamp: Date.now(), operation } }, { metaData: { ...metaData, schemaString } }];
}

function requirePartitioning(metaData: MetaData, shape: TableShape): void {
  const wanted = shape.partitionColumns.map(({ name }) => name).join(', ');
  const current = metaData.partitionColumns.join(', ');
  if (wanted === current) return;
  throw new SluiceError(
    'DEFINITION_INCOMPATIBLE',
    `${shape.path} is partitioned by (${current}); its definition now says (${wanted}).`,
    { remedy: 'Put partition_by back, or define a new table.', details: { table: shape.table } },
  );
}

function requireSource(metaData: MetaData, shape: TableShape, source: TableSource): void {
  const topic = metaData.configuration[TOPIC_KEY];
  const topicId = metaData.configuration[TOPIC_ID_KEY];
  if (topic !== source.topic) {
    throw new SluiceError(
      'DEFINITION_INCOMPATIBLE',
      `${shape.path} was filled from the topic "${topic ?? '?'}", not from "${source.topic}".`,
      { remedy: 'Put the topic back, or define a new table for the other one.' },
    );
  }
  if (topicId === source.topicId) return;
  throw new SluiceError(
    'TOPIC_RECREATED',
    `The topic "${source.topic}" was deleted and made anew since ${shape.path} was created: its offsets start again.`,
    {
      remedy: `Rows of both topics would have the same partitions and offsets, so ${shape.path} takes none of the new one's. Copy the definition's file under a new table name, which begins at the new topic's first offset, and remove the old file: its rows stay where they are.`,
      details: { topic: source.topic, was: topicId ?? '?', is: source.topicId },
    },
  );
}
