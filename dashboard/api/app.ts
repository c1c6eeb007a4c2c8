import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import { timeout } from 'hono/timeout';
import { asSluiceError } from '../../errors/sluice-error.ts';
import type { HealthFollower } from '../follower/health-follower.ts';
import type { History } from '../follower/history.ts';
import { countStates, headline } from '../headline.ts';
import type { LiveView } from '../live/live-view.ts';
import { sendAsset, sendPage } from './assets.ts';
import { type ActionParts, actionRoutes } from './action-routes.ts';
import { loopbackOnly, SECURITY_HEADERS, securityHeaders } from './headers.ts';
import { addBackfillRoutes, type BackfillParts } from './backfill-routes.ts';
import { addCodecRoutes, type CodecParts } from './codec-routes.ts';
import type { PageBundle } from './page-bundle.ts';
import { addTableRoutes, type ShownTable } from './table-routes.ts';
import { usage } from './usage.ts';
import { requireToken } from './require-token.ts';
import { type ApiError, type ServerDetail, type Window, WINDOWS } from './wire.ts';

/** Time that an answer may take; a chart over a week of small files is the longest. */
export const ANSWER_WITHIN_MS = 20_000;
/** The longest host name that is looked up. */
export const MAX_HOST_LENGTH = 512;

/** The page's own addresses. */
const PAGES = ['/', '/servers/:host', '/pipeline', '/pipeline/:table', '/pipeline/:table/rejected'];

export interface AppParts {
  readonly listenHost: string;
  /** Whether reading needs the token, too. */
  readonly tokenToRead: boolean;
  readonly page: PageBundle;
  readonly live: LiveView;
  readonly health: HealthFollower;
  readonly history: History;
  readonly tables: readonly ShownTable[];
  readonly actions: ActionParts;
  readonly backfills: BackfillParts;
  readonly codec: CodecParts;
}

type Env = { Bindings: HttpBindings };

/** Everything that the dashboard answers; see API.md. */
export function createApp(parts: AppParts): Hono<Env> {
  const { live, page } = parts;
  const app = new Hono<Env>();
  app.use(securityHeaders);
  app.use(loopbackOnly(parts.listenHost));
  app.get('/healthz', (context) =>
    context.json(parts.tokenToRead ? { status: 'ok' } : { status: 'ok', data: live.data() }),
  );
  if (parts.tokenToRead) app.use('/api/*', requireToken(parts.actions.token));
  app.get('/api/v1/events', (context) => openStream(context, live));
  app.use('/api/*', compress(), timeout(ANSWER_WITHIN_MS, new HTTPException(504)));
  app.use('/api/*', async (context, next) => {
    context.header('Cache-Control', 'no-store');
    await next();
  });
  addServerRoutes(app, parts);
  addTableRoutes(app, parts.tables);
  addBackfillRoutes(app, parts.backfills);
  app.route('/api/v1/actions', actionRoutes(parts.actions));
  app.get('/api/v1/pipeline', (context) => context.json(live.pipeline()));
  app.all('/api/*', (context) =>
    context.json(usage('There is nothing at this address.', 'See dashboard/API.md.'), 404),
  );
  addCodecRoutes(app, parts.codec);
  app.get('/assets/*', (context) => sendAsset(context, page));
  for (const path of PAGES) app.get(path, (context) => sendPage(context, page));
  app.notFound((context) => context.text('There is no such page. The servers are at /, the tables at /pipeline.', 404));
  app.onError((thrown, context) => {
    if (thrown instanceof HTTPException) return context.json(tooLong(), thrown.status);
    const error = asSluiceError(thrown);
    return context.json({ error: { code: error.code, message: error.message, remedy: error.remedy ?? null } }, 500);
  });
  return app;
}

function addServerRoutes(app: Hono<Env>, { live, health, history }: AppParts): void {
  app.get('/api/v1/servers', (context) => {
    const { nowMs, data, servers } = live.snapshot();
    const counts = countStates(servers.map(({ state }) => state));
    return context.json({ nowMs, data, headline: headline(counts), counts, servers });
  });
  app.get('/api/v1/servers/:host', (context) => {
    const server = find(context, health);
    if (server === undefined) return context.json(unknownServer(context), 404);
    const detail: ServerDetail = { nowMs: Date.now(), server: server.summary, row: { ...server.row } };
    return context.json(detail);
  });
  app.get('/api/v1/servers/:host/series', async (context) => {
    const server = find(context, health);
    if (server === undefined) return context.json(unknownServer(context), 404);
    const window = context.req.query('window') ?? '1h';
    if (!isWindow(window)) {
      return context.json(
        usage(`There is no window "${window.slice(0, 20)}".`, `Ask for one of ${WINDOWS.join(', ')}.`),
        400,
      );
    }
    return context.json(await history.series(server.row, window, Date.now()));
  });
}

/** The stream, written to the connection itself: a frame that is made once goes to every viewer as it is. */
function openStream(context: Context<Env>, live: LiveView): Response {
  if (live.viewers.full)
    return context.json(usage('Too many viewers watch at once.', 'Close some and try again.'), 503);
  const response = context.env.outgoing;
  const lastEventId = context.req.header('last-event-id') ?? context.req.query('lastEventId');
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    ...SECURITY_HEADERS,
    'X-Accel-Buffering': 'no',
  });
  response.once('close', () => {
    live.viewers.remove(response);
  });
  live.join(response, lastEventId);
  return RESPONSE_ALREADY_SENT;
}

function find(context: Context<Env>, health: HealthFollower): ReturnType<HealthFollower['servers']['get']> {
  const host = context.req.param('host') ?? '';
  return host.length > MAX_HOST_LENGTH ? undefined : health.servers.get(host);
}

function isWindow(text: string): text is Window {
  return (WINDOWS as readonly string[]).includes(text);
}

function unknownServer(context: Context<Env>): ApiError {
  const host = (context.req.param('host') ?? '').slice(0, 80);
  return usage(
    `No server "${host}" has sent a row in the last 24 hours.`,
    'See GET /api/v1/servers for those that have.',
  );
}

function tooLong(): ApiError {
  const message = `This took longer than ${ANSWER_WITHIN_MS / 1000} s, and was given up.`;
  return { error: { code: 'LIMIT_EXCEEDED', message, remedy: 'Ask again, or for a shorter window.' } };
}
