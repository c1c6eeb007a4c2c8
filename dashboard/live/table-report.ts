import type { AuditReport } from '../../plans/audit-report.ts';
import { FINDING_KINDS, type FindingKind, type Severity } from '../../plans/finding.ts';
import type { AuditOutcome, CertificateReport, TableReport, WorkflowReport } from '../api/wire.ts';
import type { HeldCertificate } from '../follower/audit-watch.ts';
import type { TopicWatch } from '../follower/partition-lag.ts';
import { HOUR_MS, MINUTE_MS } from '../follower/table-figures.ts';
import type { TableFollower } from '../follower/table-follower.ts';
import { duration, many } from '../quantities.ts';
import { conditionOf, type IngestKnowledge, LATE_AFTER_MS, type TableCondition } from '../table-condition.ts';
import { isIngestOf, type RunningWorkflow, type WorkflowWatch } from '../temporal/workflow-watch.ts';

/** Where the Temporal UI is. */
export interface TemporalUi {
  readonly url: string;
  readonly namespace: string;
}

/** What a table's report is made from: each tells of its own part, and may have nothing to tell. */
export interface TableSources {
  readonly table: TableFollower;
  readonly topic: TopicWatch;
  readonly workflows: WorkflowWatch;
  readonly temporalUi: TemporalUi;
}

export function tableReport(sources: TableSources, nowMs: number): TableReport {
  const { table, topic, workflows, temporalUi } = sources;
  const { definition, figures, audits } = table;
  const lag = lagOf(table, topic, nowMs);
  return {
    table: definition.table,
    database: definition.database,
    topic: definition.source.topic,
    ...stateOf(table, nowMs),
    freshnessToCommit: {
      lastMinute: figures.toCommit.since(nowMs - MINUTE_MS),
      lastHour: figures.toCommit.since(nowMs - HOUR_MS),
    },
    freshnessToHive: {
      lastMinute: figures.toHive.since(nowMs - MINUTE_MS),
      lastHour: figures.toHive.since(nowMs - HOUR_MS),
    },
    lag,
    rowsPerSecond: Math.round(figures.rowsPerSecond(nowMs) * 10) / 10,
    rowsTotal: table.files.rowsTotal,
    rejectedTotal: table.rejectedTotal,
    rejectedLastMinute: figures.rejectedLastMinute(nowMs),
    unknownFieldsLastHour: figures.unknownFields(nowMs),
    lastCommitAtMs: figures.lastCommitAtMs ?? null,
    logVersion: table.exists ? table.log.snapshot.version : null,
    hiveVersion: figures.hiveVersion ?? null,
    hivePublishedAtMs: figures.hivePublishedAtMs ?? null,
    workflowUrl: workflowUrl(temporalUi, `ingest/${definition.table}`),
    condition: tableCondition(sources, lag, nowMs),
    files: table.files.size,
    sizeBytes: table.files.sizeTotalBytes,
    audit: audits.report === undefined ? null : auditOutcome(audits.report),
    certificate: certificateReport(audits.certificate),
    workflows: workflowsOf(workflows, definition.table, temporalUi, nowMs),
  };
}

