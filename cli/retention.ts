import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { loadDefinition } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { partitionsToDrop } from '../lake/partitions-to-drop.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { maintainedTables } from '../plans/maintained-table.ts';
import { type DroppedPartition, isBounded } from '../plans/retention.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { connectTemporal } from '../temporal/client.ts';
import { startRetention } from '../temporal/start-work.ts';
import type { RetentionReport } from '../workflows/retention-protocol.ts';
import { many } from '../plans/amounts.ts';
import { recorded } from './recorded-action.ts';
import { awaited } from './work-progress.ts';

const MIB = 1024 ** 2;

interface RetentionOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function registerRetention(program: Command): void {
  program
    .command('retention')
    .description('Drop the partitions of a table that its definition keeps no longer')
    .argument('<table>', 'name of the table; its rejected table and its archive are bounded with it')
    .option('--dry-run', 'drop nothing, and list what would be dropped, and why', false)
    .option('--json', 'print JSON', false)
    .action(async (table: string, { dryRun, json }: RetentionOptions) => {
      const settings = readSettings();
      const definition = loadDefinition(settings.tablesFolder, table);
      if (dryRun) await showPlan(settings, definition, json);
      else await drop(settings, table, json);
    });
}

/** `sluice retention --dry-run --json`, an element for each bounded table; the shape is stable. */
interface PlannedDrops {
  readonly table: string;
  readonly version: number;
  readonly partitions: readonly Omit<DroppedPartition, 'files'>[];
}

async function showPlan(settings: Settings, definition: TableDefinition, json: boolean): Promise<void> {
  const planned = await planDrops(openStorage(settings), definition);
  if (json) console.log(JSON.stringify(planned, null, 2));
  else if (planned.length === 0)
    console.log(`Nothing bounds ${definition.table}: see \`retention\` in docs/tables.md.`);
  else planned.forEach(printPlan);
}

/** What the next retention would drop. */
async function planDrops(storage: Storage, definition: TableDefinition): Promise<PlannedDrops[]> {
  const planned: PlannedDrops[] = [];
  for (const { shape, retention } of maintainedTables(definition)) {
    if (!isBounded(retention)) continue;
    const log = new TableLog(storage, shape.path);
    await log.refresh();
    const drops = await partitionsToDrop(storage, shape, log, retention);
    planned.push({ table: shape.table, version: log.snapshot.version, partitions: drops.map(withoutFiles) });
  }
  return planned;
}

function withoutFiles({
  partition,
  rows,
  sizeBytes,
  endMs,
  reason,
}: DroppedPartition): PlannedDrops['partitions'][number] {
  return { partition, rows, sizeBytes, endMs, reason };
}

function printPlan({ table, version, partitions }: PlannedDrops): void {
  console.log(`${table}, version ${version}: ${many(partitions.length, 'partition')} would be dropped`);
  for (const { partition, rows, sizeBytes, reason } of partitions) {
    console.log(`  ${partition}  ${many(rows, 'row')}, ${(sizeBytes / MIB).toFixed(1)} MiB: ${reason}`);
  }
}

async function drop(settings: Settings, table: string, json: boolean): Promise<void> {
  const client = await connectTemporal(settings);
  const asked = { action: 'retention', table, by: userInfo().username, arguments: {} };
  const work = await recorded(settings, asked, () => startRetention(client, { table }));
  const reports = await awaited(client, work, json);
  if (json) console.log(JSON.stringify(reports, null, 2));
  else if (reports.length === 0) console.log(`Nothing bounds ${table}: see \`retention\` in docs/tables.md.`);
  else reports.forEach(printReport);
}

function printReport({ table, dropped, rows, partitions, publicationFailure }: RetentionReport): void {
  console.log(`${table}: ${many(dropped, 'partition')} dropped, with ${many(rows, 'row')}.`);
  for (const { partition, reason } of partitions) console.log(`  ${partition}: ${reason}`);
  if (publicationFailure !== null) console.log(`  Hive lags behind. ${publicationFailure}`);
}
