import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import protocol from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codecToken } from '../../../dashboard/access/codec-token.ts';
import { AccessToken } from '../../../dashboard/access/token.ts';
import { MAX_CODEC_BYTES } from '../../../dashboard/api/codec-routes.ts';
import { MAX_WRONG_TOKENS_A_MINUTE } from '../../../dashboard/api/require-token.ts';
import type { ApiError } from '../../../dashboard/api/wire.ts';
import { payloadKeys } from '../../../settings/payload-keys.ts';
import { EncryptionCodec } from '../../../temporal/payload-codec.ts';
import { runDashboard, type RunningDashboard } from '../running-dashboard.ts';

const UI = 'http://127.0.0.1:8233';
const VALUES = [{ table: 'server_health', by: 'Ann' }, 'plain words', null];
const { Payloads } = protocol.temporal.api.common.v1;

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
const environment = { SLUICE_PAYLOAD_KEYS_FILE: join(folder, 'keys'), TEMPORAL_UI_URL: UI };
let dashboard: RunningDashboard;
/** The address that an operator gives to the web UI. */
let endpoint: string;
let hidden: Payload[];

beforeAll(async () => {
  writeFileSync(environment.SLUICE_PAYLOAD_KEYS_FILE, `k1 ${randomBytes(32).toString('base64')}\n`);
  dashboard = await runDashboard(1, undefined, environment);
  endpoint = `${dashboard.url}/codec/${codecToken(new AccessToken(dashboard.token)).text}`;
  const codec = new EncryptionCodec(payloadKeys(environment));
  hidden = await codec.encode(VALUES.map((value) => defaultPayloadConverter.toPayload(value)));
});
afterAll(async () => {
  await dashboard.stop();
  rmSync(folder, { recursive: true });
});

const bodyOf = (payloads: Payload[]): string =>
  JSON.stringify(Payloads.toObject(Payloads.create({ payloads }), { bytes: String }));

async function decode(
  address: string,
  { body = bodyOf(hidden), headers = {} }: { body?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const all = { 'content-type': 'application/json', 'x-namespace': 'default', ...headers };
  return fetch(`${address}/decode`, { method: 'POST', headers: all, body });
}

describe('the codec server', () => {
  it('lets a page of the web UI read what was encrypted, as the browser asks first', async () => {
    const asked = { origin: UI, 'access-control-request-method': 'POST' };
    const preflight = await fetch(`${endpoint}/decode`, { method: 'OPTIONS', headers: asked });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(UI);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('Content-Type, X-Namespace, Authorization');
    const answer = await decode(endpoint, { headers: { origin: UI } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, UI]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { payloads } = Payloads.fromObject((await answer.json()) as Record<string, unknown>);
    expect(payloads.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual(VALUES);
  });

  it('takes the dashboard’s own token as a header, as `temporal --codec-auth` sends it', async () => {
    const headers = { authorization: `Bearer ${dashboard.token}` };
    expect((await decode(`${dashboard.url}/codec`, { headers })).status).toBe(200);
    const other = { authorization: `Bearer ${endpoint.split('/').at(-1) ?? ''}` };
    expect((await decode(`${dashboard.url}/codec`, { headers: other })).status).toBe(401);
  });

  it.each([
    ['http://localhost:8233', 200],
    ['http://[::1]:8233', 200],
    ['http://localhost:8234', 403],
    ['https://127.0.0.1:8233', 403],
    ['http://evil.example:8233', 403],
    ['http://127.0.0.1.evil.example:8233', 403],
    ['null', 403],
  ])('answers a page of %s with %i', async (origin, status) => {
    const answer = await decode(endpoint, { headers: { origin } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('access-control-allow-origin')).toBe(status === 200 ? origin : null);
    const preflight = await fetch(`${endpoint}/decode`, { method: 'OPTIONS', headers: { origin } });
    expect(preflight.status).toBe(status === 200 ? 204 : 403);
  });

  it('decodes and does nothing else', async () => {
    expect((await fetch(`${endpoint}/encode`, { method: 'POST', body: bodyOf(hidden) })).status).toBe(404);
    expect((await fetch(`${endpoint}/decode`)).status).toBe(404);
  });

  it('opens nothing else by what stands in its address', async () => {
    const headers = { authorization: `Bearer ${endpoint.split('/').at(-1) ?? ''}` };
    const answer = await fetch(`${dashboard.url}/api/v1/tables/server_health/backfill-outlook?from=2h`, { headers });
    expect(answer.status).toBe(401);
  });

  it.each([
    ['another namespace', { headers: { 'x-namespace': 'other' } }, 400, 'another namespace'],
    ['no JSON', { body: '{' }, 400, 'The body is not'],
    ['no payloads', { body: '{"payloads": 7}' }, 400, 'The body is not'],
    ['too many bytes', { body: ' '.repeat(MAX_CODEC_BYTES + 1) }, 413, 'too many payloads'],
  ])('refuses %s', async (_, request, status, message) => {
    const answer = await decode(endpoint, request);
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as ApiError).error.message).toContain(message);
  });

  it('takes as many bytes as it says', async () => {
    const body = bodyOf(hidden);
    expect((await decode(endpoint, { body: body + ' '.repeat(MAX_CODEC_BYTES - body.length) })).status).toBe(200);
  });

  it('says which key it lacks', async () => {
    const [payload] = hidden;
    const metadata = { ...payload?.metadata, 'encryption-key-id': Buffer.from('gone') };
    const answer = await decode(endpoint, { body: bodyOf([{ ...payload, metadata }]) });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { code: 'PAYLOAD_UNREADABLE', message: expect.stringContaining('"gone"') as string },
    });
  });

  it('gives nothing to who guesses, and stops listening to them', async () => {
    const guess = (): Promise<Response> => decode(`${dashboard.url}/codec/${'x'.repeat(43)}`);
    for (let tries = 0; tries < MAX_WRONG_TOKENS_A_MINUTE - 1; tries += 1) expect((await guess()).status).toBe(401);
    // One wrong token came before.
    expect((await guess()).status).toBe(429);
  });
});
