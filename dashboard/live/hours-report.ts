import { partitionName } from '../../plans/partition-name.ts';
import type { HourReport, HoursReport } from '../api/wire.ts';
import type { HeldCertificate } from '../follower/audit-watch.ts';
import type { IndexedHour } from '../follower/hour-index.ts';
import type { TableFollower } from '../follower/table-follower.ts';
import { judgeHour } from '../hour-state.ts';
import { certificateReport } from './table-report.ts';

/** Days of one answer. */
export const MAX_DAYS = 92;
export const DEFAULT_DAYS = 14;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A table's hours over some whole days in UTC, the last of which holds `untilMs`. */
export function hoursReport(
  table: TableFollower,
  { days, untilMs, nowMs }: { readonly days: number; readonly untilMs: number; readonly nowMs: number },
): HoursReport {
  const { definition, files, audits } = table;
  const unit = definition.partitionBy;
  const toMs = Math.ceil((untilMs + 1) / DAY_MS) * DAY_MS;
  const fromMs = toMs - days * DAY_MS;
  const found = new Map(files.hours.between(fromMs, toMs).map((hour) => [hour.endMs, hour]));
  const stepMs = unit === 'hour' ? HOUR_MS : DAY_MS;
  const span = files.hours.span;
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
    logVersion: table.exists ? table.log.snapshot.version : null,
    certificate: certificateReport(audits.certificate),
    hours,
  };
}

function hourReport(
  { definition, audits }: TableFollower,
  hour: IndexedHour | undefined,
  endMs: number,
  stepMs: number,
  nowMs: number,
): HourReport {
  const startMs = endMs - stepMs;
  const values = hour?.values ?? valuesOf(startMs, definition.partitionBy);
  const partition = partitionName(values, definition.partitionBy === 'hour' ? ['dt', 'hour'] : ['dt']);
  const certified = audits.certificate?.hours.get(partition);
  const rows = hour?.rows ?? 0;
  return {
    partition,
    startMs,
    endMs,
    ...judgeHour({ endMs, rows }, judged(audits.certificate, partition), definition.compaction.sealAfterMs, nowMs),
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
