import { ActivityCancellationType, proxyActivities, setHandler } from '@temporalio/workflow';
import type { AuditActivities } from '../activities/audit-table.ts';
import { AUDIT_TASK_QUEUE, type AuditInput, auditQuery, type AuditState, type AuditSummary } from './audit-protocol.ts';
import { whyItFailed } from './shown-failure.ts';
import { showState } from './shown-state.ts';

const activities = proxyActivities<AuditActivities>({
  taskQueue: AUDIT_TASK_QUEUE,
  startToCloseTimeout: '12 hours',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '10 seconds', maximumInterval: '5 minutes', maximumAttempts: 3 },
});

const STATES: Readonly<Record<AuditSummary['verdict'], AuditState>> = {
  clean: 'Clean',
  findings: 'Findings',
  incomplete: 'NotAudited',
};

/** Audits one table, and shows how it ended as the workflow's state. It fails only where no audit could be made. */
export async function auditTable(input: AuditInput): Promise<AuditSummary> {
  let summary: AuditSummary | null = null;
  setHandler(auditQuery, () => summary);
  show(input.table, 'Auditing', ['Topic, logs, files and Hive are being compared.']);
  try {
    summary = await activities.auditTable(input);
  } catch (error) {
    show(input.table, 'NotAudited', [whyItFailed(error)]);
    throw error;
  }
  show(input.table, STATES[summary.verdict], summary.words);
  return summary;
}

/** What each state asks of an operator. */
const TO_DO: Readonly<Record<AuditState, string>> = {
  Auditing: 'Nothing. It changes nothing, and may be cancelled.',
  Clean: 'Nothing.',
  Findings: 'docs/audit.md says what each finding means, and what to do.',
  NotAudited: 'Do what is said here, then audit again.',
};

/** What the Temporal UI shows. */
function show(table: string, state: AuditState, lines: readonly string[]): void {
  const [why = '', ...figures] = lines;
  const doing = state === 'Auditing' ? 'It reads and compares, in windows of bounded size.' : 'It has ended.';
  showState({ table, kind: 'Audit', state, sinceMs: Date.now(), why, doing, toDo: TO_DO[state], figures });
}
