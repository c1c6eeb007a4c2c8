import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowBundle } from '../workers/workflow-bundle.ts';
import { drainUpdate, ingestWorkflowId, pauseUpdate, resumeUpdate, statusQuery } from '../workflows/ingest-protocol.ts';
import { HealthLoad } from './health-load.ts';
import { deltaRows } from './delta-reader.ts';
import { readThroughHive } from './hive-reader.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from './table-check.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { OtlpReceiver, type OtlpSpan, valueOf } from './otlp-receiver.ts';
import { waitFor } from './wait-for.ts';

const TOPIC = 'server-health';
const RECORDS = 100_000;
const LOAD = { badEvery: 100, messagesPerSend: 2_000, partitions: 3 };

/** Of a batch, as traces name them. */
const STEPS = ['commit', 'plan', 'publish', 'seal', 'write'];

let test: TestStack;
let load: HealthLoad;
let client: Client;
let traces: OtlpReceiver;

beforeAll(async () => {
  traces = await OtlpReceiver.start();
  test = await startTestStack({ own: ['worker'], environment: { OTEL_EXPORTER_OTLP_ENDPOINT: traces.url } });
  load = await HealthLoad.open(test.settings.kafka.brokers, TOPIC, LOAD);
  client = new Client({ connection: await Connection.connect({ address: test.settings.temporal.address }) });
});

afterAll(async () => {
  await client.connection.close();
  await load.close();
  await test.stop();
  traces.stop();
});

describe('the main job on the real stack', () => {
  it('has each of 100,000 records once, in the table or with its reason in the rejected table', async () => {
    await load.write(RECORDS);
    const bad = [...load.written.values()].filter((record) => record.rejectedFor !== undefined);
    expect(bad).toHaveLength(RECORDS / LOAD.badEvery);
    expect(new Set(bad.map((record) => record.rejectedFor)).size).toBeGreaterThanOrEqual(8);
    await waitUntilCommitted(test.settings, load.written, 120_000);
    expect(await compareTables(test.settings, load.written)).toEqual(NO_DIFFERENCES);
  });

  it('has told a collector of traces of each batch, from its plan until Hive shows it', async () => {
    const whole = await waitFor('the trace of a batch to Hive', 60_000, () => {
      const { spans } = traces;
      const below = (root: OtlpSpan): OtlpSpan[] =>
        spans.filter(({ traceId, parentSpanId }) => traceId === root.traceId && parentSpanId === root.spanId);
      const batches = spans.filter(({ name }) => name === 'batch').map((root) => ({ root, steps: below(root) }));
      return Promise.resolve(
        batches.find(({ steps }) => steps.length === STEPS.length && steps.some(({ name }) => name === 'publish')),
      );
    });
    const { root, steps } = whole;
    expect(new Set(traces.services)).toEqual(new Set(['sluice-worker']));
    expect(steps.map(({ name }) => name).sort()).toEqual(STEPS);
    const told = (span: OtlpSpan | undefined, name: string): unknown =>
      valueOf(span?.attributes ?? [], `sluice.${name}`);
    expect(told(root, 'table')).toBe(TABLE);
    const write = steps.find(({ name }) => name === 'write');
    for (const name of ['table', 'sequence', 'attempt']) expect(told(write, name), name).toEqual(told(root, name));
    expect(Number(told(root, 'sequence'))).toBeGreaterThan(0);
    expect(told(root, 'attempt')).toMatch(/./);
    expect(Number(told(root, 'rows')) + Number(told(root, 'rejected'))).toBeGreaterThan(0);
    const at = (step: string): bigint => BigInt(steps.find(({ name }) => name === step)?.endTimeUnixNano ?? 0);
    expect(at('plan') <= at('write') && at('write') <= at('commit') && at('commit') <= at('publish')).toBe(true);
  });

  it('is read alike by deltalake, which knows only the log', async () => {
    const { rows: good } = load;
    const rows = await deltaRows(
      join(fileURLToPath(test.settings.lakeUri), 'health', TABLE),
      test.settings.cacheFolder,
    );
    expect(rows).toEqual({
      rows: good.size,
      positions: good.size,
      marks: sumOf([...good.values()]),
    });
  });

  it('is read alike by a plain Parquet reader that follows the metastore’s partitions', async () => {
    const { rows: good } = load;
    const found = await waitFor('Hive to hold every row', 60_000, async () => {
      const rows = await readThroughHive(test.settings);
      return rows.size === good.size ? rows : undefined;
    });
    expect(sumOf([...found.values()])).toBe(sumOf([...good.values()]));
    expect([...found.keys()].every((position) => good.has(position))).toBe(true);
  });

  it('pauses, resumes and drains when it is told to, and refuses what makes no sense', async () => {
    const handle = client.workflow.getHandle(ingestWorkflowId(TABLE));
    await expect(handle.executeUpdate(resumeUpdate, { args: ['tester'] })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('Running already') as string },
    });
    expect((await handle.executeUpdate(pauseUpdate, { args: ['tester'] })).state).toBe('Paused');
    const before = await handle.query(statusQuery);
    await load.write(3_000);
    await handle.executeUpdate(drainUpdate, { args: ['tester'] });
    await waitFor('the drained table to pause', 60_000, async () => {
      const { state, reason } = await handle.query(statusQuery);
      return (state === 'Paused' && reason.startsWith('Drained')) || undefined;
    });
    expect(before.state).toBe('Paused');
    expect(await compareTables(test.settings, load.written)).toEqual(NO_DIFFERENCES);
    expect((await handle.executeUpdate(resumeUpdate, { args: ['tester'] })).state).toBe('Running');
  });

  it.each([
    ['the worker', 'worker'],
    ['a broker', 'kafka-2'],
    ['the metastore', 'metastore'],
    ['Temporal', 'temporal'],
  ])('has no gap and no duplicate after kill -9 of %s under load', async (_, name) => {
    await load.write(2_000);
    test.stack.component(name).kill('SIGKILL');
    await load.write(4_000);
    await waitUntilCommitted(test.settings, load.written, 180_000);
    expect(await compareTables(test.settings, load.written)).toEqual(NO_DIFFERENCES);
  });

  it('publishes to Hive all that was committed while the metastore was away', async () => {
    const good = [...load.written.values()].filter((record) => record.rejectedFor === undefined);
    await waitFor('Hive to catch up', 120_000, async () =>
      (await readThroughHive(test.settings)).size === good.length ? true : undefined,
    );
  });

  it('replays its own history', async () => {
    const history = await client.workflow.getHandle(ingestWorkflowId(TABLE)).fetchHistory();
    const bundle = await workflowBundle(test.settings.cacheFolder);
    await Worker.runReplayHistory({ workflowBundle: bundle }, history, ingestWorkflowId(TABLE));
  });
});

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
