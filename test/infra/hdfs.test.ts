import { expect, it } from 'vitest';
import { examineGiven } from '../../infra/examination.ts';
import { stackParts } from '../../infra/stack-parts.ts';
import { examineTools } from '../../infra/toolchain.ts';
import { readSettings } from '../../settings/settings.ts';

const GIVEN = {
  KAFKA_BROKERS: 'kafka:9092',
  HIVE_METASTORE_URIS: 'thrift://hive:9083',
  TEMPORAL_ADDRESS: 'temporal:7233',
};

function partsOf(lake: string): readonly string[] {
  const settings = readSettings({ ...GIVEN, SLUICE_LAKE: lake });
  return stackParts(settings, { own: [], simulatedServers: 0 }).map(({ name }) => name);
}

it('is part of the stack where the lake’s location names none, and there alone', () => {
  expect(partsOf('hdfs:///lake')).toEqual(['hdfs-namenode', 'hdfs-datanode']);
  expect(partsOf('hdfs://name:8020/lake')).toEqual([]);
  expect(partsOf('/lake')).toEqual([]);
});

it('wants Java where it is started here', () => {
  const toolsFor = (lake: string): readonly string[] =>
    examineTools(readSettings({ ...GIVEN, SLUICE_LAKE: lake }), []).map(({ what }) => what);
  expect(toolsFor('hdfs:///lake')).toContainEqual(expect.stringMatching(/^Java .* for HDFS$/));
  expect(toolsFor('hdfs://name:8020/lake')).toEqual([]);
});

it('is looked for at each NameNode that is given', async () => {
  const HDFS_WEBHDFS_URL = 'http://127.0.0.1:1,https://127.0.0.1:2/gateway';
  const checks = await examineGiven(readSettings({ SLUICE_LAKE: 'hdfs://name/lake', HDFS_WEBHDFS_URL }));
  expect(checks).toMatchObject([
    { what: 'WebHDFS at 127.0.0.1:1', ok: false, remedy: expect.stringContaining('HDFS_WEBHDFS_URL') as string },
    { what: 'WebHDFS at 127.0.0.1:2', ok: false },
  ]);
});
