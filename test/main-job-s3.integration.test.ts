import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payload } from '@temporalio/common';
import protocol from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openToken } from '../dashboard/access/token.ts';
import { connectTemporal } from '../temporal/client.ts';
import { sluice } from './cli/command.ts';
import { deltaRows } from './delta-reader.ts';
import { HealthLoad } from './health-load.ts';
import { filesBelow } from './files-below.ts';
import type { FolderReader } from './hive-reader.ts';
import { expectOnceThoughKilled, expectReadThroughHive } from './main-job-steps.ts';
import { BUCKET, ENVIRONMENT, LocalS3, SECRET } from './lake/storage/s3/local-s3.ts';
import { payloadsOf } from './history-payloads.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from './table-check.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { waitFor } from './wait-for.ts';

const TOPIC = 'server-health';
const PREFIX = 'lakes/main';
const LOAD = { badEvery: 50, messagesPerSend: 500, partitions: 3 };
/** Who pauses: it is in the workflow's history, where nobody may read it without the key. */
const PERSON = 'Planted Person';
/** What is wrong on purpose, and must not be repeated. */
const SASL_PASSWORD = 'planted-sasl-password-9f3c';
const API_KEY = 'planted-temporal-api-key-77ab';
const PAYLOAD_KEY = randomBytes(32).toString('base64');

let s3: LocalS3;
let test: TestStack;
let load: HealthLoad;
/** Outside the home, as an operator's secrets are. */
const secrets = mkdtempSync(join(tmpdir(), 'sluice-test-'));

beforeAll(async () => {
  s3 = await LocalS3.start();
  // As an operator would: credentials in the environment, from where every part takes them by itself.
  for (const [name, value] of Object.entries({ ...ENVIRONMENT, AWS_ENDPOINT_URL_S3: s3.url })) vi.stubEnv(name, value);
  test = await startTestStack({
    own: ['worker', 'background', 'dashboard'],
    environment: {
      SLUICE_LAKE: `s3://${BUCKET}/${PREFIX}`,
      AWS_ENDPOINT_URL_S3: s3.url,
      SLUICE_PAYLOAD_KEYS_FILE: secretFile('keys', `test-key ${PAYLOAD_KEY}`),
    },
  });
  load = await HealthLoad.open(test.settings.kafka.brokers, TOPIC, LOAD);
});

afterAll(async () => {
  await load.close();
  await test.stop();
  await s3.stop();
  vi.unstubAllEnvs();
  rmSync(secrets, { recursive: true });
});

