import type { Command } from 'commander';
import { type DefinitionFailure, readDefinitions } from '../definition/load.ts';
import { readSettings } from '../settings/settings.ts';
import { reportTable, type TableReport } from './table-report.ts';

export function registerTables(program: Command): void {
  program
    .command('tables')
    .description('List the tables that are defined, with what they hold')
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const settings = readSettings();
      const { definitions, failures } = readDefinitions(settings.tablesFolder);
      const reports = await Promise.all(definitions.map((definition) => reportTable(settings, definition)));
      if (json) {
        const definitionFailures = failures.map(({ table, failure }) => ({ table, failure: failure.advice }));
        console.log(JSON.stringify({ tables: reports, definitionFailures }, null, 2));
      } else print(reports, failures);
    });
}

function print(reports: readonly TableReport[], failures: readonly DefinitionFailure[]): void {
  for (const { database, table, rows, rejected, location, lakeFailure } of reports) {
    console.log(`${database}.${table}  ${lakeFailure ?? `${rows} rows, ${rejected} rejected`}  ${location}`);
  }
  for (const { table, failure } of failures) console.log(`${table}  ${failure.advice}`);
}