export function workflowUrl({ url, namespace }: TemporalUi, workflowId: string): string {
  return `${url}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}

function tableCondition(
  { table, topic, workflows }: TableSources,
  lag: TableReport['lag'],
  nowMs: number,
): TableCondition {
  const { figures } = table;
  const ingest = ingestOf(workflows, table.definition.table, nowMs);
  const hiveVersion = Math.max(
    figures.hiveVersion ?? -1,
    ingest.known === 'status' ? (ingest.status.lastWindow?.hiveVersion ?? -1) : -1,
  );
  const waiting = lag.partitions.reduce((sum, { lagRecords }) => sum + (lagRecords ?? 0), 0);
  const counts = table.audits.report === undefined ? undefined : bySeverity(table.audits.report);
  return conditionOf({
    nowMs,
    lakeProblem: table.problem?.advice,
    hasCommits: table.exists && (figures.lastCommitAtMs !== undefined || table.files.size > 0),
    lastCommitAtMs: figures.lastCommitAtMs ?? null,
    lagRecords: 'ends' in topic.at(nowMs) ? waiting : undefined,
    rowsPerSecond: figures.rowsPerSecond(nowMs),
    freshnessMs: figures.toCommit.since(nowMs - MINUTE_MS).p99Ms,
    hiveBehindSinceMs: table.hiveBehindSinceMs(hiveVersion),
    auditFindings: (counts?.error ?? 0) + (counts?.warning ?? 0),
    ingest,
  });
}

function ingestOf(workflows: WorkflowWatch, table: string, nowMs: number): IngestKnowledge {
  const watch = workflows.at(nowMs);
  if ('problem' in watch) return { known: 'nothing', problem: watch.problem };
  const workflow = watch.seen.running.find((running) => isIngestOf(running, table));
  if (workflow === undefined) return { known: 'none' };
  const status = watch.seen.ingest.get(table) ?? null;
  return status === null ? { known: 'silent', state: workflow.state } : { known: 'status', status };
}

function workflowsOf(workflows: WorkflowWatch, table: string, ui: TemporalUi, nowMs: number): WorkflowReport[] {
  const watch = workflows.at(nowMs);
  if ('problem' in watch) return [];
  const its = watch.seen.running.filter((running) => isOf(running, table));
  return its
    .map(({ workflowId, state, startedAtMs }) => ({ workflowId, state, startedAtMs, url: workflowUrl(ui, workflowId) }))
    .sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
}

/** By what it says, or by its id where it has said nothing yet. */
function isOf({ workflowId, table: of }: RunningWorkflow, table: string): boolean {
  return of === table || workflowId.split('/')[1] === table;
}

export function certificateReport(held: HeldCertificate | undefined): CertificateReport | null {
  if (held === undefined) return null;
  const { number, certifiedAtMs } = held.certificate;
  return { number, certifiedAtMs, watermarkMs: held.watermarkMs };
}

/** Findings of an audit that a report on its table names; the audit's own report has all. */
const MAX_FINDINGS_NAMED = 5;

function auditOutcome(report: AuditReport): AuditOutcome {
  const { auditId, mode, verdict, endedAtMs, findings, checks } = report;
  const counts = bySeverity(report);
  return {
    auditId,
    mode,
    verdict,
    endedAtMs,
    errors: counts.error,
    warnings: counts.warning,
    notices: counts.notice,
    findings: findings.slice(0, MAX_FINDINGS_NAMED).map(({ kind, severity, message }) => ({ kind, severity, message })),
    notDone: checks
      .filter(({ done }) => !done)
      .map(({ check, failure }) => ({ check, why: `${failure?.message ?? ''} ${failure?.remedy ?? ''}`.trim() })),
  };
}

function bySeverity({ counts }: AuditReport): Record<Severity, number> {
  const sums = { error: 0, warning: 0, notice: 0 };
  for (const [kind, count] of Object.entries(counts)) sums[FINDING_KINDS[kind as FindingKind].severity] += count;
  return sums;
}

function stateOf(table: TableFollower, nowMs: number): Pick<TableReport, 'state' | 'words'> {
  if (table.problem) return { state: 'failed', words: table.problem.advice };
  const last = table.figures.lastCommitAtMs;
  if (!table.exists || (last === undefined && table.files.size === 0)) {
    return { state: 'waiting', words: 'Waiting for the first commit.' };
  }
  if (last === undefined) return { state: 'late', words: 'No commit in the last hour.' };
  const ageMs = nowMs - last;
  if (ageMs > LATE_AFTER_MS) return { state: 'late', words: `No commit for ${duration(ageMs)}.` };
  const { p99Ms } = table.figures.toCommit.since(nowMs - MINUTE_MS);
  if (p99Ms !== null && p99Ms > LATE_AFTER_MS)
    return { state: 'late', words: `1 row in 100 takes ${duration(p99Ms)} or more.` };
  return { state: 'ok', words: 'Committing.' };
}

function lagOf(table: TableFollower, topic: TopicWatch, nowMs: number): TableReport['lag'] {
  const committed = table.committedOffsets();
  const watch = topic.at(nowMs);
  const ends = 'ends' in watch ? watch.ends.lastStable : new Map<number, bigint>();
  const numbers = [...new Set([...committed.keys(), ...ends.keys()])].sort((a, b) => a - b);
  const partitions = numbers.map((partition) => {
    const offset = committed.get(partition) ?? 0n;
    const seen = ends.get(partition);
    // The log may be read a moment after Kafka.
    const end = seen !== undefined && seen < offset ? offset : seen;
    return {
      partition,
      committedOffset: String(offset),
      lastStableOffset: end === undefined ? null : String(end),
      lagRecords: end === undefined ? null : Number(end - offset),
    };
  });
  if ('problem' in watch) return { state: 'unknown', words: `Lag is unknown: ${watch.problem}`, partitions };
  const total = partitions.reduce((sum, { lagRecords }) => sum + (lagRecords ?? 0), 0);
  const words =
    total === 0 ? 'Nothing waits in Kafka.' : `${many(total, 'record')} ${total === 1 ? 'waits' : 'wait'} in Kafka.`;
  return { state: 'known', words, partitions };
}
