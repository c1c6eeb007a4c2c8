import { userInfo } from 'node:os';
import { Argument, type Command } from 'commander';
import { timeText } from '../plans/amounts.ts';
import { readSettings } from '../settings/settings.ts';
import { connectTemporal } from '../temporal/client.ts';
import { listSchedules, type ScheduleReport, setPaused } from '../temporal/schedules.ts';
import { SCHEDULED_TASKS, type ScheduledTask } from '../workflows/schedule-protocol.ts';
import { recorded } from './recorded-action.ts';

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
    const verb = paused ? 'pause' : 'resume';
    schedules
      .command(verb)
      .description(paused ? 'Leave out the runs of one schedule until it is resumed' : 'Go on with a schedule’s runs')
      .argument('<table>', 'name of the table')
      .addArgument(new Argument('<task>', 'what is scheduled').choices(SCHEDULED_TASKS))
      .option('--json', 'print JSON', false)
      .action(async (table: string, task: ScheduledTask, _options: unknown, command: Command) => {
        const settings = readSettings();
        const client = await connectTemporal(settings);
        const by = userInfo().username;
        const asked = { action: `${verb}-schedule`, table, by, arguments: { task } };
        await recorded(settings, asked, () => setPaused(client, { table, task, paused, by }));
        if (command.optsWithGlobals()['json'] === true) {
          const report = (await listSchedules(client, table)).find((schedule) => schedule.task === task);
          console.log(JSON.stringify({ ...report, paused }, null, 2));
        } else console.log(`The ${task} of ${table} is ${paused ? 'paused' : 'scheduled again'}.`);
      });
  }
}

function print(reports: readonly ScheduleReport[]): void {
  if (reports.length === 0)
    console.log('Nothing is scheduled. The background worker makes the schedules at its start.');
  for (const { table, task, everyMs, paused, note, lastRunAtMs, nextRunAtMs } of reports) {
    const every = everyMs === null ? '' : `every ${inWords(everyMs)}`;
    const when = paused
      ? `paused${note === null ? '' : ` (${note})`}`
      : `next ${nextRunAtMs === null ? '-' : timeText(nextRunAtMs)}`;
    const last = `last ${lastRunAtMs === null ? '-' : timeText(lastRunAtMs)}`;
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
