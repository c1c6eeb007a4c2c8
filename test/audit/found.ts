import type { AuditReport } from '../../plans/audit-report.ts';

/** What a report is about, in short: each finding's kind with its number of records. */
export function found(report: AuditReport): string[] {
  return report.findings.map(({ kind, records }) => (records > 0 ? `${kind} ${records}` : kind));
}
