import type { Finding, FindingKind, Severity } from './finding.ts';

/** `full` reads the topic again and compares every row; `quick` looks at offsets, files and Hive only. */
export type AuditMode = 'full' | 'quick';

/** What an audit consists of. `records` is not part of a quick one. */
export const AUDIT_CHECKS = ['files', 'coverage', 'records', 'hive'] as const;
export type AuditCheck = (typeof AUDIT_CHECKS)[number];

/** `clean`: no error and no warning. `incomplete`: none found, but something could not be looked at. */
export type Verdict = 'clean' | 'findings' | 'incomplete';

export interface CheckOutcome {
  readonly check: AuditCheck;
  readonly done: boolean;
  /** Why it could not be done. */
  readonly failure: { readonly code: string; readonly message: string; readonly remedy: string | null } | null;
}

/** One Kafka partition's part of an audit; offsets are decimal texts, `toOffset` is exclusive. */
export interface AuditedPartition {
  readonly partition: number;
  readonly fromOffset: string;
  readonly toOffset: string;
  /** Kafka holds nothing below this offset any more. */
  readonly heldFrom: string | null;
  readonly rows: number;
  readonly rejected: number;
}

/** What `sluice audit --json` prints, and `_sluice/audits/<id>.json` keeps. The shape is stable. */
export interface AuditReport {
  readonly format: 1;
  readonly auditId: string;
  readonly table: string;
  readonly mode: AuditMode;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly verdict: Verdict;
  /** Versions of both logs that were looked at; -1 for a log that has not begun. */
  readonly version: number;
  readonly rejectedVersion: number;
  /** Of the archive's log; null where the definition has no archive. */
  readonly archiveVersion: number | null;
  readonly partitions: readonly AuditedPartition[];
  readonly files: { readonly live: number; readonly pending: number; readonly superseded: number };
  readonly checks: readonly CheckOutcome[];
  readonly findings: readonly Finding[];
  /** Findings of each kind, those left out for their number included. */
  readonly counts: Readonly<Partial<Record<FindingKind, number>>>;
  /** What `--repair` has mended: findings that were there before and are not any more. */
  readonly repaired: readonly Finding[];
  /** Number of the certificate that came of it. */
  readonly certificate: number | null;
}

/** Findings of one kind that a report lists; those beyond are counted. */
export const MAX_FINDINGS_LISTED = 1_000;

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'notice'];

/** Errors before warnings before notices. */
export function inOrderOfSeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

export function verdictOf(findings: readonly Finding[], checks: readonly CheckOutcome[]): Verdict {
  if (findings.some(({ severity }) => severity !== 'notice')) return 'findings';
  return checks.every(({ done }) => done) ? 'clean' : 'incomplete';
}
