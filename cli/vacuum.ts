import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { loadDefinition } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { vacuumTable } from '../lake/vacuum/vacuum-table.ts';
import { type JudgedFile, vacuumInWords, type VacuumReport } from '../plans/vacuum-report.ts';
import { VACUUM_REASONS } from '../plans/vacuum.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { connectTemporal } from '../temporal/client.ts';
import { startVacuum } from '../temporal/start-work.ts';
import { recorded } from './recorded-action.ts';
import { awaited } from './work-progress.ts';

interface VacuumOptions {
  readonly dryRun: boolean;
  readonly all: boolean;
  readonly json: boolean;
}

export function registerVacuum(program: Command): void {
  program
    .command('vacuum')
    .description('Delete files of a table that nothing needs any more')
    .argument('<table>', 'name of the table; its rejected table is vacuumed with it')
    .option('--dry-run', 'delete nothing, and list every file that would be deleted, with the reason', false)
    .option('--all', 'with --dry-run: list the files that are kept too', false)
    .option('--json', 'print JSON', false)
    .action(async (table: string, options: VacuumOptions) => {
      const settings = readSettings();
      const definition = loadDefinition(settings.tablesFolder, table);
      if (options.dryRun) await showPlan(settings, definition, options);
      else print(await vacuum(settings, table, options.json), options.json);
    });
}

/** With `--json`, `files` are added to the report. */
async function showPlan(settings: Settings, definition: TableDefinition, options: VacuumOptions): Promise<void> {
  const metastore = new HiveMetastore(settings.metastore);
  const files: JudgedFile[] = [];
  const report = await vacuumTable(
    { storage: openStorage(settings), metastore },
    {
      definition,
      dryRun: true,
      signal: new AbortController().signal,
      onFile(file) {
        if (!options.all && !VACUUM_REASONS[file.reason].deletes) return;
        if (options.json) files.push(file);
        else console.log(`${file.reason}  ${file.table}/${file.path}  ${file.sizeBytes} bytes`);
      },
    },
  );
  if (options.json) console.log(JSON.stringify({ ...report, files }, null, 2));
  else print(report, false);
}

async function vacuum(settings: Settings, table: string, json: boolean): Promise<VacuumReport> {
  const client = await connectTemporal(settings);
  const asked = { action: 'vacuum', table, by: userInfo().username, arguments: {} };
  const work = await recorded(settings, asked, () => startVacuum(client, { table }));
  return awaited(client, work, json);
}

function print(report: VacuumReport, json: boolean): void {
  if (json) console.log(JSON.stringify(report, null, 2));
  else for (const line of vacuumInWords(report)) console.log(line);
}
