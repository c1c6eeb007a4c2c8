import { mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { broughtPath, MAX_BROUGHT_BYTES } from '../../../dashboard/actions/brought-folder.ts';
import { backfillRequest } from '../../../dashboard/backfill-request.ts';
import type { BackfillsReport, OutlookReport } from '../../../dashboard/api/backfill-wire.ts';
import type { ActionsReport, ApiError } from '../../../dashboard/api/wire.ts';
import { BackfillFiles } from '../../../lake/backfill-files.ts';
import { openStorage } from '../../../lake/storage/open-storage.ts';
import { mainTable } from '../../../plans/table-shape.ts';
import { readSettings } from '../../../settings/settings.ts';
import { lastSeconds, runDashboard, type RunningDashboard } from '../running-dashboard.ts';

/** This dashboard has neither Temporal nor Kafka; what comes of backfills is shown on the whole stack. */
let dashboard: RunningDashboard;
/** Where the dashboard reads files of records. */
let folder: string;
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
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  symlinkSync('/etc', join(folder, 'link'));
  dashboard = await runDashboard(2, (writer) => writer.write(lastSeconds(5)), {
    ...{ KAFKA_BROKERS: '127.0.0.1:1', SLUICE_DASHBOARD_FILES_FOLDER: folder },
  });
});
afterAll(async () => {
  await dashboard.stop();
  rmSync(folder, { recursive: true });
});

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

  it('tells what reading an operator’s files would do, where the table has what they hold', async () => {
    const record = { kafka_partition: 0, kafka_offset: 0, kafka_timestamp: new Date().toISOString() };
    writeFileSync(join(folder, 'some.ndjson'), JSON.stringify({ ...record, record_key: 'k', record_value: '{}' }));
    const path = '/tables/server_health/backfill-outlook?from=2h&source=files:some.ndjson&dropped=true';
    expect(await get<OutlookReport>(path)).toMatchObject([200, { source: 'files', offsets: '1' }]);
    const [status, { error }] = await get<ApiError>(path.replace('files:some.ndjson', 'archive'));
    expect([status, error.code, error.message]).toEqual([
      ...[409, 'BACKFILL_REFUSED', 'server_health has no archive.'],
    ]);
  });

  it('reads no file where the operator offers no folder, nor more than its limit', async () => {
    await expect(broughtPath(undefined, 'some.ndjson')).rejects.toThrow(/has no folder of files/);
    const large = join(folder, 'large.parquet');
    writeFileSync(large, '');
    truncateSync(large, MAX_BROUGHT_BYTES);
    expect(await broughtPath(folder, 'large.parquet')).toBe(realpathSync(large));
    truncateSync(large, MAX_BROUGHT_BYTES + 1);
    await expect(broughtPath(folder, 'large.parquet')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(broughtPath(folder, '.')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each([
    ['from=yesterday', '"from" must be a time'],
    ['', 'needs "from"'],
    ['scope=some&from=2h', '"scope" must be'],
    ['from=1h&to=2h', '"to" must be later'],
    ['from=2h&source=tape', '"source" must be'],
    ['from=2h&dropped=some', '"dropped" must be'],
    ['from=2h&maxRows=0', '"maxRows" must be'],
    ['from=2h&source=files:../secrets', 'There is no "../secrets" in the folder of files'],
    ['from=2h&source=files:/etc/hostname', 'There is no "/etc/hostname"'],
    ['from=2h&source=files:link/hostname', 'There is no "link/hostname"'],
  ])('refuses %s', async (query, message) => {
    const [status, { error }] = await get<ApiError>(`/tables/server_health/backfill-outlook?${query}`);
    expect([status, error.code]).toEqual([409, 'USAGE']);
    expect(error.message).toContain(message);
  });
});

describe('the actions of backfills', () => {
  it.each([
    ['propose-backfill', { from: 'yesterday' }],
    ['propose-backfill', { scope: 'rejected', source: 'tape' }],
    ['propose-backfill', { scope: 'rejected', dropped: 1 }],
    ['propose-backfill', { scope: 'rejected', force: true }],
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
      ...{ scope: 'all', source: { kind: 'kafka' }, fromMs: 3_600_000, toMs: 7_200_000 },
      ...{ includesDropped: false, maxRowsPerSecond: null },
    });
    expect(backfillRequest({ scope: 'rejected', from: '', to: '' }, 0)).toMatchObject({ scope: 'rejected' });
    const more = { scope: 'rejected', source: 'files:a/b', dropped: 'true', maxRows: '5' };
    expect(backfillRequest(more, 0)).toMatchObject({
      ...{ source: { kind: 'files', path: 'a/b' }, includesDropped: true, maxRowsPerSecond: 5 },
    });
    expect(backfillRequest({ ...more, source: 'archive', dropped: false, maxRows: 5 }, 0)).toMatchObject({
      ...{ source: { kind: 'archive' }, includesDropped: false, maxRowsPerSecond: 5 },
    });
  });
});
