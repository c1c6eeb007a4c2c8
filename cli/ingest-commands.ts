import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { loadDefinition, tableNames } from '../definition/load.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { connectTemporal } from '../temporal/client.ts';
import { commandIngest } from '../temporal/ingest-command.ts';
import { recorded } from './recorded-action.ts';

const COMMANDS = [
  {
    name: 'pause',
    description: 'Pause a table’s ingestion; what is committed stays, nothing is lost',
  },
  { name: 'resume', description: 'Go on with a table’s ingestion where its log stands' },
  { name: 'drain', description: 'Ingest what Kafka holds now, then pause' },
] as const;

export function registerIngestCommands(program: Command): void {
  for (const { name, description } of COMMANDS) {
    program
      .command(name)
      .description(description)
      .argument('<table>', 'name of the table')
      .option('--json', 'print JSON', false)
      .action(async (table: string, { json }: { json: boolean }) => {
        const settings = readSettings();
        requireTable(settings, table);
        const client = await connectTemporal(settings);
        const by = userInfo().username;
        const asked = { action: name, table, by, arguments: {} };
        const result = await recorded(settings, asked, () => commandIngest(client, table, name, by));
        console.log(json ? JSON.stringify(result, null, 2) : `${table} is ${result.state}. ${result.reason}`);
      });
  }
}

/** A table whose definition is wrong can be told what to do as well. @throws SluiceError TABLE_UNKNOWN */
function requireTable({ tablesFolder }: Settings, table: string): void {
  if (!tableNames(tablesFolder).includes(table)) loadDefinition(tablesFolder, table);
}
