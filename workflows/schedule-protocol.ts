import type { TableDefinition } from '../definition/table-definition.ts';

/** What is done to a table by schedule. */
export const SCHEDULED_TASKS = ['compaction', 'vacuum', 'retention', 'quick-audit', 'full-audit'] as const;
export type ScheduledTask = (typeof SCHEDULED_TASKS)[number];

/** Argument of the workflow that a schedule starts. */
export interface MaintenanceRun {
  readonly table: string;
  readonly task: ScheduledTask;
}

/** A schedule as its table's definition wants it. */
export interface WantedSchedule extends MaintenanceRun {
  readonly scheduleId: string;
  readonly everyMs: number;
  /** Moves the runs within the interval, so that tables do not all begin at once. */
  readonly offsetMs: number;
  readonly jitterMs: number;
  /** A run that is later than this, since Temporal was away, is left out. */
  readonly catchupWindowMs: number;
}

const LONGEST_JITTER_MS = 600_000;
const LONGEST_CATCHUP_MS = 6 * 3_600_000;
/** Temporal's own lower bound. */
const SHORTEST_CATCHUP_MS = 10_000;

/** `sluice/vacuum/server_health`: what a schedule does, and to what. */
export function scheduleIdOf(task: ScheduledTask, table: string): string {
  return `sluice/${task}/${table}`;
}

/** The task and table of a schedule of Sluice's; undefined for others. */
export function scheduleOf(scheduleId: string): MaintenanceRun | undefined {
  const [owner, task, table, ...further] = scheduleId.split('/');
  const known = SCHEDULED_TASKS.find((candidate) => candidate === task);
  if (owner !== 'sluice' || known === undefined || table === undefined || further.length > 0) return undefined;
  return { table, task: known };
}

/** The schedules that a definition asks for. Retention has none where nothing bounds the table or its archive. */
export function wantedSchedules({ table, schedules, retention, archive }: TableDefinition): WantedSchedule[] {
  const isArchiveBounded = (archive?.maxAgeMs ?? null) !== null;
  const bounded = retention.maxAgeMs !== null || retention.maxBytes !== null || isArchiveBounded;
  const intervals: Readonly<Record<ScheduledTask, number | null>> = {
    compaction: schedules.compactionMs,
    vacuum: schedules.vacuumMs,
    retention: bounded ? schedules.retentionMs : null,
    'quick-audit': schedules.quickAuditMs,
    'full-audit': schedules.fullAuditMs,
  };
  return SCHEDULED_TASKS.flatMap((task) => {
    const everyMs = intervals[task];
    if (everyMs === null) return [];
    const scheduleId = scheduleIdOf(task, table);
    return [
      {
        table,
        task,
        scheduleId,
        everyMs,
        offsetMs: spread(scheduleId, everyMs),
        jitterMs: Math.min(LONGEST_JITTER_MS, Math.floor(everyMs / 10)),
        catchupWindowMs: Math.max(SHORTEST_CATCHUP_MS, Math.min(LONGEST_CATCHUP_MS, everyMs)),
      },
    ];
  });
}

/** A whole second within the interval, always the same for the same name (FNV-1a). */
function spread(name: string, withinMs: number): number {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return (hash % Math.floor(withinMs / 1000)) * 1000;
}
