import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { SluiceError } from '../errors/sluice-error.ts';
import { readSettings } from '../settings/settings.ts';
import { connectTemporal } from '../temporal/client.ts';
import { listSchedules, type ScheduleReport, setPaused } from '../temporal/schedules.ts';
import { SCHEDULED_TASKS, type ScheduledTask } from '../workflows/schedule-protocol.ts';

export function registerSchedules(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('List what is done to tables by schedule, with last and next runs')
    .argument('[table]', 'only this table')
    .option('--json', 'print JSON', false)
    .action(async (table: string | undefined, { json }: { json: boolean }) => {
      const reports = await listSchedules(await connectTemporal(readSettings()), table);
      if (json) console.log(JSON.stringify(reports, null, 2));
      else print(reports);
    });
  for (const paused of [true, false]) {
    schedules
      .command(paused ? 'pause' : 'resume')
      .description(paused ? 'Leave out the runs of one schedule until it is resumed' : 'Go on with a schedule’s runs')
      .argument('<table>')
      .argument('<task>', SCHEDULED_TASKS.join(', '))
      .option('--json', 'print JSON', false)
      .action(async (table: string, name: string, _options: unknown, command: Command) => {
        const task = taskOf(name);
        const client = await connectTemporal(readSettings());
        await setPaused(client, { table, task, paused, by: userInfo().username });
        if (command.optsWithGlobals()['json'] === true) {
          const report = (await listSchedules(client, table)).find((schedule) => schedule.task === task);
          console.log(JSON.stringify({ ...report, paused }, null, 2));
        } else console.log(`The ${task} of ${table} is ${paused ? 'paused' : 'scheduled again'}.`);
      });
  }
}

function taskOf(name: string): ScheduledTask {
  const task = SCHEDULED_TASKS.find((candidate) => candidate === name);
  if (task !== undefined) return task;
  throw new SluiceError('USAGE', `"${name}" is nothing that is scheduled.`, {
    remedy: `It must be one of ${SCHEDULED_TASKS.join(', ')}.`,
  });
}

function print(reports: readonly ScheduleReport[]): void {
  if (reports.length === 0)
    console.log('Nothing is scheduled. The background worker makes the schedules at its start.');
  for (const { table, task, everyMs, paused, note, lastRunAtMs, nextRunAtMs } of reports) {
    const every = everyMs === null ? '' : `every ${inWords(everyMs)}`;
    const when = paused
      ? `paused${note === null ? '' : ` (${note})`}`
      : `next ${nextRunAtMs === null ? '-' : timeOf(nextRunAtMs)}`;
    const last = `last ${lastRunAtMs === null ? '-' : timeOf(lastRunAtMs)}`;
    console.log([table, task.padEnd(11), every.padEnd(10), last, when].join('  '));
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

function inWords(ms: number): string {
  const unit = UNITS.find(([, length]) => ms % length === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
