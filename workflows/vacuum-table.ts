import { ActivityCancellationType, proxyActivities, setHandler } from '@temporalio/workflow';
import type { VacuumActivities } from '../activities/vacuum-table.ts';
import { many } from '../plans/amounts.ts';
import { deletedBy, vacuumInWords } from '../plans/vacuum-report.ts';
import { BACKGROUND_TASK_QUEUE } from './background-protocol.ts';
import { whyItFailed } from './shown-failure.ts';
import { showState } from './shown-state.ts';
import { type VacuumInput, vacuumQuery, type VacuumReport } from './vacuum-protocol.ts';

const MIB = 1024 ** 2;

const activities = proxyActivities<VacuumActivities>({
  taskQueue: BACKGROUND_TASK_QUEUE,
  startToCloseTimeout: '4 hours',
  scheduleToCloseTimeout: '8 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '10 seconds', maximumInterval: '5 minutes', maximumAttempts: 5 },
});

/** Deletes what nothing needs any more of one table, and tells what that was. */
export async function vacuumTable(input: VacuumInput): Promise<VacuumReport> {
  let report: VacuumReport | null = null;
  setHandler(vacuumQuery, () => report);
  show(input.table, 'Vacuuming', ['Files that nothing refers to are being looked for and deleted.']);
  try {
    report = await activities.vacuumTable(input);
  } catch (error) {
    show(input.table, 'NotVacuumed', [whyItFailed(error)]);
    throw error;
  }
  show(input.table, 'Done', [inWords(report), ...vacuumInWords(report)]);
  return report;
}

function inWords(report: VacuumReport): string {
  const { files, sizeBytes } = deletedBy(report);
  return files === 0
    ? 'There was nothing to delete.'
    : `${many(files, 'file')} deleted, ${(sizeBytes / MIB).toFixed(1)} MiB.`;
}

/** What the Temporal UI shows. */
function show(table: string, state: 'Vacuuming' | 'Done' | 'NotVacuumed', lines: readonly string[]): void {
  const [why = '', ...figures] = lines;
  const doing =
    state === 'Vacuuming' ? 'It lists the table’s folders, and deletes after their grace period.' : 'It has ended.';
  const toDo = state === 'NotVacuumed' ? 'Do what is said here; the next vacuum begins anew.' : 'Nothing.';
  showState({ table, kind: 'Vacuum', state, sinceMs: Date.now(), why, doing, toDo, figures });
}
