import { ActivityCancellationType, ActivityFailure, proxyActivities } from '@temporalio/workflow';
import type { RetentionActivities } from '../activities/drop-partitions.ts';
import { BACKGROUND_TASK_QUEUE } from './background-protocol.ts';
import type { RetentionInput, RetentionReport } from './retention-protocol.ts';
import { showState } from './shown-state.ts';

const activities = proxyActivities<RetentionActivities>({
  taskQueue: BACKGROUND_TASK_QUEUE,
  startToCloseTimeout: '1 hour',
  scheduleToCloseTimeout: '4 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '10 seconds', maximumInterval: '5 minutes', maximumAttempts: 5 },
});

/** Drops the partitions that one table keeps no longer. Their files are a vacuum's, after the grace period. */
export async function dropPartitions(input: RetentionInput): Promise<RetentionReport[]> {
  show(input.table, 'Dropping', ['It looks for partitions that are too old, or too much.']);
  let reports: RetentionReport[];
  try {
    reports = await activities.dropPartitions(input);
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    show(input.table, 'NotDropped', [cause instanceof Error ? cause.message : String(cause)]);
    throw error;
  }
  show(input.table, 'Done', reports.flatMap(describe));
  return reports;
}

function describe({ table, dropped, rows, publicationFailure }: RetentionReport): string[] {
  return [
    `${table}: ${dropped} partitions were dropped, with ${rows} rows.`,
    ...(publicationFailure === null ? [] : [`Hive lags behind. ${publicationFailure}`]),
  ];
}

/** What the Temporal UI shows. */
function show(table: string, state: 'Dropping' | 'Done' | 'NotDropped', lines: readonly string[]): void {
  const [why = '', ...figures] = lines;
  const doing = state === 'Dropping' ? 'It drops whole partitions in the log, then in Hive.' : 'It has ended.';
  const toDo = state === 'NotDropped' ? 'Do what is said here; the next run begins anew.' : 'Nothing.';
  showState({ table, kind: 'Retention', state, sinceMs: Date.now(), why, doing, toDo, figures });
}
