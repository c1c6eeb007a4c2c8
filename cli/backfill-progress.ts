import type { Client } from '@temporalio/client';
import { backfillStatus } from '../temporal/backfill-command.ts';
import type { BackfillInput } from '../workflows/backfill-protocol.ts';

const EVERY_MS = 1_000;

/** Shows on one line how far a backfill has come, until its result is there. For a terminal. */
export async function showingProgress<T>(client: Client, input: BackfillInput, result: Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    void backfillStatus(client, input).then((status) => {
      if (status === null) return;
      const { state, unitsDone, rows, rejectedRows, merges } = status;
      const figures = `${unitsDone} units, ${rows} rows, ${rejectedRows} rejected, ${merges} partitions merged`;
      process.stderr.write(`\r\u001b[K${state}: ${figures}`);
    });
  }, EVERY_MS);
  try {
    return await result;
  } finally {
    clearInterval(timer);
    process.stderr.write('\n');
  }
}
