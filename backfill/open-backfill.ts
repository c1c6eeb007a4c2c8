import type { Clock } from '../clock/clock.ts';
import { loadDefinition } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import type { Engine } from '../engines/engine.ts';
import type { Merger } from '../engines/merger.ts';
import { BackfillFiles } from '../lake/backfill-files.ts';
import { BatchFiles } from '../lake/batch-files.ts';
import type { HiveMetastore } from '../lake/hive/metastore.ts';
import { TableLog, type TableLogOptions } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import type { BackfillPlan } from '../plans/backfill.ts';
import type { BackfillStep } from '../plans/backfill-turn.ts';
import { type MaintainedTable, maintainedTables } from '../plans/maintained-table.ts';

/** What a worker backfills with. */
export interface BackfillParts {
  readonly storage: Storage;
  readonly metastore: HiveMetastore;
  readonly engine: Engine;
  readonly merger: Merger;
  readonly tablesFolder: string;
  readonly clock: Clock;
  /** Names an attempt: no two of any workers may ever get the same. Without `-`. */
  readonly attemptName: () => string;
  readonly log?: TableLogOptions;
}

/** Names one backfill. */
export interface BackfillInput {
  /** Of the definition. */
  readonly table: string;
  readonly number: number;
}

/** One of the two tables that a backfill goes into, and its log. */
export interface BackfilledTable extends MaintainedTable {
  readonly log: TableLog;
  readonly columns: readonly string[];
}

/** A backfill as its plan has it: the definition is the one that it was planned with, whatever the file says now. */
export interface OpenBackfill {
  readonly plan: BackfillPlan;
  readonly definition: TableDefinition;
  readonly files: BackfillFiles;
  readonly main: BackfilledTable;
  readonly rejected: BackfilledTable;
}

/** @throws SluiceError USAGE where there is no such backfill, TABLE_UNKNOWN */
export async function openBackfill(
  parts: Pick<BackfillParts, 'storage' | 'tablesFolder' | 'log'>,
  { table, number }: BackfillInput,
): Promise<OpenBackfill> {
  const [{ shape }] = maintainedTables(loadDefinition(parts.tablesFolder, table));
  const files = new BackfillFiles(parts.storage, shape.path);
  const plan = await files.readPlan(number);
  const definition = await new BatchFiles(parts.storage, shape.path).readDefinition(plan.definitionHash);
  const [main, rejected] = maintainedTables(definition).map((maintained) => ({
    ...maintained,
    log: new TableLog(parts.storage, maintained.shape.path, parts.log),
    columns: maintained.shape.partitionColumns.map(({ name }) => name),
  }));
  if (main === undefined || rejected === undefined) throw new Error('a definition has two tables');
  return { plan, definition, files, main, rejected };
}

/** The table that a step changes. */
export function tableOf({ main, rejected }: OpenBackfill, step: BackfillStep): BackfilledTable {
  return step === 'replace' ? main : rejected;
}
