import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { JOINABLE_PREFIX } from '../../plans/joinable-work.ts';
import { ingestWorkflowId, pauseUpdate, resumeUpdate } from '../../workflows/ingest-protocol.ts';
import type { HealthLoad } from '../health-load.ts';
import { type Brokers, USER } from '../kafka/brokers.ts';
import { TABLE } from '../table-check.ts';
import type { TestStack } from '../test-stack.ts';
import { waitFor } from '../wait-for.ts';

const BEGIN_LIMIT_MS = 180_000;

/**
 * Has so many records become one batch, which Spark reads no faster than a quota lets it.
 * @returns the folders that it writes to, one for the rows and one for the archive, once tasks write to both
 */
export async function beginSlowBatch(
  { client, brokers, load, test }: { client: Client; brokers: Brokers; load: HealthLoad; test: TestStack },
  { records, bytesPerSecond }: { readonly records: number; readonly bytesPerSecond: number },
): Promise<string[]> {
  const ingestion = client.workflow.getHandle(ingestWorkflowId(TABLE));
  await ingestion.executeUpdate(pauseUpdate, { args: ['tester'] });
  await waitFor('the window to end that was under way', BEGIN_LIMIT_MS, async () => {
    const { raw } = await ingestion.describe();
    return (raw.pendingActivities ?? []).length === 0 || undefined;
  });
  const before = foldersOfSpark(test);
  await load.write(records);
  await brokers.setReadQuota({ user: USER }, bytesPerSecond);
  await ingestion.executeUpdate(resumeUpdate, { args: ['tester'] });
  return waitFor('tasks to write rows and archive', BEGIN_LIMIT_MS, () => {
    const made = foldersOfSpark(test).filter((folder) => !before.includes(folder));
    const areWritten = made.length === 2 && made.every((folder) => parquetFilesIn(folder).length > 0);
    return Promise.resolve(areWritten ? made : undefined);
  });
}

/** What Spark writes, or wrote, for workers that live, and for those that don't. */
export function foldersOfSpark(test: TestStack): string[] {
  const below = (folder: string): string[] => namesIn(folder).map((name) => join(folder, name));
  return below(scratchOf(test))
    .flatMap(below)
    .flatMap(below)
    .filter((path) => basename(path).startsWith(JOINABLE_PREFIX));
}

/** Where attempts have engines write: in the lake where that is a folder. */
export function scratchOf({ settings: { lakeUri, scratchFolder } }: TestStack): string {
  return lakeUri.startsWith('file:') ? join(fileURLToPath(lakeUri), '_tmp') : join(scratchFolder, 'work');
}

/** Finished or not. */
export function parquetFilesIn(folder: string): string[] {
  return namesIn(folder, true).filter((path) => path.endsWith('.parquet'));
}

/** None of what goes away meanwhile, or is a file. */
export function namesIn(folder: string, recursive = false): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: 'utf8' });
  } catch {
    return [];
  }
}
