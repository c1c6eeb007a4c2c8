import type { Client } from '@temporalio/client';
import { SluiceError } from '../../errors/sluice-error.ts';
import { startAudit, startCompaction } from '../../temporal/start-work.ts';
import { type Action, noArguments } from './action.ts';

/** Time for Temporal to take a workflow in. */
export const START_WITHIN_MS = 10_000;

/** Work in the background: what they return names the workflow that runs, or ran already. */
export function maintenanceActions(client: Client): Action[] {
  return [
    {
      name: 'compact',
      arguments: partitionArgument,
      run: ({ table, arguments: { partition } }) =>
        inTime(client, () =>
          startCompaction(client, { table, ...(typeof partition === 'string' ? { partition } : {}) }),
        ),
    },
    {
      name: 'audit',
      arguments: noArguments,
      run: ({ table }) =>
        inTime(client, () => startAudit(client, { table, mode: 'full', uncertified: true, repair: false })),
    },
  ];
}

/** Starts a workflow, and names it. @throws SluiceError TEMPORAL_UNREACHABLE */
export async function inTime(
  client: Client,
  start: () => Promise<{ readonly workflowId: string }>,
): Promise<{ workflowId: string }> {
  try {
    const { workflowId } = await client.withDeadline(Date.now() + START_WITHIN_MS, start);
    return { workflowId };
  } catch (cause) {
    throw new SluiceError('TEMPORAL_UNREACHABLE', `Temporal did not take it in within ${START_WITHIN_MS / 1000} s.`, {
      remedy: 'See `sluice status`; then ask again.',
      cause,
    });
  }
}

const PARTITION = /^dt=\d{4}-\d{2}-\d{2}(\/hour=\d{1,2})?$/;

function partitionArgument({ partition, ...rest }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  noArguments(rest);
  if (partition === undefined) return {};
  if (typeof partition === 'string' && PARTITION.test(partition)) return { partition };
  throw new SluiceError('USAGE', '"partition" must be a partition’s name, such as dt=2026-11-23/hour=5.');
}
