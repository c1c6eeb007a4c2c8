import type { Context } from 'hono';
import type { Asset, PageBundle } from './page-bundle.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';

/** The page itself, at each of its own addresses. */
export function sendPage(context: Context, { html }: PageBundle): Response {
  return send(context, html, 'no-cache');
}

export function sendAsset(context: Context, { assets }: PageBundle): Response {
  const asset = assets.get(context.req.path);
  if (asset === undefined) return context.text('There is no such file.', 404);
  return send(context, asset, asset.path.includes('-') ? FOR_EVER : 'max-age=3600');
}

function send(context: Context, asset: Asset, cacheControl: string): Response {
  const accepted = context.req.header('accept-encoding') ?? '';
  const encoding = accepted.includes('br') ? 'brotli' : accepted.includes('gzip') ? 'gzip' : 'plain';
  context.header('Content-Type', asset.type);
  context.header('Cache-Control', cacheControl);
  context.header('Vary', 'Accept-Encoding');
  if (encoding !== 'plain') context.header('Content-Encoding', encoding === 'brotli' ? 'br' : 'gzip');
  return context.body(asset[encoding]);
}
