import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ApiError,
  HoursReport,
  PipelineReport,
  RejectedReport,
  Series,
  ServerDetail,
  ServerSummary,
} from '../../../dashboard/api/wire.ts';
import { CHARTED_COLUMNS } from '../../../dashboard/follower/health-columns.ts';
import { WINDOW_SPANS } from '../../../dashboard/follower/history.ts';
import { waitFor } from '../../wait-for.ts';
import { lastSeconds, runDashboard, type RunningDashboard } from '../running-dashboard.ts';

const HOSTS = 6;
const HOUR_MS = 3_600_000;

let dashboard: RunningDashboard;

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(dashboard.url + path, { headers });

async function json<T>(path: string): Promise<T> {
  return (await (await get(path)).json()) as T;
}

interface Listed {
  readonly nowMs: number;
  readonly data: { readonly state: string; readonly words: string };
  readonly headline: string;
  readonly counts: Record<string, number>;
  readonly servers: readonly ServerSummary[];
}

beforeAll(async () => {
  dashboard = await runDashboard(HOSTS, async (writer) => {
    const { fromMs, toMs } = lastSeconds(120);
    await writer.write({ fromMs: fromMs - 5 * HOUR_MS, toMs: fromMs - 5 * HOUR_MS + 600_000, stepMs: 10_000 });
    // At the edge of a bucket: the mean of one with rows of both kinds could be anything between.
    const { bucketMs } = WINDOW_SPANS['6h'];
    const troubleMs = Math.floor((toMs - 59_000) / bucketMs) * bucketMs;
    await writer.write({ fromMs, toMs: troubleMs - 1000 });
    const figures = { [writer.host(1)]: { memory_pct: 97.2 } };
    await writer.write({ fromMs: troubleMs, toMs }, { figures, without: [writer.host(2)] });
    const published = [{ version: writer.log.snapshot.version, atMs: Date.now() }];
    await writer.write({ fromMs: toMs, toMs }, { figures, without: [writer.host(2)], published });
  });
  await waitFor('the silent server', 10_000, async () => {
    const { counts } = await json<Listed>('/api/v1/servers');
    return counts['silent'] === 1 || undefined;
  });
});

afterAll(() => dashboard.stop());

describe('GET /api/v1/servers', () => {
  it('has every server with its state, and all of it in a sentence', async () => {
    const { headline, counts, servers, data } = await json<Listed>('/api/v1/servers');
    expect(headline).toBe('1 critical, 1 silent, 4 fine.');
    expect(counts).toEqual({ ok: 4, warn: 0, critical: 1, silent: 1 });
    expect(data).toMatchObject({ state: 'live', words: 'Everything that was sent is here.' });
    expect(servers.find(({ host }) => host === 'web-0002')).toMatchObject({
      state: 'critical',
      reasons: ['memory 97 %'],
      memoryPct: 97.2,
      cores: 8,
      simulated: true,
      diskMount: '/',
    });
    expect(servers.find(({ host }) => host === 'web-0003')).toMatchObject({ state: 'silent' });
  });
});

describe('GET /api/v1/servers/:host', () => {
  it('has the summary and the newest row', async () => {
    const { server, row, nowMs } = await json<ServerDetail>('/api/v1/servers/web-0002');
    expect(server).toMatchObject({ host: 'web-0002', state: 'critical' });
    expect(row).toMatchObject({ host: 'web-0002', cores: 8, memoryTotalBytes: 64 * 1024 ** 3 });
    expect(Math.abs(nowMs - Date.now())).toBeLessThan(5000);
  });

  it.each(['nobody', 'a%2Fb', '%E0%A4%A', 'x'.repeat(2000), encodeURIComponent("'; DROP TABLE health_rows; --")])(
    'says in words that there is no server %s',
    async (host) => {
      for (const path of [`/api/v1/servers/${host}`, `/api/v1/servers/${host}/series`]) {
        const response = await get(path);
        expect(response.status).toBe(404);
        const { error } = (await response.json()) as ApiError;
        expect(error.message).toMatch(/^No server ".*" has sent a row in the last 24 hours\.$/);
        expect(error.remedy).toBe('See GET /api/v1/servers for those that have.');
      }
    },
  );
});

