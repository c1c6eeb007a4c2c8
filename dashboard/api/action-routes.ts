import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { tableNames } from '../../definition/load.ts';
import type { ErrorCode } from '../../errors/codes.ts';
import { asSluiceError } from '../../errors/sluice-error.ts';
import { type ActionLog, isRefusal } from '../../lake/action-log.ts';
import { RateLimit } from '../access/rate-limit.ts';
import type { AccessToken } from '../access/token.ts';
import { type Action, parseActionBody } from '../actions/action.ts';
import { requireToken, tooMany } from './require-token.ts';
import type { ActionAnswer, ActionsReport } from './wire.ts';

export const MAX_ACTIONS_A_MINUTE = 60;
export const MAX_ACTION_BYTES = 16 * 1024;
/** Recorded actions that are listed. */
export const MAX_LISTED_ACTIONS = 100;

export interface ActionParts {
  readonly token: AccessToken;
  readonly tablesFolder: string;
  readonly log: ActionLog;
  readonly actions: readonly Action[];
}

type Env = { Bindings: HttpBindings };

/**
 * `/api/v1/actions`: all that changes something. Every request needs the token, on loopback too: any page in any browser
 * on this machine can send one, but none from elsewhere can send this header.
 */
export function actionRoutes(parts: ActionParts): Hono<Env> {
  const actions = new Map(parts.actions.map((action) => [action.name, action]));
  const routes = new Hono<Env>();
  routes.use(requireToken(parts.token));
  routes.get('/', async (context) => {
    const report: ActionsReport = { actions: await parts.log.list(MAX_LISTED_ACTIONS) };
    return context.json(report);
  });
  routes.use(rateLimited(new RateLimit(MAX_ACTIONS_A_MINUTE)));
  routes.use(bodyLimit({ maxSize: MAX_ACTION_BYTES, onError: tooLarge }));
  routes.post('/:action', async (context) => {
    const action = actions.get(context.req.param('action'));
    if (action === undefined) return failureOf(context, 404, 'USAGE', 'There is no such action.');
    if (!/^application\/json\b/i.test(context.req.header('content-type') ?? '')) return notJson(context);
    const { table, by, rest } = parseActionBody(await context.req.text());
    if (!tableNames(parts.tablesFolder).includes(table)) return unknownTable(context, table);
    return doAction(context, parts.log, action, { table, by, arguments: action.arguments(rest) });
  });
  routes.onError((thrown, context) => failure(context, thrown, 400));
  return routes;
}

async function doAction(
  context: Context,
  log: ActionLog,
  action: Action,
  request: { readonly table: string; readonly by: string; readonly arguments: Record<string, unknown> },
): Promise<Response> {
  try {
    const asked = { action: action.name, via: 'dashboard' as const, ...request };
    const { id, result } = await log.record(asked, () => action.run(request));
    const answer: ActionAnswer = { id, recorded: id !== null, result };
    return context.json(answer);
  } catch (thrown) {
    return failure(context, thrown, 409);
  }
}

function rateLimited(limit: RateLimit): MiddlewareHandler<Env> {
  return async (context, next) => {
    const waitMs = limit.waitMs('');
    if (waitMs > 0) return tooMany(context, `More than ${MAX_ACTIONS_A_MINUTE} actions came in a minute.`, waitMs);
    limit.take('');
    return next();
  };
}

/** @param refusal the status of what is not to be done: 400 for a wrong request, 409 for a wrong moment */
export function failure(context: Context, thrown: unknown, refusal: 400 | 409): Response {
  const { code, message, remedy } = asSluiceError(thrown);
  const unavailable = code === 'TEMPORAL_UNREACHABLE' || code.startsWith('LAKE_') || code === 'KAFKA_UNREACHABLE';
  const status = isRefusal(code) ? refusal : unavailable ? 503 : 500;
  return context.json({ error: { code, message, remedy: remedy ?? null } }, status);
}

function tooLarge(context: Context): Response {
  return failureOf(context, 413, 'LIMIT_EXCEEDED', `A request may have ${MAX_ACTION_BYTES} bytes.`);
}

function notJson(context: Context): Response {
  return failureOf(context, 415, 'USAGE', 'The request’s body must be application/json.');
}

function unknownTable(context: Context, table: string): Response {
  return failureOf(context, 404, 'TABLE_UNKNOWN', `There is no table "${table.slice(0, 80)}".`);
}

function failureOf(context: Context, status: 404 | 413 | 415, code: ErrorCode, message: string): Response {
  return context.json({ error: { code, message, remedy: 'See dashboard/API.md.' } }, status);
}
