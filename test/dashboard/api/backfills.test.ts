import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backfillRequest } from '../../../dashboard/backfill-request.ts';
import type { BackfillsReport } from '../../../dashboard/api/backfill-wire.ts';
import type { ActionsReport, ApiError } from '../../../dashboard/api/wire.ts';
import { BackfillFiles } from '../../../lake/backfill-files.ts';
import { openStorage } from '../../../lake/storage/open-storage.ts';
import { mainTable } from '../../../plans/table-shape.ts';
import { readSettings } from '../../../settings/settings.ts';
import { lastSeconds, runDashboard, type RunningDashboard } from '../running-dashboard.ts';

/** This dashboard has neither Temporal nor Kafka; what comes of backfills is shown on the whole stack. */
let dashboard: RunningDashboard;
const BY_TOKEN = (): Record<string, string> => ({ authorization: `Bearer ${dashboard.token}` });

async function get<T>(path: string, headers = BY_TOKEN()): Promise<[number, T]> {
  const response = await fetch(`${dashboard.url}/api/v1${path}`, { headers });
  return [response.status, (await response.json()) as T];
}

async function act(action: string, body: Record<string, unknown>): Promise<[number, ApiError]> {
  const response = await fetch(`${dashboard.url}/api/v1/actions/${action}`, {
    method: 'POST',
    headers: { ...BY_TOKEN(), 'content-type': 'application/json' },
    body: JSON.stringify({ table: 'server_health', by: 'Ann', ...body }),
  });
  return [response.status, (await response.json()) as ApiError];
}

beforeAll(async () => {
  dashboard = await runDashboard(2, (writer) => writer.write(lastSeconds(5)), { KAFKA_BROKERS: '127.0.0.1:1' });
});
afterAll(() => dashboard.stop());

describe('GET /api/v1/tables/:table/backfills', () => {
  it('tells of those that the lake knows, though no workflow answers', async () => {
    expect(await get('/tables/server_health/backfills')).toEqual([200, { table: 'server_health', backfills: [] }]);
    const { definition } = dashboard.writer;
    const storage = openStorage(readSettings({ SLUICE_LAKE: `${dashboard.home}/lake` }));
    const files = new BackfillFiles(storage, mainTable(definition).path);
    const ranges = [{ partition: 0, startOffset: '3', endOffset: '13' }];
    await files.createPlan({
      ...{ format: 1, plannedAtMs: 1, plannedBy: 'Bob', table: 'server_health', topic: 't', topicId: 'i' },
      ...{ scope: 'rejected', ranges, unitOffsets: 5, definitionHash: 'h', sequence: 0 },
      ...{ unitsAtOnce: 1, maxRowsPerSecond: null },
    });
    await expect
      .poll(async () => (await get<BackfillsReport>('/tables/server_health/backfills'))[1].backfills, {
        timeout: 10_000,
      })
      .toMatchObject([
        { number: 1, scope: 'rejected', state: 'Proposed', plannedBy: 'Bob', offsets: '10', units: 2, unitsDone: 0 },
      ]);
  });

  it('knows no other table', async () => {
    expect((await get('/tables/nothing/backfills'))[0]).toBe(404);
  });
});

describe('GET /api/v1/tables/:table/backfill-outlook', () => {
  it('needs the token, on loopback too, since it makes others work', async () => {
    expect((await get('/tables/server_health/backfill-outlook?from=2h', {}))[0]).toBe(401);
  });

  it.each([
    ['from=yesterday', '"from" must be a time'],
    ['', 'needs "from"'],
    ['scope=some&from=2h', '"scope" must be'],
    ['from=1h&to=2h', '"to" must be later'],
  ])('refuses %s', async (query, message) => {
    const [status, { error }] = await get<ApiError>(`/tables/server_health/backfill-outlook?${query}`);
    expect([status, error.code]).toEqual([409, 'USAGE']);
    expect(error.message).toContain(message);
  });
});

describe('the actions of backfills', () => {
  it.each([
    ['propose-backfill', { from: 'yesterday' }],
    ['propose-backfill', { scope: 'rejected', source: 'archive' }],
    ['approve-backfill', {}],
    ['cancel-backfill', { number: '1' }],
    ['pause-backfill', { number: 0 }],
    ['resume-backfill', { number: 1, force: true }],
  ])('refuse %s with %j, and record nothing', async (action, body) => {
    const [status, { error }] = await act(action, body);
    expect([status, error.code]).toEqual([400, 'USAGE']);
    expect((await get<ActionsReport>('/actions'))[1].actions).toEqual([]);
  });
});

describe('backfillRequest', () => {
  it('takes times and durations ago', () => {
    expect(backfillRequest({ from: '2h', to: '1970-01-01T02:00:00Z' }, 3 * 3_600_000)).toEqual({
      ...{ scope: 'all', fromMs: 3_600_000, toMs: 7_200_000 },
    });
    expect(backfillRequest({ scope: 'rejected', from: '', to: '' }, 0)).toMatchObject({ scope: 'rejected' });
  });
});
