import type { AuditMode, AuditReport, CheckOutcome, Verdict } from './audit-report.ts';
import type { Finding, FindingKind } from './finding.ts';

/** Findings that a summary spells out; the report has the others. */
export const MAX_FINDINGS_IN_SUMMARY = 20;

/** Characters of what each says; a column's or a file's name may be long, and histories hold it twice. */
const MAX_MESSAGE_LENGTH = 500;

/** An audit's outcome, small enough for a workflow's history. The report has the rest. */
export interface AuditSummary {
  readonly table: string;
  readonly auditId: string;
  readonly mode: AuditMode;
  readonly verdict: Verdict;
  readonly rows: number;
  readonly rejected: number;
  readonly counts: Readonly<Partial<Record<FindingKind, number>>>;
  /** The worst ones first. */
  readonly findings: readonly Pick<Finding, 'kind' | 'severity' | 'table' | 'message'>[];
  readonly notDone: readonly Pick<CheckOutcome, 'check' | 'failure'>[];
  readonly repaired: number;
  readonly certificate: number | null;
  /** All of it for people, line by line. */
  readonly words: readonly string[];
}

export function summaryOf(report: AuditReport): AuditSummary {
  const { table, auditId, mode, verdict, counts, certificate } = report;
  const summary = {
    table,
    auditId,
    mode,
    verdict,
    rows: report.partitions.reduce((sum, { rows }) => sum + rows, 0),
    rejected: report.partitions.reduce((sum, { rejected }) => sum + rejected, 0),
    counts,
    findings: report.findings
      .slice(0, MAX_FINDINGS_IN_SUMMARY)
      .map(({ kind, severity, table: of, message }) => ({ kind, severity, table: of, message: cut(message) })),
    notDone: report.checks
      .filter(({ done }) => !done)
      .map(({ check, failure }) => ({
        check,
        failure: failure === null ? null : { ...failure, message: cut(failure.message) },
      })),
    repaired: report.repaired.length,
    certificate,
  };
  return { ...summary, words: inWords(summary) };
}

function cut(message: string): string {
  return message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH)}…`;
}

function inWords(summary: Omit<AuditSummary, 'words'>): string[] {
  const { table, verdict, mode, rows, rejected, findings, notDone, repaired, certificate } = summary;
  const found = Object.values(summary.counts).reduce((sum, count) => sum + count, 0);
  return [
    `${table}: ${WORDS[verdict]}. ${rows} rows and ${rejected} rejected records were looked at (${mode} audit ${summary.auditId}).`,
    ...notDone.map(({ check, failure }) =>
      `Not done: ${check}. ${failure?.message ?? ''} ${failure?.remedy ?? ''}`.trim(),
    ),
    ...findings.map(({ severity, kind, table: of, message }) => `${severity} ${kind} in ${of}: ${message}`),
    ...(found > findings.length ? [`${found - findings.length} findings more are in the report.`] : []),
    ...(repaired > 0 ? [`${repaired} findings were mended.`] : []),
    ...(certificate === null ? [] : [`Certificate ${certificate} was written.`]),
  ];
}

const WORDS: Readonly<Record<Verdict, string>> = {
  clean: 'nothing is missing, doubled or changed',
  findings: 'something is wrong',
  incomplete: 'not everything could be looked at',
};
