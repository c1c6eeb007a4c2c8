import { type Client, WorkflowIdConflictPolicy, WorkflowNotFoundError } from '@temporalio/client';
import { INGEST_TASK_QUEUE, ingestWorkflowId } from '../workflows/ingest-protocol.ts';
import { ingestionText } from '../workflows/work-text.ts';
import { makeCurrent } from './deployment.ts';
import { registerSearchAttributes } from './search-attributes.ts';

const LOST =
  'Started again by a worker: Temporal no longer knew of this table, as after the loss of its database. It goes on where the table’s log stands.';

/** Has every table's ingestion run; one that runs already goes on. */
export async function startIngestion(client: Client, tables: readonly string[], reason?: string): Promise<void> {
  for (const table of tables) {
    await client.workflow.start('ingestTable', {
      workflowId: ingestWorkflowId(table),
      taskQueue: INGEST_TASK_QUEUE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      ...ingestionText(table, reason),
      args: [{ table, ...(reason === undefined ? {} : { reason }) }],
    });
  }
}

/**
 * Starts what Temporal does not know of any more, neither running nor ended: its database has been lost, and with it the
 * version of the workers and the search attributes. The lake knows how far each table has come.
 * @returns the tables that were started again
 */
export async function restartLostIngestion(
  client: Client,
  tables: readonly string[],
  buildId: string,
): Promise<readonly string[]> {
  const known = await Promise.all(tables.map((table) => isKnown(client, ingestWorkflowId(table))));
  const lost = tables.filter((_, index) => known[index] === false);
  if (lost.length === 0) return [];
  await registerSearchAttributes(client);
  await startIngestion(client, lost, LOST);
  await makeCurrent(client, buildId);
  return lost;
}

async function isKnown(client: Client, workflowId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
