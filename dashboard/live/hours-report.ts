import type { TableDefinition } from '../../definition/table-definition.ts';
import { partitionName } from '../../plans/partition-name.ts';
import type { HourReport, HoursReport } from '../api/wire.ts';
import type { HeldCertificate } from '../follower/audit-watch.ts';
import type { HourIndex, IndexedHour } from '../follower/hour-index.ts';
import type { TableFollower } from '../follower/table-follower.ts';
import { judgeHour } from '../hour-state.ts';
import { certificateReport } from './table-report.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What a log and the newest certificate know of a table's hours. */
export interface KnownHours {
  readonly definition: TableDefinition;
  readonly hours: HourIndex;
  /** null where the table has no log. */
  readonly logVersion: number | null;
  readonly certificate: HeldCertificate | undefined;
}

/** What a follower knows of its table's hours. */
export function knownHours({ definition, exists, log, files, audits }: TableFollower): KnownHours {
  const logVersion = exists ? log.snapshot.version : null;
  return { definition, hours: files.hours, logVersion, certificate: audits.certificate };
}

/** A table's hours (days, where it has no hours) that lie in that time, whole ones. */
export function hoursReport(
  table: KnownHours,
  asked: { readonly fromMs: number; readonly toMs: number; readonly nowMs: number },
): HoursReport {
  const { definition, hours: index, logVersion, certificate } = table;
  const { nowMs } = asked;
  const unit = definition.partitionBy;
  const stepMs = unit === 'hour' ? HOUR_MS : DAY_MS;
  const fromMs = Math.floor(asked.fromMs / stepMs) * stepMs;
  const toMs = Math.ceil(asked.toMs / stepMs) * stepMs;
  const found = new Map(index.between(fromMs, toMs).map((hour) => [hour.endMs, hour]));
  const { span } = index;
  const firstEndMs = Math.max(fromMs + stepMs, span?.fromEndMs ?? Number.POSITIVE_INFINITY);
  const lastEndMs = Math.min(toMs, Math.max(nowMs, span?.toEndMs ?? 0));
  const hours: HourReport[] = [];
  for (let endMs = firstEndMs; endMs <= lastEndMs; endMs += stepMs) {
    hours.push(hourReport(table, found.get(endMs), endMs, stepMs, nowMs));
  }
  return {
    nowMs,
    table: definition.table,
    unit,
    fromMs,
    toMs,
    oldestMs: span === undefined ? null : span.fromEndMs - stepMs,
    logVersion,
    certificate: certificateReport(certificate),
    hours,
  };
}

function hourReport(
  { definition, certificate }: KnownHours,
  hour: IndexedHour | undefined,
  endMs: number,
  stepMs: number,
  nowMs: number,
): HourReport {
  const startMs = endMs - stepMs;
  const values = hour?.values ?? valuesOf(startMs, definition.partitionBy);
  const partition = partitionName(values, definition.partitionBy === 'hour' ? ['dt', 'hour'] : ['dt']);
  const certified = certificate?.hours.get(partition);
  const rows = hour?.rows ?? 0;
  return {
    partition,
    startMs,
    endMs,
    ...judgeHour({ endMs, rows }, judged(certificate, partition), definition.compaction.sealAfterMs, nowMs),
    rows,
    files: hour?.files ?? 0,
    sizeBytes: hour?.sizeBytes ?? 0,
    batchFiles: hour?.batchFiles ?? 0,
    lateRows: hour?.lateRows ?? 0,
    lastBatchAtMs: hour?.lastBatchAtMs ?? null,
    lastRewriteAtMs: hour?.lastRewriteAtMs ?? null,
    certified:
      certified === undefined
        ? null
        : {
            rows: certified.rows,
            unverifiedRows: certified.unverifiedRows,
            rejected: certified.rejected,
            checksum: certified.checksum,
            sealed: certified.sealed,
          },
  };
}

function judged(held: HeldCertificate | undefined, partition: string): Parameters<typeof judgeHour>[1] {
  if (held === undefined) return undefined;
  return { number: held.certificate.number, watermarkMs: held.watermarkMs, hour: held.hours.get(partition) };
}

/** An hour that has no row has no values in the log either. */
function valuesOf(startMs: number, unit: 'hour' | 'day'): Readonly<Record<string, string>> {
  const start = new Date(startMs);
  const dt = start.toISOString().slice(0, 10);
  return unit === 'day' ? { dt } : { dt, hour: String(start.getUTCHours()) };
}
