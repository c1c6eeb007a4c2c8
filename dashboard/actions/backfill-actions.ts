import type { Client } from '@temporalio/client';
import { keepProposal } from '../../backfill/propose-backfill.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import { BACKFILL_COMMANDS, commandBackfill } from '../../temporal/backfill-command.ts';
import { startBackfill } from '../../temporal/start-work.ts';
import { backfillRequest } from '../backfill-request.ts';
import { type Action, noArguments } from './action.ts';
import type { BackfillPlanner } from './backfill-planner.ts';
import { inTime } from './maintenance-actions.ts';

/**
 * `propose-backfill` keeps a plan, which then waits for an approval; `approve-`, `pause-`, `resume-` and `cancel-backfill` tell
 * the one of a number. What they return names it.
 */
export function backfillActions(client: Client, storage: Storage, planner: BackfillPlanner): Action[] {
  return [
    {
      name: 'propose-backfill',
      arguments: rangeArguments,
      run: async ({ table, by, arguments: asked }) => {
        const proposal = await planner.propose(table, by, backfillRequest(asked, Date.now()));
        const plan = await keepProposal(storage, proposal);
        const { workflowId } = await inTime(client, () => startBackfill(client, plan));
        return { number: plan.number, workflowId };
      },
    },
    ...BACKFILL_COMMANDS.map((command) => ({
      name: `${command}-backfill`,
      arguments: numberArgument,
      run: ({ table, by, arguments: { number } }: Parameters<Action['run']>[0]) =>
        commandBackfill(client, { table, number: Number(number) }, command, `${by} (dashboard)`),
    })),
  ];
}

function rangeArguments({ scope, from, to, ...rest }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  noArguments(rest);
  const asked = {
    ...(scope === undefined ? {} : { scope }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  backfillRequest(asked, Date.now());
  return asked;
}

function numberArgument({ number, ...rest }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  noArguments(rest);
  if (typeof number === 'number' && Number.isSafeInteger(number) && number > 0) return { number };
  throw new SluiceError('USAGE', '"number" must be the number of a backfill.', {
    remedy: 'See GET /api/v1/tables/:table/backfills.',
  });
}
