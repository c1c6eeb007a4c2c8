import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hdfsPortsFrom } from '../settings/hdfs-settings.ts';
import { sluice } from './cli/command.ts';
import { healthRecord } from './health-records.ts';
import { type FolderReader, readThroughHive } from './hive-reader.ts';
import { describeHdfs } from './lake/storage/hdfs/hdfs-suite.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from './table-check.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { TopicWriter } from './topic-writer.ts';
import { waitFor } from './wait-for.ts';

const TOPIC = 'server-health';
const BAD_EVERY = 50;
const MESSAGES_PER_SEND = 500;

let test: TestStack;
let writer: TopicWriter;
let mark = 0;

// One start of HDFS for all that is to be seen on it: the suite uses folders beside the lake.
beforeAll(async () => {
  test = await startTestStack({ own: ['worker'], environment: { SLUICE_LAKE: 'hdfs:///lake' } });
  writer = await TopicWriter.open(test.settings.kafka.brokers, TOPIC);
});

afterAll(async () => {
  await writer.close();
  await test.stop();
});

async function writeRecords(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += MESSAGES_PER_SEND) {
    const records = Array.from({ length: MESSAGES_PER_SEND }, () => {
      mark += 1;
      return healthRecord(mark, mark % BAD_EVERY === 1);
    });
    await writer.write(Math.floor(sent / MESSAGES_PER_SEND) % 3, records);
  }
}

/** WebHDFS as any client uses it: redirections are followed. */
async function webHdfs(path: string, operation: string): Promise<Response> {
  const { webHdfs: port } = hdfsPortsFrom(test.settings.ports.hdfs);
  const answer = await fetch(
    `http://127.0.0.1:${port}/webhdfs/v1${path.split('/').map(encodeURIComponent).join('/')}?op=${operation}`,
  );
  expect(answer.ok).toBe(true);
  return answer;
}

const readHdfsFolder: FolderReader = async (location) => {
  const { lakeUri } = test.settings;
  expect(location.startsWith(`${lakeUri}/health/${TABLE}/`)).toBe(true);
  const folder = location.slice(lakeUri.length - '/lake'.length);
  const listing = (await (await webHdfs(folder, 'LISTSTATUS')).json()) as {
    FileStatuses: { FileStatus: { pathSuffix: string }[] };
  };
  const names = listing.FileStatuses.FileStatus.map(({ pathSuffix }) => pathSuffix);
  return Promise.all(
    names.map(async (name) => new Uint8Array(await (await webHdfs(`${folder}/${name}`, 'OPEN')).arrayBuffer())),
  );
};

async function expectHiveReader(): Promise<void> {
  const expected = new Map(
    [...writer.written].flatMap(([position, { rejectedFor, mark: value }]) =>
      rejectedFor === undefined ? [[position, value] as const] : [],
    ),
  );
  const found = await waitFor('Hive to hold every row', 90_000, async () => {
    const rows = await readThroughHive(test.settings, readHdfsFolder);
    return rows.size === expected.size ? rows : undefined;
  });
  expect(found).toEqual(expected);
}

describe('the main job on a lake in HDFS', () => {
  it('has each of 4,000 records once, also after kill -9 of the worker in the midst of it', async () => {
    await writeRecords(2_000);
    await waitUntilCommitted(test.settings, writer.written, 120_000);
    await writeRecords(1_000);
    test.stack.component('worker').kill('SIGKILL');
    await writeRecords(1_000);
    await waitUntilCommitted(test.settings, writer.written, 180_000);
    expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
  });

  it('is read alike by a plain Parquet reader that follows the metastore’s hdfs: partitions', expectHiveReader);

  it('passes its audit, and is read by the command line', async () => {
    const audit = await sluice(test.environment, ['audit', TABLE, '--json']);
    expect(audit).toMatchObject({ exitCode: 0, errors: '' });
    const count = await sluice(test.environment, ['sql', '--json', `select count(*) as rows from ${TABLE}`]);
    const good = [...writer.written.values()].filter(({ rejectedFor }) => rejectedFor === undefined);
    expect(JSON.parse(count.output)).toEqual([{ rows: String(good.length) }]);
  });
});

describeHdfs(() => ({ home: test.settings.home, firstPort: test.settings.ports.hdfs }));
