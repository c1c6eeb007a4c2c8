import { defineQuery } from '@temporalio/workflow';
import type { AuditInput } from '../activities/audit-table.ts';
import type { AuditSummary } from '../plans/audit-summary.ts';

/** Task queue of audits: one may take hours, and must not keep rewrites waiting. */
export const AUDIT_TASK_QUEUE = 'sluice-audit';

/** One audit of a table at a time: starting another joins the running one. */
export function auditWorkflowId(table: string): string {
  return `audit/${table}`;
}

/** Auditing: it runs. Clean, Findings and NotAudited are how it ended; the last two want an operator. */
export type AuditState = 'Auditing' | 'Clean' | 'Findings' | 'NotAudited';

export type { AuditInput, AuditSummary };

/** null until it has ended. */
export const auditQuery = defineQuery<AuditSummary | null>('audit');
