import type { Client } from '@temporalio/client';
import { runningBackfills } from '../backfill/propose-backfill.ts';
import { readDefinitions } from '../definition/load.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Settings } from '../settings/settings.ts';
import { startBackfill } from '../temporal/start-work.ts';
import { logFailure } from './run-worker.ts';

/** Goes on with every backfill that the lake knows and that has not ended, be Temporal's history of it lost or not. */
export async function resumeBackfills(client: Client, settings: Settings): Promise<void> {
  const storage = openStorage(settings);
  for (const definition of readDefinitions(settings.tablesFolder).definitions) {
    try {
      for (const plan of await runningBackfills(storage, definition)) await startBackfill(client, plan);
    } catch (thrown) {
      // The lake may be away: the others come first, and this one with the next start.
      logFailure('background', asSluiceError(thrown));
    }
  }
}
