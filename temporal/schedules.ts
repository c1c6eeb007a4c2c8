import {
  type Client,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleOptions,
  type ScheduleSummary,
} from '@temporalio/client';
import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { BACKGROUND_TASK_QUEUE } from '../workflows/background-protocol.ts';
import {
  SCHEDULED_TASKS,
  type ScheduledTask,
  scheduleIdOf,
  scheduleOf,
  type WantedSchedule,
  wantedSchedules,
} from '../workflows/schedule-protocol.ts';
import { scheduledText } from '../workflows/work-text.ts';

/** One schedule in `sluice schedules --json`; the shape is stable. Times are milliseconds since the epoch. */
export interface ScheduleReport {
  readonly scheduleId: string;
  readonly table: string;
  readonly task: ScheduledTask;
  readonly everyMs: number | null;
  readonly paused: boolean;
  /** Who paused or resumed it last, and when, in words. */
  readonly note: string | null;
  readonly lastRunAtMs: number | null;
  readonly nextRunAtMs: number | null;
}

/** Creates a table's schedules as its definition wants them, changes those that are there, and deletes what it turns off. */
export async function applySchedules(client: Client, definition: TableDefinition): Promise<void> {
  const wanted = new Map(wantedSchedules(definition).map((schedule) => [schedule.task, schedule]));
  for (const task of SCHEDULED_TASKS) {
    const schedule = wanted.get(task);
    if (schedule === undefined) await deleteSchedule(client, scheduleIdOf(task, definition.table));
    else await applySchedule(client, schedule);
  }
}

/**
 * Whether Temporal lacks any of the schedules that these definitions want. One call lists them all; it may be a little behind,
 * so those that it leaves out are asked for by name.
 */
export async function lacksSchedules(client: Client, definitions: readonly TableDefinition[]): Promise<boolean> {
  const wanted = definitions.flatMap((definition) => wantedSchedules(definition).map(({ scheduleId }) => scheduleId));
  if (wanted.length === 0) return false;
  const listed = new Set<string>();
  for await (const { scheduleId } of client.schedule.list()) listed.add(scheduleId);
  for (const scheduleId of wanted) {
    if (!listed.has(scheduleId) && !(await isThere(client, scheduleId))) return true;
  }
  return false;
}

async function isThere(client: Client, scheduleId: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(scheduleId).describe();
    return true;
  } catch (thrown) {
    if (thrown instanceof ScheduleNotFoundError) return false;
    throw thrown;
  }
}

/** For a table whose definition has gone. */
export async function deleteSchedules(client: Client, table: string): Promise<void> {
  for (const task of SCHEDULED_TASKS) await deleteSchedule(client, scheduleIdOf(task, table));
}

/** Those of one table, or of all; in order of table and task. */
export async function listSchedules(client: Client, table?: string): Promise<ScheduleReport[]> {
  const reports: ScheduleReport[] = [];
  for await (const summary of client.schedule.list()) {
    const run = scheduleOf(summary.scheduleId);
    if (run !== undefined && (table === undefined || run.table === table)) reports.push(reportOf(run, summary));
  }
  return reports.sort((one, other) => (one.table + one.scheduleId < other.table + other.scheduleId ? -1 : 1));
}

/** @throws SluiceError USAGE where there is no such schedule */
export async function setPaused(
  client: Client,
  { table, task, paused, by }: { table: string; task: ScheduledTask; paused: boolean; by: string },
): Promise<void> {
  const handle = client.schedule.getHandle(scheduleIdOf(task, table));
  const note = `${paused ? 'Paused' : 'Resumed'} by ${by}, ${new Date().toISOString()}`;
  try {
    await (paused ? handle.pause(note) : handle.unpause(note));
  } catch (thrown) {
    if (!(thrown instanceof ScheduleNotFoundError)) throw thrown;
    throw new SluiceError('USAGE', `${table} has no schedule for ${task}.`, {
      remedy: 'Run `sluice schedules` to see those that there are; `schedules` in the table’s definition makes them.',
    });
  }
}

/** What an operator has paused stays paused. */
async function applySchedule(client: Client, wanted: WantedSchedule): Promise<void> {
  const options = optionsOf(wanted);
  try {
    const handle = client.schedule.getHandle(wanted.scheduleId);
    await handle.update(({ state }) => ({ ...options, state }));
  } catch (thrown) {
    if (!(thrown instanceof ScheduleNotFoundError)) throw thrown;
    await client.schedule.create(options);
  }
}

async function deleteSchedule(client: Client, scheduleId: string): Promise<void> {
  try {
    await client.schedule.getHandle(scheduleId).delete();
  } catch (thrown) {
    if (!(thrown instanceof ScheduleNotFoundError)) throw thrown;
  }
}

function optionsOf({ table, task, scheduleId, everyMs, offsetMs, jitterMs, catchupWindowMs }: WantedSchedule) {
  return {
    scheduleId,
    spec: { intervals: [{ every: everyMs, offset: offsetMs }], jitter: jitterMs },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: catchupWindowMs,
      // A failure is shown and tried again by the next run; one bad night must not end a table's care for good.
      pauseOnFailure: false,
    },
    action: {
      type: 'startWorkflow',
      workflowType: 'maintainTable',
      workflowId: `scheduled/${task}/${table}`,
      taskQueue: BACKGROUND_TASK_QUEUE,
      ...scheduledText({ table, task }),
      args: [{ table, task }],
    },
  } as const satisfies ScheduleOptions;
}

function reportOf(run: { table: string; task: ScheduledTask }, summary: ScheduleSummary): ScheduleReport {
  const { scheduleId, spec, state, info } = summary;
  const every = spec?.intervals?.[0]?.every;
  return {
    ...run,
    scheduleId,
    everyMs: every ?? null,
    paused: state.paused,
    note: state.note === undefined || state.note === '' ? null : state.note,
    lastRunAtMs: info.recentActions.at(-1)?.takenAt.getTime() ?? null,
    nextRunAtMs: info.nextActionTimes[0]?.getTime() ?? null,
  };
}
