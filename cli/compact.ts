import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { loadDefinition } from '../definition/load.ts';
import type { EngineName, TableDefinition } from '../definition/table-definition.ts';
import { compactionFiles } from '../lake/compaction-files.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { type CompactionPlan, planCompaction } from '../plans/compaction.ts';
import { maintainedTables } from '../plans/maintained-table.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { connectTemporal } from '../temporal/client.ts';
import { startCompaction } from '../temporal/start-work.ts';
import type { CompactionReport } from '../workflows/compaction-protocol.ts';
import { many } from '../plans/amounts.ts';
import { engineOption } from './engine-option.ts';
import { recorded } from './recorded-action.ts';
import { awaited } from './work-progress.ts';

interface CompactOptions {
  readonly partition?: string;
  readonly engine: EngineName;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const MIB = 1024 ** 2;

export function registerCompact(program: Command): void {
  program
    .command('compact')
    .description('Rewrite small and unsorted files of a table where that gains something')
    .argument('<table>', 'name of the table; its rejected table is compacted with it')
    .option('--partition <dt=…,hour=…>', 'only this partition')
    .addOption(engineOption('what sorts the rows').default('duckdb'))
    .option('--dry-run', 'show what would be rewritten, and why', false)
    .option('--json', 'print JSON', false)
    .action(async (table: string, options: CompactOptions) => {
      const settings = readSettings();
      const definition = loadDefinition(settings.tablesFolder, table);
      const partition = options.partition?.replaceAll(',', '/');
      const { engine, json } = options;
      if (options.dryRun) await showPlan(settings, definition, partition, json);
      else await compact(settings, { table, engine, ...(partition === undefined ? {} : { partition }) }, json);
    });
}

/** `sluice compact --dry-run --json`, an element for the table and one for its rejected table; the shape is stable. */
interface PlanReport extends CompactionPlan {
  readonly table: string;
  /** Version of the log that it was planned on; null where the table has not begun. */
  readonly version: number | null;
}

async function showPlan(
  settings: Settings,
  definition: TableDefinition,
  partition: string | undefined,
  json: boolean,
): Promise<void> {
  const storage = openStorage(settings);
  const reports: PlanReport[] = [];
  for (const { shape, compaction } of maintainedTables(definition)) {
    const log = new TableLog(storage, shape.path);
    await log.refresh();
    const columns = shape.partitionColumns.map(({ name }) => name);
    const { units, left } = planCompaction(compactionFiles(log.snapshot), columns, compaction, Date.now());
    const { version } = log.snapshot;
    reports.push({
      table: shape.table,
      version: version < 0 ? null : version,
      units: units.filter((unit) => partition === undefined || unit.partition === partition),
      left: left.filter((one) => partition === undefined || one.partition === partition),
    });
  }
  if (json) console.log(JSON.stringify(reports, null, 2));
  else reports.forEach(printPlan);
}

function printPlan({ table, version, units, left }: PlanReport): void {
  console.log(`${table}, version ${version ?? '-'}: ${many(units.length, 'partition')} would be rewritten`);
  for (const { partition, files, rows, sizeBytes, reason } of units) {
    console.log(`  ${partition}  ${files.length} files, ${rows} rows, ${(sizeBytes / MIB).toFixed(1)} MiB: ${reason}`);
  }
  for (const { partition, files, reason } of left)
    console.log(`  ${partition}  left, ${many(files, 'file')}: ${reason}`);
}

async function compact(
  settings: Settings,
  input: { readonly table: string; readonly partition?: string; readonly engine: EngineName },
  json: boolean,
): Promise<void> {
  const client = await connectTemporal(settings);
  const { table, engine, ...where } = input;
  const asked = { ...where, ...(engine === 'duckdb' ? {} : { engine }) };
  const action = { action: 'compact', table, by: userInfo().username, arguments: asked };
  const started = await recorded(settings, action, () => startCompaction(client, input));
  const report = await awaited(client, started, json);
  if (json) console.log(JSON.stringify(report, null, 2));
  else printReport(report);
}

function printReport(report: CompactionReport): void {
  const { table, rewrites, rows, filesBefore, filesAfter, bytesBefore, bytesAfter, conflicts } = report;
  if (rewrites === 0) console.log(`${table}: nothing is worth rewriting.`);
  else {
    const files = `${many(filesAfter, 'file')} of ${filesBefore}`;
    console.log(`${table}: ${many(rewrites, 'rewrite')} made ${files}, with ${many(rows, 'row')}.`);
    console.log(`  ${(bytesBefore / MIB).toFixed(1)} MiB became ${(bytesAfter / MIB).toFixed(1)} MiB.`);
  }
  if (conflicts > 0) console.log(`  ${conflicts} gave way to others and changed nothing.`);
  if (report.publicationFailure !== null) console.log(`  Hive lags behind. ${report.publicationFailure}`);
}
