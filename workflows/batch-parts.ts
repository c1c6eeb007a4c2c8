import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { PartedBatch } from '../activities/window.ts';
import type { PartActivities } from '../activities/write-part.ts';
import { PARTS_TASK_QUEUE } from './ingest-protocol.ts';

const PART_LIMIT_MS = 3_600_000;

const { writePart } = proxyActivities<PartActivities>({
  taskQueue: PARTS_TASK_QUEUE,
  startToCloseTimeout: PART_LIMIT_MS,
  heartbeatTimeout: 6_000,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  // A part that a worker has died of is another's; what fails again and again is told where the table's state is.
  retry: { initialInterval: 1_000, maximumAttempts: 3 },
});

/** Has all parts of a batch written, each by whichever worker is free. */
export async function writeParts(table: string, { sequence, revision, shards }: PartedBatch): Promise<void> {
  await Promise.all(
    Array.from({ length: shards }, (_, shard) =>
      writePart.executeWithOptions({ summary: `Part ${shard + 1} of ${shards} of batch ${sequence}` }, [
        { table, sequence, revision, shard },
      ]),
    ),
  );
}