function secretFile(name: string, text: string): string {
  const file = join(secrets, name);
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

/** As Temporal's web UI asks its codec server. */
async function decodedByDashboard(payloads: readonly Payload[]): Promise<string> {
  const { output } = await sluice(test.environment, ['dashboard', '--codec']);
  const { Payloads } = protocol.temporal.api.common.v1;
  const message = Payloads.create({ payloads: [...payloads] });
  const body = JSON.stringify(Payloads.toObject(message, { bytes: String }));
  const origin = new URL(test.settings.temporal.uiUrl).origin;
  const headers = { 'content-type': 'application/json', 'x-namespace': 'default', origin };
  const answer = await fetch(`${output.trim()}/decode`, { method: 'POST', headers, body });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
  const decoded = (await answer.json()) as { payloads: { data?: string }[] };
  expect(decoded.payloads).toHaveLength(payloads.length);
  return decoded.payloads.map(({ data = '' }) => Buffer.from(data, 'base64').toString()).join('\n');
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

async function expectDeltaReader(): Promise<void> {
  const rows = await deltaRows(`${test.settings.lakeUri}/health/${TABLE}`, test.settings.cacheFolder, {
    ...ENVIRONMENT,
    aws_endpoint: s3.url,
    aws_allow_http: 'true',
  });
  const { rows: expected } = load;
  expect(rows).toEqual({
    rows: expected.size,
    positions: expected.size,
    marks: sumOf([...expected.values()]),
  });
}

const readS3Folder: FolderReader = async (location) => {
  const prefix = `s3a://${BUCKET}/`;
  expect(location.startsWith(`${prefix}${PREFIX}/`)).toBe(true);
  return [...(await s3.objects(`${location.slice(prefix.length)}/`)).values()];
};

async function expectHiveReader(): Promise<void> {
  await expectReadThroughHive(test, load, 90_000, readS3Folder);
}

describe('the main job on a lake in S3', () => {
  it('has each of 9,000 records once, also after kill -9 of the worker in the midst of it', async () => {
    await expectOnceThoughKilled(test, load, [3_000, 3_000, 3_000], 120_000);
  });

  it('is read alike by deltalake, which knows only the log', expectDeltaReader);

  it('is read alike by a plain Parquet reader that follows the metastore’s partitions', expectHiveReader);

  it('is compacted, each row once for every reader', async () => {
    const file = join(test.settings.tablesFolder, `${TABLE}.yaml`);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/min_files: \d+/, 'min_files: 4'));
    for (let batch = 0; batch < 10; batch += 1) {
      await load.write(LOAD.messagesPerSend);
      await waitUntilCommitted(test.settings, load.written, 60_000);
    }
    const compacted = await sluice(test.environment, ['compact', TABLE, '--json']);
    expect(JSON.parse(compacted.output)).toMatchObject({
      rewrites: expect.toSatisfy((rewrites: number) => rewrites > 0) as number,
    });
    expect(await compareTables(test.settings, load.written)).toEqual(NO_DIFFERENCES);
    await expectDeltaReader();
    await expectHiveReader();
  });

  it('is read by the command line and the dashboard', async () => {
    const count = await sluice(test.environment, ['sql', '--json', `select count(*) as rows from ${TABLE}`]);
    expect(JSON.parse(count.output)).toEqual([{ rows: String(load.rows.size) }]);
    const servers = await waitFor('the dashboard to show servers', 30_000, async () => {
      const answer = await fetch(`http://127.0.0.1:${test.settings.ports.dashboard}/api/v1/servers`);
      const { servers: shown } = (await answer.json()) as { servers: unknown[] };
      return shown.length > 0 ? shown : undefined;
    });
    expect(servers.length).toBeGreaterThan(0);
  });

  it('lets Temporal store nothing that can be read without the key', async () => {
    const { text: token } = await openToken(test.settings.dashboard);
    const act = (action: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${test.settings.ports.dashboard}/api/v1/actions/${action}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ table: TABLE, by: PERSON }),
      });
    const paused = await act('pause');
    expect(await paused.json()).toMatchObject({ recorded: true, result: { state: 'Paused' } });
    const status = await sluice(test.environment, ['status', '--json']);
    expect(JSON.parse(status.output)).toMatchObject({
      tables: [{ ingest: { reason: expect.stringContaining(PERSON) as string } }],
    });
    const resumed = await sluice(test.environment, ['resume', TABLE, '--json']);
    expect(JSON.parse(resumed.output)).toMatchObject({ state: 'Running' });
    const client = await connectTemporal(test.settings);
    const stored = await payloadsOf(client);
    await client.connection.close();
    expect(stored.clear).toContain(PERSON);
    expect(stored.raw.length).toBeGreaterThan(1_000);
    expect(stored.raw).not.toContain(PERSON);
    expect(stored.unencrypted).toEqual([]);
    expect(await decodedByDashboard(stored.payloads)).toContain(PERSON);
    for (const [path, bytes] of filesBelow(join(test.settings.home, 'temporal'))) {
      expect(bytes.includes(PERSON), path).toBe(false);
    }
  });

  it.each([
    ['another key of the same id', `test-key ${randomBytes(32).toString('base64')}`],
    ['a key that the workers do not have', `new-key ${randomBytes(32).toString('base64')}`],
  ])('tells who has %s, and is not held up by it', async (_, keys) => {
    const wrong = { ...test.environment, SLUICE_PAYLOAD_KEYS_FILE: secretFile('wrong', keys) };
    for (const command of [['status'], ['pause', TABLE]]) {
      const { exitCode, errors } = await sluice(wrong, [...command, '--json']);
      expect(exitCode).toBe(1);
      expect(JSON.parse(errors)).toMatchObject({
        error: { code: 'PAYLOAD_UNREADABLE', message: expect.stringContaining('"test-key"') as string },
      });
    }
    await load.write(LOAD.messagesPerSend);
    await waitUntilCommitted(test.settings, load.written, 60_000);
  });

  it('keeps its secrets to itself: in files, logs, histories, reports and errors', async () => {
    const status = await sluice(test.environment, ['status', '--json']);
    expect(JSON.parse(status.output)).toMatchObject({
      tables: [{ location: `s3://${BUCKET}/${PREFIX}/health/${TABLE}`, rows: load.rows.size }],
    });
    const { text: token } = await openToken(test.settings.dashboard);
    const planted = { SECRET, SASL_PASSWORD, API_KEY, PAYLOAD_KEY, token };
    const reveals = (bytes: Buffer | string): string[] =>
      Object.entries(planted).flatMap(([name, secret]) => (bytes.includes(secret) ? [name] : []));
    const wrongKey = { ...test.environment, AWS_SECRET_ACCESS_KEY: `${SECRET}x` };
    const tables = await sluice(wrongKey, ['tables', '--json']);
    const refused = await sluice(wrongKey, ['sql', '--json', `select 1 from ${TABLE}`]);
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.errors)).toMatchObject({ error: { code: 'LAKE_NOT_WRITABLE' } });
    const wrongLogIn = {
      ...test.environment,
      KAFKA_SASL_MECHANISM: 'PLAIN',
      KAFKA_SASL_USERNAME: 'sluice',
      KAFKA_SASL_PASSWORD: SASL_PASSWORD,
      TEMPORAL_API_KEY: API_KEY,
    };
    const failing = await Promise.all(
      [['status'], ['status', '--json'], ['pause', TABLE], ['audit', TABLE]].map((command) =>
        sluice(wrongLogIn, command),
      ),
    );
    expect(failing.map(({ output, errors }) => output + errors).join('\n')).toMatch(/Kafka[\s\S]*Temporal/);
    const said = [status, tables, refused, ...failing].map(({ output, errors }) => output + errors).join('\n');
    expect(reveals(said)).toEqual([]);

    const client = await connectTemporal(test.settings);
    expect(reveals((await payloadsOf(client)).clear)).toEqual([]);
    await client.connection.close();
    const objects = await s3.objects('');
    expect(objects.size).toBeGreaterThan(20);
    for (const [key, bytes] of objects) expect(reveals(Buffer.from(bytes)), key).toEqual([]);
    const files = filesBelow(test.settings.home).filter(([path]) => path !== test.settings.dashboard.token.file);
    for (const [path, bytes] of files) expect(reveals(bytes), path).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
    expect(readFileSync(test.settings.dashboard.token.file, 'utf8')).toContain(token);
  });
});