describe('GET /api/v1/servers/:host/series', () => {
  it.each(Object.entries(WINDOW_SPANS))(
    'has %s in buckets, with gaps where there was no row',
    async (window, spans) => {
      const series = await json<Series>(`/api/v1/servers/web-0002/series?window=${window}`);
      expect(series).toMatchObject({ host: 'web-0002', window, bucketMs: spans.bucketMs, sampled: false });
      expect(series.toMs - series.fromMs).toBe(spans.spanMs);
      expect(series.timeMs).toHaveLength(spans.spanMs / spans.bucketMs);
      expect(series.timeMs[0]).toBe(series.fromMs);
      expect(Object.keys(series.metrics)).toEqual(CHARTED_COLUMNS.map(({ name }) => name));
      for (const values of Object.values(series.metrics)) expect(values).toHaveLength(series.timeMs.length);
      const memory = series.metrics['memoryPct'] ?? [];
      expect(memory.findLast((value) => value !== null)).toBeGreaterThan(50);
      expect(memory[Math.floor(memory.length / 2)]).toBeNull();
    },
  );

  it('tells of incidents, and of silence between the rows', async () => {
    const { incidents } = await json<Series>('/api/v1/servers/web-0002/series?window=6h');
    expect(incidents.map(({ state }) => state)).toEqual(['silent', 'critical']);
    expect(incidents[1]?.reasons).toEqual(['memory 97 %']);
    const silent = await json<Series>('/api/v1/servers/web-0003/series');
    expect(silent.incidents).toMatchObject([{ state: 'silent', reasons: ['no data'] }]);
    expect((silent.incidents[0]?.toMs ?? 0) - (silent.incidents[0]?.fromMs ?? 0)).toBeGreaterThan(50_000);
  });

  it('reads what is older than memory from the table’s files', async () => {
    const { metrics } = await json<Series>('/api/v1/servers/web-0001/series?window=6h');
    const early = (metrics['cpuPct'] ?? []).slice(0, 200).filter((value) => value !== null);
    expect(early.length).toBeGreaterThanOrEqual(20);
  });

  it('has the last hour where no window is named, and names the windows where it is none', async () => {
    expect((await json<Series>('/api/v1/servers/web-0001/series')).window).toBe('1h');
    const response = await get('/api/v1/servers/web-0001/series?window=2y');
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as ApiError;
    expect(error).toMatchObject({ message: 'There is no window "2y".', remedy: 'Ask for one of 1h, 6h, 24h, 7d.' });
  });

  it('gives the same answer to many who ask at once', async () => {
    const path = '/api/v1/servers/web-0004/series?window=24h';
    const all = await Promise.all(Array.from({ length: 8 }, () => json<Series>(path)));
    expect(new Set(all.map((series) => JSON.stringify(series))).size).toBe(1);
  });
});

