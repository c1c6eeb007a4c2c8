import { SluiceError } from '../errors/sluice-error.ts';
import { FENCE_APP_ID } from '../plans/rewrite.ts';
import { MAX_COMMIT_ATTEMPTS } from './commit-batch.ts';
import type { TableLog } from './log/table-log.ts';

/**
 * Sets a fence: no rewrite that started from a version below it will be committed from now on.
 * @returns the fence's version
 */
export async function commitFence(log: TableLog): Promise<number> {
  for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt += 1) {
    await log.refresh();
    const timestamp = Date.now();
    const version = log.snapshot.version + 1;
    const created = await log.create([
      { commitInfo: { timestamp, operation: 'VACUUM START' } },
      { txn: { appId: FENCE_APP_ID, version, lastUpdated: timestamp } },
    ]);
    if (created) return version;
  }
  throw new SluiceError(
    'LOG_INCONSISTENT',
    `A fence found no free version in ${MAX_COMMIT_ATTEMPTS} attempts: something else writes this log.`,
    { remedy: 'Find the other writer of this table and stop it.' },
  );
}
