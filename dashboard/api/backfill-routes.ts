import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { BackfillStatus } from '../../workflows/backfill-protocol.ts';
import type { AccessToken } from '../access/token.ts';
import type { BackfillPlanner } from '../actions/backfill-planner.ts';
import { backfillRequest } from '../backfill-request.ts';
import type { BackfillList } from '../follower/backfill-list.ts';
import { backfillReport, hasEnded } from '../live/backfills-report.ts';
import type { TemporalUi } from '../live/table-report.ts';
import { failure } from './action-routes.ts';
import type { BackfillsReport } from './backfill-wire.ts';
import { requireToken } from './require-token.ts';
import { usage } from './usage.ts';

export interface BackfillParts {
  /** By table. */
  readonly lists: ReadonlyMap<string, BackfillList>;
  readonly planner: BackfillPlanner;
  /** What a backfill's workflow says of itself; null where nobody answers. */
  readonly status: (input: { readonly table: string; readonly number: number }) => Promise<BackfillStatus | null>;
  readonly temporalUi: TemporalUi;
  readonly token: AccessToken;
}

type Env = { Bindings: HttpBindings };

export function addBackfillRoutes(app: Hono<Env>, { lists, planner, status, temporalUi, token }: BackfillParts): void {
  app.get('/api/v1/tables/:table/backfills', async (context) => {
    const table = context.req.param('table');
    const list = lists.get(table);
    if (list === undefined) return unknownTable(context, table);
    const backfills = (await list.newest(Date.now())).map(async (known) => {
      const said = hasEnded(known) ? null : await status({ table, number: known.plan.number });
      return backfillReport(known, said, temporalUi);
    });
    const report: BackfillsReport = { table, backfills: await Promise.all(backfills) };
    return context.json(report);
  });

  // It makes the brokers and the lake work, so only for who may also have it done.
  app.get('/api/v1/tables/:table/backfill-outlook', requireToken(token), async (context) => {
    const table = context.req.param('table');
    if (!lists.has(table)) return unknownTable(context, table);
    try {
      return context.json(await planner.outlook(table, backfillRequest(context.req.query(), Date.now())));
    } catch (thrown) {
      return failure(context, thrown, 409);
    }
  });
}

function unknownTable(context: Context, table: string): Response {
  const remedy = 'See GET /api/v1/pipeline for those that are defined.';
  return context.json(usage(`There is no table "${table.slice(0, 80)}".`, remedy), 404);
}
