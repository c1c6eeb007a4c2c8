import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiError, PipelineReport, Series, ServerDetail, ServerSummary } from '../../../dashboard/api/wire.ts';
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
    await writer.write({ fromMs, toMs: toMs - 60_000 });
    const figures = { [writer.host(1)]: { memory_pct: 97.2 } };
    await writer.write({ fromMs: toMs - 59_000, toMs }, { figures, without: [writer.host(2)] });
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

describe('every answer', () => {
  const PATHS = ['/', '/servers/web-0001', '/api/v1/servers', '/api/v1/pipeline', '/healthz', '/nothing', '/api/v2/x'];

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
    for (const path of ['/', '/servers/web-0001', '/servers/nobody']) {
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
