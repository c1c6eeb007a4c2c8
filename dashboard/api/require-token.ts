import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import type { AccessToken } from '../access/token.ts';
import { RateLimit } from '../access/rate-limit.ts';
import type { ApiError } from './wire.ts';

/** Wrong tokens a minute from one address; past it no token of that address is looked at. */
export const MAX_WRONG_TOKENS_A_MINUTE = 10;

type Env = { Bindings: HttpBindings };
/** RFC 6750, section 2.1. The token comes by this header alone: URLs end up in logs and histories, cookies go along unasked. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

const REMEDY = 'Run `sluice dashboard` where the dashboard runs, and open the address that it prints.';

/** Lets a request pass that brings the token as `Authorization: Bearer …`, or as `presentedBy` says. */
export function requireToken(
  token: AccessToken,
  wrongTokens = new RateLimit(MAX_WRONG_TOKENS_A_MINUTE),
  presentedBy: (context: Context<Env>) => string | undefined = bearerOf,
): MiddlewareHandler<Env> {
  return async (context, next) => {
    const presented = presentedBy(context);
    if (presented === undefined) return denied(context, 'This needs the dashboard’s token.');
    const caller = context.env.incoming.socket.remoteAddress ?? '';
    const waitMs = wrongTokens.waitMs(caller);
    if (waitMs > 0) return tooMany(context, 'Too many wrong tokens came from your address.', waitMs);
    if (!token.matches(presented)) {
      wrongTokens.take(caller);
      return denied(context, 'The token is not the dashboard’s.');
    }
    return next();
  };
}

function bearerOf(context: Context<Env>): string | undefined {
  return BEARER.exec(context.req.header('authorization') ?? '')?.[1];
}

/** 429, and when to come again. */
export function tooMany(context: Context, message: string, waitMs: number): Response {
  const seconds = Math.ceil(waitMs / 1000);
  context.header('Retry-After', String(seconds));
  return context.json(apiError('LIMIT_EXCEEDED', message, `Try again in ${seconds} s.`), 429);
}

function denied(context: Context, message: string): Response {
  context.header('WWW-Authenticate', 'Bearer realm="sluice"');
  return context.json(apiError('ACCESS_DENIED', message, REMEDY), 401);
}

function apiError(code: string, message: string, remedy: string): ApiError {
  return { error: { code, message, remedy } };
}
