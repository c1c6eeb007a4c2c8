import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { flumeAgent } from '../../infra/flume-agent.ts';
import { RunningComponent } from '../../infra/running-component.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { ensureTopic } from '../../kafka/admin.ts';
import { waitFor } from '../wait-for.ts';
import { Brokers } from './brokers.ts';
import { CollectorProcess } from './collector-process.ts';
import { readTopic, type ReceivedRecord } from './topic-reader.ts';

const SIMULATED = 20;
const INTERVAL_MS = 1000;
const READY_LIMIT_MS = 30_000;
const DRAIN_LIMIT_MS = 90_000;

let brokers: Brokers;
let running: CollectorProcess[] = [];

beforeAll(async () => {
  brokers = await Brokers.start();
});
afterAll(async () => {
  await brokers.end();
});
afterEach(async () => {
  await Promise.all(running.map((collector) => collector.end('SIGKILL')));
  running = [];
});

async function makeTopic(topic: string): Promise<void> {
  await ensureTopic(brokers.settings.kafka, {
    ...{ topic, partitions: 3, replicationFactor: 3 },
    config: { 'min.insync.replicas': '2' },
  });
}

function collect(topic: string, ...args: string[]): CollectorProcess {
  const collector = new CollectorProcess(brokers.environment, [
    '--topic',
    topic,
    '--simulate',
    `${SIMULATED}`,
    ...args,
  ]);
  running.push(collector);
  return collector;
}

async function received(topic: string): Promise<ReceivedRecord[]> {
  return readTopic(brokers.settings.kafka.brokers, topic);
}

/** Every (host, event_time) once; each host's in order, and in one partition. */
function expectOnceInOrder(records: readonly ReceivedRecord[]): void {
  const byHost = Map.groupBy(records, ({ key }) => key);
  for (const [host, own] of byHost) {
    const times = own.map(({ fields }) => fields.event_time);
    expect(times, host).toEqual([...new Set(times)].sort());
    expect(new Set(own.map(({ partition }) => partition)).size, host).toBe(1);
  }
}

/** This machine was read once an interval, all the time; a busy one is forgiven some readings, fewer than an outage would cost. */
function expectNoGap(records: readonly ReceivedRecord[]): void {
  const times = records.filter(({ key }) => key === hostname()).map(({ timestampMs }) => timestampMs);
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? NaN));
  expect(times.length).toBeGreaterThan(5);
  expect(Math.max(...steps)).toBeLessThan(5 * INTERVAL_MS);
}

test('records arrive under their host, with the columns of the table and their own time', async () => {
  await makeTopic('plain');
  const collector = collect('plain');
  await collector.line({ ready: true, component: 'collector' }, READY_LIMIT_MS);
  await sleep(6 * INTERVAL_MS); // a few readings of each host
  expect(await collector.end('SIGTERM')).toBe(0);
  const records = await received('plain');
  const stopped = await collector.line({ event: 'stopped' }, 1000);
  expect(stopped).toMatchObject({ collected: records.length, acknowledged: records.length, lost: 0, spooled: 0 });
  expectOnceInOrder(records);
  expectNoGap(records);
  expect(new Set(records.map(({ key }) => key)).size).toBe(SIMULATED + 1);
  for (const { key, fields, timestampMs } of records) {
    expect(fields.host).toBe(key);
    expect(fields.event_time).toBe(new Date(timestampMs).toISOString());
    expect(fields['simulated']).toBe(key !== hostname());
    expectColumns(fields);
  }
  const own = records.filter(({ key }) => key === hostname()).at(-1)?.fields;
  expect(own).toHaveProperty('cpu_pct');
  expect(own).toHaveProperty('disk_mount');
  expect(own).toHaveProperty('network_receive_bytes_per_s');
});

const COLUMNS = new Map(
  (
    parse(readFileSync('tables/server_health.yaml', 'utf8')) as { columns: { name: string; type: string }[] }
  ).columns.map(({ name, type }) => [name, type]),
);