describe('GET /api/v1/pipeline', () => {
  it('has one report a table', async () => {
    const { tables } = await json<PipelineReport>('/api/v1/pipeline');
    const [table] = tables;
    expect(tables).toHaveLength(1);
    expect(table).toMatchObject({
      table: 'server_health',
      database: 'health',
      topic: 'server-health',
      rejectedTotal: 0,
      rejectedLastMinute: 0,
      unknownFieldsLastHour: {},
      logVersion: dashboard.writer.log.snapshot.version,
      lag: { state: 'known', words: 'Nothing waits in Kafka.' },
    });
    expect(table?.hiveVersion).toBe(dashboard.writer.log.snapshot.version - 1);
    expect(table?.workflowUrl).toMatch(/^http:\/\/.*\/namespaces\/default\/workflows\/ingest%2Fserver_health$/);
    expect(table?.lag.partitions.map(({ partition, lagRecords }) => [partition, lagRecords])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
    expect(table?.rowsTotal).toBeGreaterThan(HOSTS * 120);
    expect(table?.freshnessToCommit.lastHour.p50Ms).toBeGreaterThan(0);
    expect(table?.freshnessToHive.lastHour.p50Ms).toBeGreaterThan(0);
  });
});

describe('a table’s state in GET /api/v1/pipeline', () => {
  const STARTED = { workflowId: 'ingest/server_health', type: 'ingestTable', table: 'server_health', startedAtMs: 1 };

  it('is judged by the log while Temporal is away, and says so', async () => {
    const { temporal, tables } = await json<PipelineReport>('/api/v1/pipeline');
    expect(temporal).toMatchObject({ state: 'unknown' });
    expect(temporal.words).toContain('Temporal does not answer');
    expect(tables[0]?.condition.state).toBe('Catching up');
    expect(tables[0]?.condition.words).toContain('What its workflow says is unknown');
    expect(tables[0]?.workflows).toEqual([]);
  });

  it('is the workflow’s once Temporal answers, with links', async () => {
    const reason = 'Paused by tester. Resume it with: sluice resume server_health';
    dashboard.workflows.said = {
      running: [{ ...STARTED, state: 'Paused' }],
      status: { table: 'server_health', state: 'Paused', sinceMs: 5, reason, lastWindow: null, windows: 0 },
    };
    const report = await waitFor('Temporal’s answer', 10_000, async () => {
      const { temporal, tables } = await json<PipelineReport>('/api/v1/pipeline');
      return temporal.state === 'known' ? tables[0] : undefined;
    });
    expect(report.condition).toEqual({ state: 'Paused', words: reason, sinceMs: 5 });
    expect(report.workflows).toMatchObject([{ workflowId: 'ingest/server_health', state: 'Paused' }]);
    expect(report.workflows[0]?.url).toMatch(/\/workflows\/ingest%2Fserver_health$/);
  });
});

describe('GET /api/v1/tables/:table/hours', () => {
  it('has every hour from the first to now, gaps included', async () => {
    const report = await json<HoursReport>('/api/v1/tables/server_health/hours?days=2');
    expect(report).toMatchObject({ table: 'server_health', unit: 'hour', certificate: null });
    expect(report.toMs - report.fromMs).toBe(48 * HOUR_MS);
    const starts = report.hours.map(({ startMs }) => startMs);
    expect(starts).toEqual(starts.map((_, index) => (starts[0] ?? 0) + index * HOUR_MS));
    expect(report.oldestMs).toBe(starts[0]);
    expect(report.hours.reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThan(HOSTS * 120);
    expect(report.hours[0]).toMatchObject({ state: 'unaudited', files: 1, batchFiles: 1, lateRows: HOSTS * 61 });
    expect(report.hours[0]?.partition).toMatch(/^dt=\d{4}-\d{2}-\d{2}\/hour=\d{1,2}$/);
    expect(report.hours.some(({ state, rows }) => state === 'empty' && rows === 0)).toBe(true);
    expect(report.hours.at(-1)?.state).toBe('filling');
  });

  it('goes back by whole days', async () => {
    const report = await json<HoursReport>('/api/v1/tables/server_health/hours?days=1&until=2020-02-29');
    expect(report.fromMs).toBe(Date.parse('2020-02-29T00:00:00Z'));
    expect(report.hours).toEqual([]);
  });

  it.each([
    ['/api/v1/tables/nothing/hours', 404, 'There is no table "nothing".'],
    ['/api/v1/tables/nothing/rejected', 404, 'There is no table "nothing".'],
    ['/api/v1/tables/server_health/hours?days=0', 400, '`days` is not understood.'],
    ['/api/v1/tables/server_health/hours?days=93', 400, '`days` is not understood.'],
    ['/api/v1/tables/server_health/hours?until=yesterday', 400, '`until` is not understood.'],
  ])('refuses %s with %i', async (path, status, message) => {
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(((await response.json()) as ApiError).error.message).toBe(message);
  });
});

describe('GET /api/v1/tables/:table/rejected', () => {
  it('is empty where nothing was rejected, then has the records by reason with their own bytes', async () => {
    const path = '/api/v1/tables/server_health/rejected';
    expect(await json<RejectedReport>(path)).toMatchObject({ recordsTotal: 0, recordsRead: 0, groups: [] });
    const { toMs } = lastSeconds(0);
    const bad = { reason: 'not_json', detail: 'Malformed JSON', valueHex: '7B00FF' };
    const late = { reason: 'event_time_out_of_range', detail: 'too old', valueHex: '7B7D' };
    await dashboard.writer.write({ fromMs: toMs, toMs }, { rejected: [bad, bad, bad, bad, late] });
    const report = await waitFor('the rejected records', 10_000, async () => {
      const found = await json<RejectedReport>(path);
      return found.recordsTotal === 5 ? found : undefined;
    });
    expect(report).toMatchObject({ table: 'server_health', rejectedTable: 'server_health_rejected', recordsRead: 5 });
    expect(report.groups.map(({ reason, records }) => [reason, records])).toEqual([
      ['not_json', 4],
      ['event_time_out_of_range', 1],
    ]);
    const [group] = report.groups;
    expect(group?.samples).toHaveLength(3);
    expect(group?.samples[0]).toMatchObject({
      partition: 0,
      detail: 'Malformed JSON',
      key: null,
      value: { sizeBytes: 3, shownBytes: 3, text: '{\\x00\\xFF', hex: '7B 00 FF' },
    });
    expect(Math.abs((group?.lastAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });
});

describe('every answer', () => {
  const PATHS = [
    '/',
    '/servers/web-0001',
    '/api/v1/servers',
    '/api/v1/pipeline',
    '/pipeline',
    '/healthz',
    '/nothing',
    '/api/v2/x',
  ];

  it.each([...PATHS, '/api/v1/events'])('lets %s load nothing from elsewhere, and nobody frame it', async (path) => {
    const response = await get(path);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|http|\*/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    await response.body?.cancel();
  });

  it('is the page at each of the page’s addresses, in the encoding that is asked for', async () => {
    for (const path of ['/', '/servers/nobody', '/pipeline', '/pipeline/server_health', '/pipeline/x/rejected']) {
      const response = await get(path, { 'accept-encoding': 'gzip' });
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(await response.text()).toContain('<div id="page">');
    }
  });

  it('may be kept for ever where its name changes with its content', async () => {
    const html = await (await get('/')).text();
    const scripts = [...html.matchAll(/"(\/assets\/page-[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(scripts).toHaveLength(2);
    for (const path of scripts) {
      expect((await get(path)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
    expect((await get('/assets/nothing.js')).status).toBe(404);
  });

  it('is never kept where it is data', async () => {
    for (const path of ['/api/v1/servers', '/api/v1/pipeline', '/api/v1/servers/nobody']) {
      expect((await get(path)).headers.get('cache-control')).toBe('no-store');
    }
  });

  it('says where there is nothing', async () => {
    const response = await get('/api/v1/nothing');
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: { code: 'USAGE', message: 'There is nothing at this address.', remedy: 'See dashboard/API.md.' },
    });
    expect((await get('/nothing')).status).toBe(404);
    expect((await fetch(`${dashboard.url}/api/v1/servers`, { method: 'POST' })).status).toBe(404);
  });

  it('refuses a name that is not this machine’s, since it listens on loopback only', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(`${dashboard.url}/api/v1/servers`, { headers: { host: 'elsewhere.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });
});
