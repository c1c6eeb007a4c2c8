import type { Client } from '@temporalio/client';
import { commandIngest } from '../../temporal/ingest-command.ts';
import { type Action, noArguments } from './action.ts';

const COMMANDS = ['pause', 'resume', 'drain'] as const;

/** Pausing, resuming and draining a table's ingestion; each answers with the ingestion's new status. */
export function ingestActions(client: Client): Action[] {
  return COMMANDS.map((name) => ({
    name,
    arguments: noArguments,
    run: ({ table, by }) => commandIngest(client, table, name, `${by} (dashboard)`),
  }));
}
