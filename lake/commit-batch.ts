import { SluiceError } from '../errors/sluice-error.ts';
import { type BatchSeal, partitionAppId, sequenceAppId } from '../plans/batch.ts';
import type { Action, SluiceCommitInfo } from './log/actions.ts';
import { addAction } from './log/file-actions.ts';
import type { TableLog } from './log/table-log.ts';

/** Versions that other writers may take before this commit gets its own. */
export const MAX_COMMIT_ATTEMPTS = 100;

/**
 * Makes a sealed batch visible: archived records and rejected rows in their own logs first, then the rows. Each log's transaction says whether the
 * batch is in, so this may be done any number of times, by any number of writers. The table's own log is asked first: a
 * batch that is in it is settled, even where its seal has been vacuumed since and this one is a late writer's.
 * @returns the version of the main log that the batch is in, or undefined where it had been committed before
 */
export async function commitBatch(
  log: TableLog,
  rejectedLog: TableLog,
  seal: BatchSeal,
  published: SluiceCommitInfo['published'],
  archiveLog?: TableLog,
): Promise<number | undefined> {
  await log.refresh();
  if (isCommitted(log, seal)) return undefined;
  if (archiveLog !== undefined && (seal.archiveFiles ?? []).length > 0) {
    await commitOnce(archiveLog, seal, () => actionsOf(seal, 'archived', []));
  }
  if (seal.rejectedFiles.length > 0) await commitOnce(rejectedLog, seal, () => actionsOf(seal, 'rejected', []));
  return commitOnce(log, seal, () => actionsOf(seal, 'accepted', published));
}

async function commitOnce(log: TableLog, seal: BatchSeal, build: () => Action[]): Promise<number | undefined> {
  for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt += 1) {
    await log.refresh();
    if (isCommitted(log, seal)) return undefined;
    if (await log.create(build())) return log.snapshot.version;
  }
  throw new SluiceError(
    'LOG_INCONSISTENT',
    `Batch ${seal.sequence} found no free version in ${MAX_COMMIT_ATTEMPTS} attempts: something else writes this log.`,
    { remedy: 'Find the other writer of this table and stop it.' },
  );
}

function isCommitted(log: TableLog, { topic, sequence }: BatchSeal): boolean {
  return (log.snapshot.transactionVersion(sequenceAppId(topic)) ?? 0) >= sequence;
}

function actionsOf(
  seal: BatchSeal,
  which: 'accepted' | 'rejected' | 'archived',
  published: SluiceCommitInfo['published'],
): Action[] {
  const now = Date.now();
  const files = { accepted: seal.files, rejected: seal.rejectedFiles, archived: seal.archiveFiles ?? [] }[which];
  return [
    {
      commitInfo: {
        timestamp: now,
        operation: 'STREAMING UPDATE',
        operationParameters: { batch: String(seal.sequence) },
        sluice: {
          sequence: seal.sequence,
          revision: seal.revision,
          rows: seal.rows,
          rejected: seal.rejectedRows,
          ...(seal.lost === undefined ? {} : { lost: seal.lost }),
          unknownFields: seal.unknownFields,
          published,
        },
      },
    },
    { txn: { appId: sequenceAppId(seal.topic), version: seal.sequence, lastUpdated: now } },
    ...Object.entries(seal.nextOffsets).map(([partition, offset]) => ({
      txn: { appId: partitionAppId(seal.topic, partition), version: Number(offset), lastUpdated: now },
    })),
    ...files.map((file) => addAction(file, now, true)),
  ];
}
