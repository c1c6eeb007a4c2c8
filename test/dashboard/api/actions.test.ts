import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_ACTION_BYTES, MAX_ACTIONS_A_MINUTE } from '../../../dashboard/api/action-routes.ts';
import { MAX_WRONG_TOKENS_A_MINUTE } from '../../../dashboard/api/require-token.ts';
import type { ActionsReport, ApiError } from '../../../dashboard/api/wire.ts';
import { runDashboard, type RunningDashboard } from '../running-dashboard.ts';

/** This dashboard has no Temporal; what actions do is shown on the whole stack, in dashboard.integration.test.ts. */
let dashboard: RunningDashboard;

beforeAll(async () => {
  dashboard = await runDashboard(1);
});
afterAll(() => dashboard.stop());

interface Sent {
  readonly action?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const PAUSE = { table: 'server_health', by: 'Ann' };

async function send({ action = 'pause', body = JSON.stringify(PAUSE), headers }: Sent): Promise<[number, ApiError]> {
  const response = await fetch(`${dashboard.url}/api/v1/actions/${action}`, {
    method: 'POST',
    body,
    headers: headers ?? { authorization: `Bearer ${dashboard.token}`, 'content-type': 'application/json' },
  });
  return [response.status, (await response.json()) as ApiError];
}

async function listed(): Promise<ActionsReport['actions']> {
  const headers = { authorization: `Bearer ${dashboard.token}` };
  const response = await fetch(`${dashboard.url}/api/v1/actions`, { headers });
  return ((await response.json()) as ActionsReport).actions;
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('an action', () => {
  it.each([
    ['no token', {}],
    ['the token as a cookie', { cookie: 'token=TOKEN' }],
    ['another scheme', { authorization: 'Basic TOKEN' }],
    ['no scheme', { authorization: 'TOKEN' }],
  ])('is refused with %s', async (_, headers) => {
    const sent: Record<string, string> = { ...JSON_TYPE };
    for (const [name, value] of Object.entries(headers)) sent[name] = value.replace('TOKEN', dashboard.token);
    const [status, { error }] = await send({ headers: sent });
    expect([status, error.code]).toEqual([401, 'ACCESS_DENIED']);
    expect(error.remedy).toContain('sluice dashboard');
  });

  it('is refused with the token in the address', async () => {
    const [status] = await send({ action: `pause?token=${dashboard.token}`, headers: JSON_TYPE });
    expect(status).toBe(401);
  });

  it('cannot be asked for by a page from elsewhere: no answer allows it', async () => {
    const response = await fetch(`${dashboard.url}/api/v1/actions/pause`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://elsewhere.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(response.ok).toBe(false);
  });

  it.each([
    ['no JSON', '{', '"by"', 400],
    ['no object', '[]', 'object', 400],
    ['no table', JSON.stringify({ by: 'Ann' }), '"table"', 400],
    ['no name', JSON.stringify({ table: 'server_health' }), '"by"', 400],
    ['a name with a line break', JSON.stringify({ ...PAUSE, by: 'Ann\nforged' }), '"by"', 400],
    ['a name with markup', JSON.stringify({ ...PAUSE, by: '<b>Ann' }), '"by"', 400],
    ['a name that turns the text round', JSON.stringify({ ...PAUSE, by: 'Ann\u202e' }), '"by"', 400],
    ['too long a name', JSON.stringify({ ...PAUSE, by: 'a'.repeat(65) }), '"by"', 400],
    ['what it does not know', JSON.stringify({ ...PAUSE, force: true }), '"force"', 400],
    ['a table that is none', JSON.stringify({ ...PAUSE, table: '../x' }), 'no table', 404],
  ])('is refused with %s', async (_, body, says, expected) => {
    const [status, { error }] = await send({ body });
    expect(status).toBe(expected);
    if (body !== '{') expect(error.message).toContain(says);
  });

  it('is refused where it is unknown, no JSON by its type, or too large', async () => {
    expect((await send({ action: 'erase' }))[0]).toBe(404);
    const authorization = `Bearer ${dashboard.token}`;
    expect((await send({ headers: { authorization, 'content-type': 'text/plain' } }))[0]).toBe(415);
    const body = JSON.stringify({ ...PAUSE, force: 'x'.repeat(MAX_ACTION_BYTES) });
    expect((await send({ body }))[0]).toBe(413);
  });

  it('that fails is recorded with who, when, what and why', async () => {
    const beforeMs = Date.now();
    const [status, { error }] = await send({});
    expect([status, error.code]).toEqual([503, 'TEMPORAL_UNREACHABLE']);
    const [newest, ...others] = await listed();
    expect(newest).toMatchObject({
      action: 'pause',
      table: 'server_health',
      by: 'Ann',
      via: 'dashboard',
      arguments: {},
    });
    expect(newest?.end).toMatchObject({ outcome: 'failed', message: error.message });
    expect(newest?.askedAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect(newest?.end?.endedAtMs).toBeGreaterThanOrEqual(newest?.askedAtMs ?? Infinity);
    // What was refused above was never begun.
    expect(others).toEqual([]);
  });

  it('whose end was never written is shown without one', async () => {
    const folder = join(dashboard.home, 'lake', '_sluice', 'actions');
    const [day = ''] = readdirSync(folder);
    const ended = readdirSync(join(folder, day)).filter((name) => name.endsWith('.ended.json'));
    expect(readFileSync(join(folder, day, ended[0] ?? ''), 'utf8')).not.toContain(dashboard.token);
    rmSync(join(folder, day, ended[0] ?? ''));
    expect((await listed())[0]?.end).toBeNull();
  });
});

describe('limits', () => {
  it('stop a flood of actions, and say when to come again', async () => {
    const answers: number[] = [];
    // Some are allowed again while these are being sent.
    while (answers.at(-1) !== 429 && answers.length < 3 * MAX_ACTIONS_A_MINUTE) {
      answers.push((await send({ action: 'erase' }))[0]);
    }
    expect(answers.at(-1)).toBe(429);
  });

  it('stop guesses at the token, even a right one after them', async () => {
    const guess = (): Promise<[number, ApiError]> =>
      send({ headers: { ...JSON_TYPE, authorization: `Bearer ${'x'.repeat(43)}` } });
    for (let guesses = 0; guesses < MAX_WRONG_TOKENS_A_MINUTE; guesses += 1) expect((await guess())[0]).toBe(401);
    expect((await guess())[0]).toBe(429);
    expect((await send({}))[1].error).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    // Who sends none is not counted: a page from elsewhere could send as many as it likes.
    expect((await send({ headers: JSON_TYPE }))[0]).toBe(401);
  });
});
