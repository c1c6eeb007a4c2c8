import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { RejectedRecords } from '../follower/rejected-records.ts';
import type { TableFollower } from '../follower/table-follower.ts';
import { hoursReport, knownHours } from '../live/hours-report.ts';
import { usage } from './usage.ts';

/** One table as its pages show it. */
export interface ShownTable {
  readonly table: TableFollower;
  readonly rejected: RejectedRecords;
}

/** Days of one answer. */
const MAX_DAYS = 92;
const DEFAULT_DAYS = 14;
const DAY_MS = 86_400_000;

type Env = { Bindings: HttpBindings };

export function addTableRoutes(app: Hono<Env>, tables: readonly ShownTable[]): void {
  const find = (context: Context): ShownTable | undefined =>
    tables.find(({ table }) => table.definition.table === context.req.param('table'));

  app.get('/api/v1/tables/:table/hours', (context) => {
    const shown = find(context);
    if (shown === undefined) return context.json(unknownTable(context), 404);
    const days = Number(context.req.query('days') ?? DEFAULT_DAYS);
    if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
      return context.json(usage('`days` is not understood.', `Ask for 1 to ${MAX_DAYS} days.`), 400);
    }
    const nowMs = Date.now();
    const until = context.req.query('until');
    const untilMs = until === undefined ? nowMs : dayOf(until);
    if (untilMs === undefined) {
      return context.json(usage('`until` is not understood.', 'Name a day, such as 2026-11-23.'), 400);
    }
    const toMs = Math.floor(untilMs / DAY_MS + 1) * DAY_MS;
    return context.json(hoursReport(knownHours(shown.table), { fromMs: toMs - days * DAY_MS, toMs, nowMs }));
  });

  app.get('/api/v1/tables/:table/rejected', async (context) => {
    const shown = find(context);
    if (shown === undefined) return context.json(unknownTable(context), 404);
    return context.json(await shown.rejected.report());
  });
}

function dayOf(text: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function unknownTable(context: Context): ReturnType<typeof usage> {
  const name = (context.req.param('table') ?? '').slice(0, 80);
  return usage(`There is no table "${name}".`, 'See GET /api/v1/pipeline for those that are defined.');
}
