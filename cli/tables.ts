import type { Command } from 'commander';
import { loadDefinitions } from '../definition/load.ts';
import { readSettings } from '../settings/settings.ts';
import { reportTable } from './table-report.ts';

export function registerTables(program: Command): void {
  program
    .command('tables')
    .description('List the tables that are defined, with what they hold')
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const settings = readSettings();
      const definitions = loadDefinitions(settings.tablesFolder);
      const reports = await Promise.all(definitions.map((definition) => reportTable(settings, definition)));
      if (json) console.log(JSON.stringify({ tables: reports }, null, 2));
      else
        for (const { database, table, rows, rejected, location } of reports) {
          console.log(`${database}.${table}  ${rows} rows, ${rejected} rejected  ${location}`);
        }
    });
}
