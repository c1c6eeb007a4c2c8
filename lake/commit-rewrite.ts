import { SluiceError } from '../errors/sluice-error.ts';
import type { DataFile } from '../plans/batch.ts';
import { LATE_TAG, lateRowsOf, shareLateRows } from '../plans/late-rows.ts';
import { partitionName } from '../plans/partition-name.ts';
import {
  BACKFILL_APP_ID,
  conflictOf,
  DROPPED_APP_ID,
  requireWellFormed,
  type Rewrite,
  rewriteAppId,
  type RewriteKind,
} from '../plans/rewrite.ts';
import { MAX_COMMIT_ATTEMPTS } from './commit-batch.ts';
import type { Action, AddFile } from './log/actions.ts';
import { addAction, removeAction, VERSION_TAG } from './log/file-actions.ts';
import { rowCountOf, type Snapshot } from './log/snapshot.ts';
import type { TableLog } from './log/table-log.ts';

export type RewriteOutcome =
  /** `version` is undefined where an earlier try had been committed, and its answer lost. */
  | { readonly kind: 'committed'; readonly version: number | undefined }
  /** Nothing has changed. What was written is waste, and a vacuum's; another rewrite may start from a fresh base. */
  | { readonly kind: 'conflict'; readonly reason: string };

/** Delta's names for what a commit does, as other tools show them. */
const OPERATIONS: Readonly<Record<RewriteKind, string>> = {
  compaction: 'OPTIMIZE',
  backfill: 'WRITE',
  retention: 'DELETE',
};

/**
 * Commits a rewrite in one entry: its files instead of those that it takes. May be done any number of times, by any number
 * of writers; every try checks the rules again on the newest state.
 * @throws SluiceError INTERNAL for a rewrite that breaks the marker or the naming rule, COUNT_MISMATCH for a compaction
 *   that does not keep the number of rows, LOG_INCONSISTENT where no version becomes free
 */
export async function commitRewrite(log: TableLog, rewrite: Rewrite): Promise<RewriteOutcome> {
  for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt += 1) {
    await log.refresh();
    const { snapshot } = log;
    const columns = snapshot.metaData?.partitionColumns ?? [];
    requireWellFormed(rewrite, columns);
    if (snapshot.transactionVersion(rewriteAppId(rewrite.id)) !== undefined) {
      return { kind: 'committed', version: undefined };
    }
    const reason = conflictOf(rewrite, snapshot, columns);
    if (reason !== undefined) return { kind: 'conflict', reason };
    if (await log.create(actionsOf(rewrite, snapshot))) {
      return { kind: 'committed', version: snapshot.version };
    }
  }
  throw new SluiceError(
    'LOG_INCONSISTENT',
    `The rewrite ${rewrite.id} found no free version in ${MAX_COMMIT_ATTEMPTS} attempts: something else writes this log.`,
    { remedy: 'Find the other writer of this table and stop it.' },
  );
}

function actionsOf(rewrite: Rewrite, snapshot: Snapshot): Action[] {
  const { id, kind, base, files, tags, turn } = rewrite;
  const live = snapshot.files;
  const version = snapshot.version + 1;
  const droppedToMs = Math.max(rewrite.droppedToMs ?? 0, snapshot.transactionVersion(DROPPED_APP_ID) ?? 0);
  const nowMs = Date.now();
  const taken = base.partitions.flatMap((partition) => partition.taken).flatMap((path) => live.get(path) ?? []);
  if (kind === 'compaction') requireSameRows(rewrite, taken);
  const dataChange = kind !== 'compaction';
  const late = lateRowsOfFiles(rewrite, taken, snapshot.metaData?.partitionColumns ?? []);
  const tagsOf = (file: DataFile): Rewrite['tags'] => {
    const lateRows = late.get(file);
    return {
      ...tags,
      [VERSION_TAG]: String(version),
      ...(lateRows === undefined ? {} : { [LATE_TAG]: String(lateRows) }),
    };
  };
  return [
    {
      commitInfo: {
        timestamp: nowMs,
        operation: OPERATIONS[kind],
        operationParameters: {
          rewrite: id,
          kind,
          base: String(base.version),
          ...(turn === undefined ? {} : { backfill: String(turn.number), step: turn.step }),
        },
      },
    },
    { txn: { appId: rewriteAppId(id), version: base.version, lastUpdated: nowMs } },
    ...(kind === 'backfill' ? [{ txn: { appId: BACKFILL_APP_ID, version, lastUpdated: nowMs } }] : []),
    ...(rewrite.droppedToMs === undefined
      ? []
      : [{ txn: { appId: DROPPED_APP_ID, version: droppedToMs, lastUpdated: nowMs } }]),
    ...taken.map((file) => removeAction(file, version, nowMs, dataChange)),
    ...files.map((file) => addAction(file, nowMs, dataChange, tagsOf(file))),
  ];
}

/** How many rows of each new file had come late, by the files that are taken from its partition. */
function lateRowsOfFiles(
  { files, sealAfterMs }: Rewrite,
  taken: readonly AddFile[],
  columns: readonly string[],
): Map<DataFile, number> {
  const late = new Map<DataFile, number>();
  if (sealAfterMs === undefined) return late;
  const nameOf = ({ partitionValues }: AddFile | DataFile): string => partitionName(partitionValues, columns);
  const before = Map.groupBy(taken, nameOf);
  for (const [name, group] of Map.groupBy(files, nameOf)) {
    const arrived = (before.get(name) ?? []).map((file) => ({
      ...file,
      rows: rowCountOf(file),
      addedAtMs: file.modificationTime,
    }));
    const lateRows = arrived.reduce((sum, file) => sum + lateRowsOf(file, sealAfterMs), 0);
    shareLateRows(
      lateRows,
      group.map(({ rows }) => rows),
    ).forEach((share, index) => {
      const file = group[index];
      if (file !== undefined && share > 0) late.set(file, share);
    });
  }
  return late;
}

/** The last guard: checksums have been compared by whoever wrote the files. */
function requireSameRows(rewrite: Rewrite, taken: readonly AddFile[]): void {
  const before = taken.reduce((sum, file) => sum + rowCountOf(file), 0);
  const after = rewrite.files.reduce((sum, file) => sum + file.rows, 0);
  if (before === after) return;
  throw new SluiceError('COUNT_MISMATCH', `The compaction ${rewrite.id} made ${after} rows of ${before}.`, {
    remedy: 'Nothing was changed, and it is tried again; if it fails for ever, see the worker’s log.',
  });
}