function expectColumns(fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) {
    const type = COLUMNS.get(name);
    expect(type, name).toBeDefined();
    if (type === 'int' || type === 'bigint') expect(Number.isSafeInteger(value), `${name} ${String(value)}`).toBe(true);
    else if (type === 'double') expect(Number.isFinite(value), `${name} ${String(value)}`).toBe(true);
    else expect(typeof value, name).toBe(type === 'boolean' ? 'boolean' : 'string');
  }
}

test('a broker that is killed costs nothing', async () => {
  await makeTopic('failover');
  const collector = collect('failover');
  await collector.line({ ready: true }, READY_LIMIT_MS);
  await sleep(2 * INTERVAL_MS);
  for (const index of [0, 1, 2]) {
    const from = collector.lines.length;
    brokers.killOne(index);
    await collector.line({ event: 'spooling-started' }, READY_LIMIT_MS, from);
    await collector.line({ event: 'spool-drained' }, DRAIN_LIMIT_MS, from);
  }
  expect(await collector.end('SIGTERM')).toBe(0);
  const records = await received('failover');
  expect(await collector.line({ event: 'stopped' }, 1000)).toMatchObject({ collected: records.length, lost: 0 });
  expectOnceInOrder(records);
  expectNoGap(records);
});

test('all brokers killed, the collector killed meanwhile: all that was on disk arrives once and in order', async () => {
  await makeTopic('outage');
  const first = collect('outage');
  const ready = await first.line({ ready: true }, READY_LIMIT_MS);
  if (ready['spooling'] === true) await first.line({ event: 'spool-drained' }, READY_LIMIT_MS);
  await sleep(2 * INTERVAL_MS);
  const from = first.lines.length;
  await brokers.killAll();
  await first.line({ event: 'spooling-started' }, READY_LIMIT_MS, from);
  await sleep(5 * INTERVAL_MS); // some time without Kafka
  expect(await first.end('SIGKILL')).toBe('SIGKILL');
  const spool = join(brokers.home, 'spool', 'collector');
  cpSync(spool, join(brokers.home, 'spool-at-kill'), { recursive: true });
  const onDisk = spooledIn(join(brokers.home, 'spool-at-kill'));
  expect(onDisk.length).toBeGreaterThan(4 * SIMULATED);

  const second = collect('outage');
  const found = await second.line({ event: 'spool-found' }, READY_LIMIT_MS);
  expect(found['spooled_records']).toBe(onDisk.length);
  await second.line({ ready: true, spooling: true }, READY_LIMIT_MS);
  await sleep(12 * INTERVAL_MS);
  await second.line({ event: 'spooling' }, 1000);
  await brokers.startAll();
  const drained = await second.line({ event: 'spool-drained' }, DRAIN_LIMIT_MS);
  expect(drained['acknowledged']).toBeGreaterThan(onDisk.length);
  expect(await second.end('SIGTERM')).toBe(0);
  expect(readdirSync(spool)).toEqual([]);

  const records = await received('outage');
  expectOnceInOrder(records);
  const identities = new Set(records.map(({ fields }) => `${fields.host} ${fields.event_time}`));
  for (const { host, event_time } of onDisk) expect(identities).toContain(`${host} ${event_time}`);
  const stopped = await second.line({ event: 'stopped' }, 1000);
  expect(stopped).toMatchObject({ acknowledged: onDisk.length + Number(stopped['collected']), lost: 0, spooled: 0 });
  const restartedMs = Date.parse(String(found['time']));
  expectNoGap(records.filter(({ timestampMs }) => timestampMs < restartedMs));
  expectNoGap(records.filter(({ timestampMs }) => timestampMs >= restartedMs));
});

function spooledIn(folder: string): { host: string; event_time: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as { host: string; event_time: string });
}

