import type { Clock } from '../clock/clock.ts';
import { loadDefinition } from '../definition/load.ts';
import type { EngineName } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Rewriter, RewriteResult } from '../engines/rewriter.ts';
import { commitRewrite } from '../lake/commit-rewrite.ts';
import { compactionFiles } from '../lake/compaction-files.ts';
import type { HiveMetastore } from '../lake/hive/metastore.ts';
import { publishRewrite } from '../lake/hive/publish-rewrite.ts';
import { storedColumns } from '../lake/log/schema.ts';
import { TableLog, type TableLogOptions } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { type CompactionUnit, compactionTags, planCompaction } from '../plans/compaction.ts';
import { decodedPath, type RewriteAttempt } from '../plans/file-place.ts';
import { type MaintainedTable, maintainedTables } from '../plans/maintained-table.ts';
import { COMPACTION_ID_PREFIX, type Rewrite, rewriteBase } from '../plans/rewrite.ts';
import { atStep } from './fault-point.ts';
import type { Instruments } from './instruments.ts';
import type { Journal } from './journal.ts';

/** What compaction works with. */
export interface CompactionParts {
  readonly storage: Storage;
  readonly metastore: HiveMetastore;
  readonly rewriter: Rewriter;
  readonly tablesFolder: string;
  readonly clock: Clock;
  /** Names a rewrite or an attempt: no two of any workers may ever get the same. Without `-`. */
  readonly attemptName: () => string;
  readonly log?: TableLogOptions;
  /** Where what is measured goes. */
  readonly instruments?: Instruments;
  /** Where is told what was done. */
  readonly journal?: Journal;
}

/** One partition of a definition's table, or of its rejected table. */
export interface PartitionInput {
  /** Of the definition. */
  readonly table: string;
  /** `table` itself, or `<table>_rejected`. */
  readonly target: string;
  readonly partition: string;
  /** What sorts the rows. @default duckdb */
  readonly engine?: EngineName;
}

/** What became of one rewrite. */
export type PartitionOutcome =
  | {
      readonly kind: 'rewritten';
      readonly reason: string;
      readonly rows: number;
      readonly checksum: string;
      readonly filesBefore: number;
      readonly filesAfter: number;
      readonly bytesBefore: number;
      readonly bytesAfter: number;
      /** Why Hive does not show it yet, where it does not; the next publication will. */
      readonly publicationFailure: string | null;
    }
  /** Somebody else came first. Nothing has changed; a fresh plan may find something to do. */
  | { readonly kind: 'conflict'; readonly reason: string }
  | { readonly kind: 'nothing to do' };

/**
 * Makes one rewrite of one partition, from a fresh base: what is worth it is decided anew, on the log as it is now. Killed at
 * any point, it leaves files that nobody will ever see, and the next one begins from the beginning.
 */
export async function compactPartition(
  parts: CompactionParts,
  input: PartitionInput,
  signal: AbortSignal,
): Promise<PartitionOutcome> {
  const table = maintainedTable(parts.tablesFolder, input);
  const log = new TableLog(parts.storage, table.shape.path, parts.log);
  await log.refresh();
  const columns = table.shape.partitionColumns.map(({ name }) => name);
  const { units } = planCompaction(compactionFiles(log.snapshot), columns, table.compaction, parts.clock.nowMs());
  const unit = units.find(({ partition }) => partition === input.partition);
  if (unit === undefined) return { kind: 'nothing to do' };
  const base = rewriteBase(log.snapshot, columns, unit.files);
  const attempt = {
    baseVersion: base.version,
    rewriteId: `${COMPACTION_ID_PREFIX}${parts.attemptName()}`,
    attempt: parts.attemptName(),
  };
  const result = await atStep('rewrite-write', () =>
    write(parts, { ...table, engine: input.engine ?? 'duckdb' }, unit, log, attempt, signal),
  );
  const rewrite: Rewrite = {
    id: attempt.rewriteId,
    kind: 'compaction',
    base,
    files: result.files,
    tags: compactionTags(unit.form, table.compaction.sortBy),
    sealAfterMs: table.compaction.sealAfterMs,
  };
  const outcome = await atStep('rewrite-commit', () => commitRewrite(log, rewrite));
  if (outcome.kind === 'conflict') return outcome;
  await log.checkpointIfDue();
  const publicationFailure = await atStep('rewrite-publish', () =>
    publishRewrite(parts, table.shape, log, [unit.values], outcome.version),
  );
  return {
    kind: 'rewritten',
    reason: unit.reason,
    rows: result.rows,
    checksum: result.checksum,
    filesBefore: unit.files.length,
    filesAfter: result.files.length,
    bytesBefore: unit.sizeBytes,
    bytesAfter: result.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    publicationFailure,
  };
}

/** @throws SluiceError TABLE_UNKNOWN */
export function maintainedTable(
  tablesFolder: string,
  { table, target }: Pick<PartitionInput, 'table' | 'target'>,
): MaintainedTable {
  const found = maintainedTables(loadDefinition(tablesFolder, table)).find(({ shape }) => shape.table === target);
  if (found !== undefined) return found;
  throw new SluiceError('TABLE_UNKNOWN', `The definition of ${table} has no table ${target}.`);
}

/** Writes the new files into the lake, where nobody looks for them yet. */
async function write(
  parts: CompactionParts,
  { shape, compaction, engine }: MaintainedTable & { readonly engine: EngineName },
  unit: CompactionUnit,
  log: TableLog,
  attempt: RewriteAttempt,
  signal: AbortSignal,
): Promise<RewriteResult> {
  const { metaData } = log.snapshot;
  const paths = unit.files.map((path) => `${shape.path}/${decodedPath(path)}`);
  return parts.storage.withScratchFolder((scratchFolder) =>
    parts.storage.readLocally(paths, async (localPaths) => {
      const result = await parts.rewriter.rewrite({
        engine,
        columns: storedColumns(metaData?.schemaString ?? '', metaData?.partitionColumns ?? []),
        sortBy: compaction.sortBy,
        targetFileBytes: compaction.targetFileBytes,
        localPaths,
        partition: { name: unit.partition, values: unit.values },
        attempt,
        scratchFolder,
        signal,
      });
      await parts.storage.addFiles(
        result.files.map(({ localPath, path }) => ({ localPath, path: `${shape.path}/${path}` })),
      );
      return result;
    }),
  );
}
