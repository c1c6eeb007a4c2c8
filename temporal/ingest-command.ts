import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { SluiceError } from '../errors/sluice-error.ts';
import {
  drainUpdate,
  type IngestStatus,
  ingestWorkflowId,
  pauseUpdate,
  resumeUpdate,
  statusQuery,
} from '../workflows/ingest-protocol.ts';

/** Time for a worker to take a command up. */
export const COMMAND_WITHIN_MS = 10_000;

const UPDATES = { pause: pauseUpdate, resume: resumeUpdate, drain: drainUpdate } as const;
export type IngestCommand = keyof typeof UPDATES;

/**
 * Tells a table's ingestion what to do. `by` says who asks for it; it stays in the workflow's history.
 * @throws SluiceError USAGE where the workflow refuses; TEMPORAL_UNREACHABLE where nobody took it up; PAYLOAD_UNREADABLE
 */
export async function commandIngest(
  client: Client,
  table: string,
  command: IngestCommand,
  by: string,
): Promise<IngestStatus> {
  const handle = client.workflow.getHandle(ingestWorkflowId(table));
  try {
    return await client.withDeadline(Date.now() + COMMAND_WITHIN_MS, async () => {
      // Who cannot read what the workers write would send them what they cannot read, and hold them up with it.
      await handle.query(statusQuery);
      return handle.executeUpdate(UPDATES[command], { args: [by] });
    });
  } catch (thrown) {
    if (thrown instanceof SluiceError) throw thrown;
    if (thrown instanceof WorkflowUpdateFailedError && thrown.cause instanceof ApplicationFailure) {
      // What the workflow's validator said.
      throw new SluiceError('USAGE', thrown.cause.message, { cause: thrown });
    }
    if (thrown instanceof WorkflowNotFoundError) {
      throw new SluiceError('USAGE', `The ingestion of ${table} was never started.`, {
        remedy: 'A worker starts it: see `sluice status`.',
        cause: thrown,
      });
    }
    throw new SluiceError(
      'TEMPORAL_UNREACHABLE',
      `Nobody took "${command} ${table}" up within ${COMMAND_WITHIN_MS / 1000} s: Temporal or its workers do not answer.`,
      { remedy: 'See `sluice status`; then ask again.', cause: thrown },
    );
  }
}