test('without its topic it spools, says what to do, and sends all of it when the topic is there', async () => {
  const collector = collect('late');
  await collector.line({ ready: true, spooling: true }, READY_LIMIT_MS);
  const started = await collector.line({ event: 'spooling-started' }, 1000);
  expect(started['level']).toBe('warn');
  await collector.line({ event: 'spooling', reason: 'The Kafka topic "late" does not exist.' }, READY_LIMIT_MS);
  await makeTopic('late');
  await collector.line({ event: 'spool-drained' }, DRAIN_LIMIT_MS);
  expect(await collector.end('SIGTERM')).toBe(0);
  const records = await received('late');
  expect(await collector.line({ event: 'stopped' }, 1000)).toMatchObject({ collected: records.length, lost: 0 });
  expectOnceInOrder(records);
  expectNoGap(records);
});

test('a stop while Kafka is away is quick, and leaves on disk what was collected', async () => {
  const home = join(brokers.home, 'elsewhere');
  const nobody = { SLUICE_HOME: home, KAFKA_BROKERS: '127.0.0.1:1' };
  const collector = new CollectorProcess(nobody, ['--simulate', `${SIMULATED}`]);
  running.push(collector);
  const started = await collector.line({ event: 'spooling-started' }, READY_LIMIT_MS);
  expect(started['reason']).toContain('127.0.0.1:1');
  expect(started['remedy']).toContain('KAFKA_BROKERS');
  await sleep(3 * INTERVAL_MS); // a few readings
  const stoppedMs = performance.now();
  expect(await collector.end('SIGTERM')).toBe(0);
  expect(performance.now() - stoppedMs).toBeLessThan(5000);
  const stopped = await collector.line({ event: 'stopped' }, 1000);
  expect(stopped).toMatchObject({ acknowledged: 0, lost: 0, spooled: stopped['collected'] });
  expect(spooledIn(join(home, 'spool', 'collector'))).toHaveLength(Number(stopped['collected']));
});

test('a Flume agent sends the same records under the same keys and times, and keeps them while all brokers are away', async () => {
  await makeTopic('flume');
  const component = flumeAgent(brokers.settings, { topic: 'flume', simulatedServers: 2 });
  await component.prepare?.((line) => process.stderr.write(`  ${line}\n`));
  const record = new StackRecord(brokers.home);
  const agent = new RunningComponent(component, join(brokers.home, 'flume.log'), record, () => undefined);
  // The reader gives up where a partition has no leader yet.
  const arrivedAfter = async (timeMs: number): Promise<true | undefined> =>
    (await received('flume').catch(() => [])).some(({ timestampMs }) => timestampMs > timeMs) || undefined;
  await agent.start();
  try {
    await waitFor('Flume’s first records', READY_LIMIT_MS, () => arrivedAfter(0));
    await brokers.killAll();
    await sleep(4 * INTERVAL_MS); // some time without Kafka
    await brokers.startAll();
    const backAtMs = Date.now();
    await waitFor('Flume’s records since', DRAIN_LIMIT_MS, () => arrivedAfter(backAtMs + 2 * INTERVAL_MS));
  } finally {
    await agent.stop();
  }
  const records = await received('flume');
  expectOnceInOrder(records);
  expectNoGap(records);
  expect(new Set(records.map(({ key }) => key))).toEqual(new Set([hostname(), 'sim-001', 'sim-002']));
  for (const { key, fields, timestampMs } of records) {
    expect(fields.host).toBe(key);
    expect(fields.event_time).toBe(new Date(timestampMs).toISOString());
    expectColumns(fields);
  }
});

test('a second collector in the same home is refused', async () => {
  const first = collect('plain');
  await first.line({ ready: true }, READY_LIMIT_MS);
  const second = collect('plain');
  expect(await second.line({ event: 'failed' }, READY_LIMIT_MS)).toMatchObject({ level: 'error', code: 'USAGE' });
  expect(await second.ended()).toBe(2);
});
