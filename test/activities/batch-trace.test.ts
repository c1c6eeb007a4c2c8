import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, it, onTestFinished, vi } from 'vitest';
import { BatchTrace, inSpan } from '../../activities/batch-trace.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { BatchPlan, BatchSeal } from '../../plans/batch.ts';
import { tracesSettings } from '../../settings/traces-settings.ts';
import { startTraces } from '../../workers/traces.ts';

/** Of OTLP's JSON what is looked at (opentelemetry-proto, ExportTraceServiceRequest). */
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code?: number; readonly message?: string };
}
interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** The receiving end of OTLP over HTTP, as a collector has it. */
async function startReceiver(): Promise<{ url: string; requests: OtlpRequest[] }> {
  const requests: OtlpRequest[] = [];
  const take = async (request: IncomingMessage): Promise<void> => {
    if (request.url === '/v1/traces') requests.push((await json(request)) as OtlpRequest);
  };
  const server = createServer((request, response) => {
    void take(request).then(() => response.setHeader('content-type', 'application/json').end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const FILE = { path: 'data/x', partitionValues: {}, sizeBytes: 30, rows: 7, stats: '{}' };
const PLAN = { sequence: 7, revision: 0, plannedAtMs: 1_000 } as BatchPlan;
const SEAL = {
  revision: 1,
  attempt: 'abc',
  rows: 7,
  rejectedRows: 2,
  files: [FILE],
  rejectedFiles: [FILE],
} as unknown as BatchSeal;
const valueOf = (attributes: OtlpSpan['attributes'], name: string): unknown =>
  Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0];

it('loads nothing and makes no span where the environment names no receiver', async () => {
  for (const [env, isWanted] of [
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'TRUE' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_TRACES_EXPORTER: 'none' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }, true],
  ] as const) {
    expect(tracesSettings(env), JSON.stringify(env)).toEqual({ isWanted });
  }
  const end = await startTraces('worker', { isWanted: false });
  const trace = new BatchTrace('t', PLAN, 1_000);
  expect(
    await trace.during(() => inSpan('write', { table: 't', ...SEAL, sequence: 7 }, () => Promise.resolve(5))),
  ).toBe(5);
  trace.committed(SEAL, 3);
  trace.publishing()();
  await end();
});

it('sends a trace of each batch to where the environment says, with a span of each step', async () => {
  const { url, requests } = await startReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
  onTestFinished(() => void vi.unstubAllEnvs());
  const end = await startTraces('worker', tracesSettings(process.env));
  const startedAtMs = Date.now() - 500;
  const step = { table: 't', sequence: 7, revision: 1, attempt: 'abc' };
  const good = new BatchTrace('t', { ...PLAN, plannedAtMs: startedAtMs }, startedAtMs);
  await good.during(async () => {
    await inSpan('write', step, () => Promise.resolve());
    await inSpan('seal', step, () => Promise.resolve());
  });
  await good.during(() => inSpan('commit', step, () => Promise.resolve()));
  good.committed(SEAL, 3);
  good.publishing()();
  const bad = new BatchTrace('t', { ...PLAN, sequence: 8 }, startedAtMs);
  const failure = new SluiceError('ENGINE_FAILED', 'no memory');
  await expect(bad.during(() => inSpan('write', step, () => Promise.reject(failure)))).rejects.toBe(failure);
  await inSpan('write', step, () => Promise.resolve());
  await end();

  const sent = requests.flatMap(({ resourceSpans }) => resourceSpans);
  expect(sent.map(({ resource }) => valueOf(resource.attributes, 'service.name'))).toEqual(['sluice-worker']);
  const spans = sent.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const roots = spans.filter(({ name }) => name === 'batch');
  expect(roots.map(({ attributes }) => Number(valueOf(attributes, 'sluice.sequence')))).toEqual([7, 8]);
  const [whole, broken] = roots.map(({ traceId, spanId }) =>
    spans.filter((span) => span.traceId === traceId && span.parentSpanId === spanId),
  );
  expect(whole?.map(({ name }) => name).sort()).toEqual(['commit', 'plan', 'publish', 'seal', 'write']);
  expect(broken?.map(({ name, status }) => [name, status.code ?? 0, status.message])).toEqual([
    ['plan', 0, undefined],
    ['write', 2, 'no memory'],
  ]);
  const [root] = roots;
  expect(BigInt(root?.startTimeUnixNano ?? 0)).toBe(BigInt(startedAtMs) * 1_000_000n);
  const wanted = { table: 't', revision: 1, attempt: 'abc', rows: 7, rejected: 2, bytes: 60, version: 3 };
  for (const [name, value] of Object.entries(wanted)) {
    expect(String(valueOf(root?.attributes ?? [], `sluice.${name}`)), name).toBe(String(value));
  }
  expect(spans).toHaveLength(9);
});
