import type { MiddlewareHandler } from 'hono';
import { isLoopbackName } from '../../settings/dashboard-settings.ts';

/** Nothing from elsewhere, nothing inline, no eval; nobody may frame the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer. */
export const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
};

export const securityHeaders: MiddlewareHandler = async (context, next) => {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
  await next();
};

/**
 * Where the dashboard listens on loopback only, a request must be for a loopback name: else a page from elsewhere could
 * read it by pointing its own name here.
 */
export function loopbackOnly(listenHost: string): MiddlewareHandler {
  const guarded = isLoopbackName(listenHost);
  return async (context, next) => {
    if (!guarded || isLoopbackName(context.req.header('host') ?? '')) return next();
    const message = 'This dashboard listens on this machine only, and answers to its own names only.';
    return context.json(
      { error: { code: 'USAGE', message, remedy: 'Open it as http://127.0.0.1 or localhost.' } },
      421,
    );
  };
}
