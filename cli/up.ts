import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXTRAS } from '../infra/stack-parts.ts';
import { StackRecord } from '../infra/stack-record.ts';
import { readSettings } from '../settings/settings.ts';
import { addressLines } from './addresses.ts';
import { startInBackground } from './background.ts';
import { engineOption } from './engine-option.ts';
import { supervise } from './supervise.ts';
import type { UpOptions } from './up-options.ts';

/** What one machine's collector makes in its second. */
export const MAX_SIMULATED_SERVERS = 5_000;

export function registerUp(program: Command): void {
  program
    .command('up')
    .description(
      'Start the local stack and the main job: servers’ health from Kafka into a Hive table and on a dashboard',
    )
    .option('--foreground', 'stay until Ctrl-C, then stop everything', false)
    .option('--simulate <servers>', 'how many simulated servers the collector adds', serverCount, 200)
    .option('--no-collector', 'do not collect this machine’s health')
    .option('--no-dashboard', 'do not serve the dashboard')
    .addOption(engineOption('what turns batches into files, whatever the tables’ definitions say'))
    .addOption(
      new Option('--with <part>', 'flume: a Flume agent collects, in the place of Sluice’s own collector')
        .choices(EXTRAS)
        .conflicts('collector'),
    )
    .addHelpText(
      'after',
      '\nSLUICE_LAKE says where the lake is. With hdfs:///lake an HDFS is started too, and the lake is in its folder /lake. While the stack is up, commands with the same SLUICE_HOME find its lake by themselves.',
    )
    .action(async (options: UpOptions) => {
      // For the processes that are started too: they read the environment as this one does.
      if (options.engine !== undefined) process.env['SLUICE_ENGINE'] = options.engine;
      const settings = readSettings();
      const supervisor = new StackRecord(settings.home).supervisor();
      if (supervisor !== undefined) {
        console.log(supervisor.state === 'up' ? 'Sluice is up already.' : `Another start is ${supervisor.state}.`);
        console.log(addressLines(supervisor.addresses));
      } else if (options.foreground) await supervise(settings, options);
      else await startInBackground(settings, options);
    });
}

function serverCount(text: string): number {
  const servers = Number(text);
  if (Number.isInteger(servers) && servers >= 0 && servers <= MAX_SIMULATED_SERVERS) return servers;
  throw new InvalidArgumentError(`It takes a number of servers from 0 to ${MAX_SIMULATED_SERVERS}.`);
}
