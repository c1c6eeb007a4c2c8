import type { HttpBindings } from '@hono/node-server';
import type { Payload } from '@temporalio/common';
import protocol from '@temporalio/proto';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { asSluiceError, SluiceError } from '../../errors/sluice-error.ts';
import { isLoopbackName } from '../../settings/dashboard-settings.ts';
import type { TemporalSettings } from '../../settings/settings.ts';
import { EncryptionCodec } from '../../temporal/payload-codec.ts';
import { RateLimit } from '../access/rate-limit.ts';
import { codecToken } from '../access/codec-token.ts';
import type { AccessToken } from '../access/token.ts';
import { MAX_WRONG_TOKENS_A_MINUTE, requireToken } from './require-token.ts';
import { usage } from './usage.ts';

/** Of a request: what Temporal answers at once, 4 MiB, is a third longer in base64. */
export const MAX_CODEC_BYTES = 8 * 1024 * 1024;
/** How long a browser may keep to the answer that it got before its request. */
const PREFLIGHT_HOLDS_S = 600;
const METHODS = 'POST, OPTIONS';
/** What the web UI sends along, and `temporal --codec-auth`. */
const HEADERS = 'Content-Type, X-Namespace, Authorization';

const PayloadsMessage = protocol.temporal.api.common.v1.Payloads;

export interface CodecParts {
  readonly token: AccessToken;
  readonly temporal: Pick<TemporalSettings, 'namespace' | 'payloadKeys' | 'uiUrl'>;
}

type Env = { Bindings: HttpBindings };

/**
 * Temporal's codec server, decoding only: the web UI asks `POST <endpoint>/decode` with payloads in protobuf's JSON, and
 * gets as many in clear text (https://docs.temporal.io/codec-server). The endpoint is `/codec/<codec token>`; whoever sends
 * the dashboard's own token as a header uses `/codec`.
 */
export function addCodecRoutes(app: Hono<Env>, { token, temporal }: CodecParts): void {
  const codec = new EncryptionCodec(temporal.payloadKeys);
  const ofPath = codecToken(token);
  const wrongTokens = new RateLimit(MAX_WRONG_TOKENS_A_MINUTE);
  const answer = async (context: Context<Env>): Promise<Response> => {
    context.header('Cache-Control', 'no-store');
    const namespace = context.req.header('x-namespace');
    if (namespace !== undefined && namespace !== temporal.namespace) {
      return context.json(usage('This decodes another namespace’s payloads.', 'Set TEMPORAL_NAMESPACE.'), 400);
    }
    try {
      const payloads = await codec.decode(payloadsIn(await context.req.text()));
      return context.json(PayloadsMessage.toObject(PayloadsMessage.create({ payloads }), { bytes: String }));
    } catch (thrown) {
      const { code, message, remedy } = asSluiceError(thrown);
      return context.json({ error: { code, message, remedy: remedy ?? null } }, 400);
    }
  };
  const tooLarge = bodyLimit({
    maxSize: MAX_CODEC_BYTES,
    onError: (context) => context.json(usage('These are too many payloads at once.', 'Ask for fewer.'), 413),
  });
  app.use('/codec/*', allowUi(temporal.uiUrl));
  app.post('/codec/decode', requireToken(token, wrongTokens), tooLarge, answer);
  app.post(
    '/codec/:token/decode',
    requireToken(ofPath, wrongTokens, (context) => context.req.param('token')),
    tooLarge,
    answer,
  );
  app.all('/codec/*', (context) =>
    context.json(usage('There is nothing at this address.', 'See docs/security.md.'), 404),
  );
}

/** Lets scripts of the web UI's own origin ask, and those of no other. */
function allowUi(uiUrl: string): MiddlewareHandler<Env> {
  return async (context, next) => {
    const origin = context.req.header('origin');
    context.header('Vary', 'Origin');
    if (origin !== undefined) {
      if (!isOrigin(origin, uiUrl)) {
        const message = 'Only Temporal’s web UI may have payloads decoded from a page.';
        return context.json(usage(message, 'Set TEMPORAL_UI_URL to where it is opened.'), 403);
      }
      context.header('Access-Control-Allow-Origin', origin);
    }
    if (context.req.method !== 'OPTIONS') return next();
    context.header('Access-Control-Allow-Methods', METHODS);
    context.header('Access-Control-Allow-Headers', HEADERS);
    context.header('Access-Control-Max-Age', String(PREFLIGHT_HOLDS_S));
    return context.body(null, 204);
  };
}

/** A UI on this machine may be opened by any of its loopback names. */
function isOrigin(origin: string, uiUrl: string): boolean {
  const wanted = new URL(uiUrl);
  if (origin === wanted.origin) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol: scheme, hostname, port } = new URL(origin);
  return (
    isLoopbackName(hostname) && isLoopbackName(wanted.hostname) && scheme === wanted.protocol && port === wanted.port
  );
}

function payloadsIn(body: string): Payload[] {
  try {
    return PayloadsMessage.fromObject(JSON.parse(body) as Record<string, unknown>).payloads;
  } catch (cause) {
    throw new SluiceError('USAGE', 'The body is not { "payloads": [ … ] } as protobuf’s JSON has it.', { cause });
  }
}
