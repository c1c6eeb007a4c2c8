import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hdfsPortsFrom } from '../settings/hdfs-settings.ts';
import { sluice } from './cli/command.ts';
import { HealthLoad } from './health-load.ts';
import type { FolderReader } from './hive-reader.ts';
import { describeHdfs } from './lake/storage/hdfs/hdfs-suite.ts';
import { expectOnceThoughKilled, expectReadThroughHive } from './main-job-steps.ts';
import { TABLE } from './table-check.ts';
import { startTestStack, type TestStack } from './test-stack.ts';

const TOPIC = 'server-health';
const LOAD = { badEvery: 50, messagesPerSend: 500, partitions: 3 };

let test: TestStack;
let load: HealthLoad;

// One start of HDFS for all that is to be seen on it: the suite uses folders beside the lake.
beforeAll(async () => {
  test = await startTestStack({ own: ['worker'], environment: { SLUICE_LAKE: 'hdfs:///lake' } });
  load = await HealthLoad.open(test.settings.kafka.brokers, TOPIC, LOAD);
});

afterAll(async () => {
  await load.close();
  await test.stop();
});

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

describe('the main job on a lake in HDFS', () => {
  it('has each of 4,000 records once, also after kill -9 of the worker in the midst of it', async () => {
    await expectOnceThoughKilled(test, load, [2_000, 1_000, 1_000], 120_000);
  });

  it('is read alike by a plain Parquet reader that follows the metastore’s hdfs: partitions', async () => {
    await expectReadThroughHive(test, load, 90_000, readHdfsFolder);
  });

  it('passes its audit, and is read by the command line', async () => {
    const audit = await sluice(test.environment, ['audit', TABLE, '--json']);
    expect(audit).toMatchObject({ exitCode: 0, errors: '' });
    const count = await sluice(test.environment, ['sql', '--json', `select count(*) as rows from ${TABLE}`]);
    expect(JSON.parse(count.output)).toEqual([{ rows: String(load.rows.size) }]);
  });
});

describeHdfs(() => ({ home: test.settings.home, firstPort: test.settings.ports.hdfs }));
