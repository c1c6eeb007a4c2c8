import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { SluiceError } from '../errors/sluice-error.ts';
import {
  approveBackfillUpdate,
  type BackfillInput,
  backfillQuery,
  type BackfillStatus,
  backfillWorkflowId,
  cancelBackfillUpdate,
  pauseBackfillUpdate,
  resumeBackfillUpdate,
} from '../workflows/backfill-protocol.ts';
import { COMMAND_WITHIN_MS } from './ingest-command.ts';

const UPDATES = {
  approve: approveBackfillUpdate,
  pause: pauseBackfillUpdate,
  resume: resumeBackfillUpdate,
  cancel: cancelBackfillUpdate,
} as const;
export type BackfillCommandName = keyof typeof UPDATES;
export const BACKFILL_COMMANDS = Object.keys(UPDATES) as BackfillCommandName[];

/**
 * Tells a backfill what to do. `by` says who asks for it; it stays in the workflow's history.
 * @throws SluiceError USAGE where the workflow refuses; TEMPORAL_UNREACHABLE where nobody took it up
 */
export async function commandBackfill(
  client: Client,
  input: BackfillInput,
  command: BackfillCommandName,
  by: string,
): Promise<BackfillStatus> {
  const handle = client.workflow.getHandle(backfillWorkflowId(input));
  try {
    return await client.withDeadline(Date.now() + COMMAND_WITHIN_MS, () =>
      handle.executeUpdate(UPDATES[command], { args: [by] }),
    );
  } catch (thrown) {
    throw failureOf(thrown, input, command);
  }
}

/** What a backfill's workflow says of itself; null where it has none, or nobody answers. */
export async function backfillStatus(
  client: Client,
  input: BackfillInput,
  withinMs = COMMAND_WITHIN_MS,
): Promise<BackfillStatus | null> {
  const handle = client.workflow.getHandle(backfillWorkflowId(input));
  return client.withDeadline(Date.now() + withinMs, () => handle.query(backfillQuery)).catch(() => null);
}

function failureOf(thrown: unknown, { table, number }: BackfillInput, command: string): SluiceError {
  if (thrown instanceof WorkflowUpdateFailedError && thrown.cause instanceof ApplicationFailure) {
    return new SluiceError('USAGE', thrown.cause.message, { cause: thrown });
  }
  if (thrown instanceof WorkflowNotFoundError) {
    return new SluiceError('USAGE', `Backfill ${number} of ${table} does not run.`, {
      remedy:
        'See those that there are with: sluice backfill list. One that has not ended is begun again by the background worker as it starts.',
      cause: thrown,
    });
  }
  return new SluiceError(
    'TEMPORAL_UNREACHABLE',
    `Nobody took "${command} ${table} ${number}" up within ${COMMAND_WITHIN_MS / 1000} s: Temporal or its workers do not answer.`,
    { remedy: 'See `sluice status`; then ask again.', cause: thrown },
  );
}
