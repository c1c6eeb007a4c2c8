import type { Client } from '@temporalio/client';
import { SluiceError } from '../../errors/sluice-error.ts';
import { BACKFILL_COMMANDS, commandBackfill } from '../../temporal/backfill-command.ts';
import { startBackfill } from '../../temporal/start-work.ts';
import { BACKFILL_FIELDS, backfillRequest } from '../backfill-request.ts';
import { type Action, noArguments } from './action.ts';
import type { BackfillPlanner } from './backfill-planner.ts';
import { inTime } from './maintenance-actions.ts';

/**
 * `propose-backfill` keeps a plan, which then waits for an approval; `approve-`, `pause-`, `resume-` and `cancel-backfill` tell
 * the one of a number. What they return names it.
 */
export function backfillActions(client: Client, planner: BackfillPlanner): Action[] {
  return [
    {
      name: 'propose-backfill',
      arguments: rangeArguments,
      run: async ({ table, by, arguments: asked }) => {
        const plan = await planner.keep(table, by, backfillRequest(asked, Date.now()));
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

function rangeArguments(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = (name: string): boolean => (BACKFILL_FIELDS as readonly string[]).includes(name);
  noArguments(Object.fromEntries(Object.entries(given).filter(([name]) => !known(name))));
  const asked = Object.fromEntries(Object.entries(given).filter(([name, value]) => known(name) && value !== undefined));
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
