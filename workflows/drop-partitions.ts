import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { RetentionActivities } from '../activities/drop-partitions.ts';
import { many } from '../plans/amounts.ts';
import { BACKGROUND_TASK_QUEUE } from './background-protocol.ts';
import type { RetentionInput, RetentionReport } from './retention-protocol.ts';
import { whyItFailed } from './shown-failure.ts';
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
    show(input.table, 'NotDropped', [whyItFailed(error)]);
    throw error;
  }
  show(input.table, 'Done', inWords(input.table, reports), hiveLag(reports));
  return reports;
}

function inWords(table: string, reports: readonly RetentionReport[]): string[] {
  if (reports.length === 0) return [`Nothing bounds ${table}: see \`retention\` in docs/tables.md.`];
  const dropped = reports.reduce((sum, report) => sum + report.dropped, 0);
  return [
    dropped === 0 ? 'Nothing is kept longer than it is to be.' : `${many(dropped, 'partition')} dropped.`,
    ...reports.map((one) => `${one.table}: ${many(one.dropped, 'partition')}, with ${many(one.rows, 'row')}`),
  ];
}

function hiveLag(reports: readonly RetentionReport[]): string | undefined {
  const lagging = reports.find(({ publicationFailure }) => publicationFailure !== null);
  return lagging === undefined ? undefined : `Hive shows them still. ${lagging.publicationFailure ?? ''}`;
}

/** What the Temporal UI shows. */
function show(
  table: string,
  state: 'Dropping' | 'Done' | 'NotDropped',
  [why = '', ...figures]: readonly string[],
  lag?: string,
): void {
  const doing = state === 'Dropping' ? 'It drops whole partitions in the log, then in Hive.' : 'It has ended.';
  const toDo = state === 'NotDropped' ? 'Do what is said here; the next run begins anew.' : (lag ?? 'Nothing.');
  showState({ table, kind: 'Retention', state, sinceMs: Date.now(), why, doing, toDo, figures });
}
