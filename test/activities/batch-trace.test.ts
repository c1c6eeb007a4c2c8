import { expect, it, onTestFinished, vi } from 'vitest';
import { BatchTrace, inSpan } from '../../activities/batch-trace.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { BatchPlan, BatchSeal } from '../../plans/batch.ts';
import { tracesSettings } from '../../settings/traces-settings.ts';
import { startTraces } from '../../workers/traces.ts';
import { OtlpReceiver, valueOf } from '../otlp-receiver.ts';

const FILE = { path: 'data/x', partitionValues: {}, sizeBytes: 30, rows: 7, stats: '{}' };
const PLAN = { sequence: 7, revision: 0, plannedAtMs: 1_000 } as BatchPlan;
const SEAL = {
  revision: 1,
  attempt: 'abc',
  rows: 7,
  rejectedRows: 2,
  files: [FILE],
  rejectedFiles: [FILE],
  archiveFiles: [FILE],
} as unknown as BatchSeal;

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
  const receiver = await OtlpReceiver.start();
  onTestFinished(() => receiver.stop());
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
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

  expect(receiver.services).toEqual(['sluice-worker']);
  const { spans } = receiver;
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
  const wanted = { table: 't', revision: 1, attempt: 'abc', rows: 7, rejected: 2, bytes: 90, version: 3 };
  for (const [name, value] of Object.entries(wanted)) {
    expect(String(valueOf(root?.attributes ?? [], `sluice.${name}`)), name).toBe(String(value));
  }
  expect(spans).toHaveLength(9);
});
