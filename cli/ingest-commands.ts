import { userInfo } from 'node:os';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Command } from 'commander';
import { loadDefinition, tableNames } from '../definition/load.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { drainUpdate, ingestWorkflowId, pauseUpdate, resumeUpdate } from '../workflows/ingest-protocol.ts';
import { connectTemporal } from './temporal-client.ts';

const COMMANDS = [
  {
    name: 'pause',
    update: pauseUpdate,
    description: 'Pause a table’s ingestion; what is committed stays, nothing is lost',
  },
  { name: 'resume', update: resumeUpdate, description: 'Go on with a table’s ingestion where its log stands' },
  { name: 'drain', update: drainUpdate, description: 'Ingest what Kafka holds now, then pause' },
] as const;

export function registerIngestCommands(program: Command): void {
  for (const { name, update, description } of COMMANDS) {
    program
      .command(name)
      .description(description)
      .argument('<table>', 'name of the table')
      .option('--json', 'print JSON', false)
      .action(async (table: string, { json }: { json: boolean }) => {
        const settings = readSettings();
        requireTable(settings, table);
        const client = await connectTemporal(settings);
        const handle = client.workflow.getHandle(ingestWorkflowId(table));
        try {
          const status = await handle.executeUpdate(update, { args: [userInfo().username] });
          console.log(json ? JSON.stringify(status, null, 2) : `${table} is ${status.state}. ${status.reason}`);
        } catch (thrown) {
          throw refusal(thrown) ?? thrown;
        }
      });
  }
}

/** A table whose definition is wrong can be told what to do as well. @throws SluiceError TABLE_UNKNOWN */
function requireTable({ tablesFolder }: Settings, table: string): void {
  if (!tableNames(tablesFolder).includes(table)) loadDefinition(tablesFolder, table);
}

/** What the workflow's validator said. */
function refusal(thrown: unknown): SluiceError | undefined {
  if (!(thrown instanceof WorkflowUpdateFailedError) || !(thrown.cause instanceof ApplicationFailure)) return undefined;
  return new SluiceError('USAGE', thrown.cause.message, { cause: thrown });
}
