import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SluiceError } from '../../../errors/sluice-error.ts';
import { newTable } from '../../../lake/hive/hive-table.ts';
import { HiveMetastore } from '../../../lake/hive/metastore.ts';
import { HivePublisher } from '../../../lake/hive/publisher.ts';
import { FileStorage } from '../../../lake/storage/file/file-storage.ts';
import type { LiveFile } from '../../../plans/publication.ts';
import type { TableShape } from '../../../plans/table-shape.ts';
import { dropTable } from './drop-table.ts';
import { MetastoreProxy } from './metastore-proxy.ts';
import { freePort, MetastoreServer } from './metastore-server.ts';

/** The first start on a machine fetches the metastore's jars. */
const START_LIMIT_MS = 600_000;
const READING = /^get_/;
const HOUR_5 = 'dt=2026-11-23/hour=5';
const HOUR_6 = 'dt=2026-11-23/hour=6';

let home: string;
let server: MetastoreServer;
let proxy: MetastoreProxy;
let metastore: HiveMetastore;
let storage: FileStorage;
let lake: string;
let shape: TableShape;
let publisher: HivePublisher;

const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-hive-'));
  cleanUps.push(() => rm(home, { recursive: true, force: true }));
  server = new MetastoreServer(join(home, 'metastore'), await freePort());
  cleanUps.push(() => server.kill());
  await server.start();
  proxy = await MetastoreProxy.create(server.endpoint);
  cleanUps.push(() => proxy.close());
}, START_LIMIT_MS);

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

beforeEach(() => {
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  shape = shapeOf(`health_${id}`);
  lake = join(home, `a lake of 100% ${id}`);
  storage = new FileStorage(pathToFileURL(lake).href);
  metastore = new HiveMetastore({ endpoints: [proxy.endpoint], callTimeoutMs: 30_000 });
  publisher = new HivePublisher({ metastore, storage, shape });
  proxy.takeCalls();
});

afterEach(() => metastore.close());

function shapeOf(database: string): TableShape {
  return {
    database,
    table: 'server_health',
    path: `${database}/server_health`,
    columns: [
      { name: 'host', type: 'string', required: true },
      { name: 'simulated', type: 'boolean', required: false },
      { name: 'cores', type: 'int', required: false },
      { name: 'uptime_s', type: 'bigint', required: false },
      { name: 'cpu_pct', type: 'double', required: false },
      { name: 'event_time', type: 'timestamp', required: true },
      { name: 'installed', type: 'date', required: false },
      { name: 'record_value', type: 'binary', required: false },
    ],
    partitionColumns: [
      { name: 'dt', type: 'date', required: true },
      { name: 'hour', type: 'int', required: true },
    ],
  };
}

/** A file that is in the lake, as its log entry has it. */
async function written(path: string, hour = '5'): Promise<LiveFile> {
  const file = join(lake, shape.path, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `the rows of ${path}`);
  return { path, partitionValues: { dt: '2026-11-23', hour } };
}

function batch(sequence: number, hour = '5'): Promise<LiveFile> {
  return written(`data/b${String(sequence).padStart(10, '0')}-0-0-a1-0.parquet`, hour);
}

function valuesOf(files: readonly LiveFile[]): LiveFile['partitionValues'][] {
  return files.map(({ partitionValues }) => partitionValues);
}

async function publish(files: readonly LiveFile[], version: number, by = publisher): ReturnType<typeof by.publish> {
  return by.publish({ files, partitions: valuesOf(files), afterVersion: version - 1, version });
}

/** Each partition's files as a Hive reader finds them: by the metastore's LOCATION, which is a path as it stands. */
async function readAsHive(): Promise<Record<string, string[]>> {
  const names = await metastore.getPartitionNames(shape.database, shape.table);
  const partitions = await metastore.getPartitionsByNames(shape.database, shape.table, names);
  const found: Record<string, string[]> = {};
  for (const partition of partitions) {
    const folder = partition.sd?.location?.replace(/^file:/, '') ?? '';
    const files = (await readdir(folder)).sort();
    found[`dt=${partition.values?.join('/hour=') ?? ''}`] = [folder.slice(folder.lastIndexOf('/') + 1), ...files];
  }
  return found;
}

describe('the table', () => {
  it('is created once, external, partitioned and Parquet, with Hive’s own types', async () => {
    expect(await publisher.published()).toBeUndefined();
    expect(await publisher.ensureTable()).toEqual({ created: true, changedColumns: [] });
    expect(await publisher.ensureTable()).toEqual({ created: false, changedColumns: [] });
    const table = await metastore.getTable(shape.database, shape.table);
    expect(table).toMatchObject({ tableType: 'EXTERNAL_TABLE', parameters: { EXTERNAL: 'TRUE' } });
    expect(table?.sd).toMatchObject({ location: `file:${lake}/${shape.path}` });
    expect(table?.sd?.serdeInfo?.serializationLib).toContain('ParquetHiveSerDe');
    expect(table?.sd?.cols?.map(({ name, type }) => `${name ?? ''} ${type ?? ''}`)).toEqual(
      shape.columns.map(({ name, type }) => `${name} ${type}`),
    );
    expect(table?.partitionKeys).toMatchObject([
      { name: 'dt', type: 'date' },
      { name: 'hour', type: 'int' },
    ]);
    expect(await publisher.publishedVersion()).toBe(-1);
  });

  it('is created once by publishers that start together', async () => {
    const metastores = [0, 1, 2, 3].map(() => new HiveMetastore({ endpoints: [server.endpoint] }));
    const publishers = metastores.map((own) => new HivePublisher({ metastore: own, storage, shape }));
    const results = await Promise.all(publishers.map((one) => one.ensureTable()));
    for (const own of metastores) own.close();
    expect(results.filter(({ created }) => created)).toHaveLength(1);
  });

  it('gains new columns, and so does each partition when it is next looked at', async () => {
    const old = [await batch(1), await batch(2, '6')];
    await publish(old, 0);
    const wider = {
      ...shape,
      columns: [...shape.columns, { name: 'load_1', type: 'double', required: false } as const],
    };
    const upgraded = new HivePublisher({ metastore, storage, shape: wider });
    expect(await upgraded.ensureTable()).toEqual({ created: false, changedColumns: ['load_1'] });
    const appended = [await batch(3), ...old.slice(0, 1)];
    expect(await publish(appended, 1, upgraded)).toMatchObject({ altered: [HOUR_5], publishedVersion: 1 });
    expect(await upgraded.reconcile([...appended, ...old.slice(1)], 1)).toMatchObject({ altered: [HOUR_6] });
    const partitions = await metastore.getPartitionsByNames(shape.database, shape.table, [HOUR_5, HOUR_6]);
    expect(partitions.map(({ sd }) => sd?.cols?.at(-1)?.name)).toEqual(['load_1', 'load_1']);
    // One that does not know the column yet takes nothing away.
    expect(await publisher.ensureTable()).toEqual({ created: false, changedColumns: [] });
    expect((await metastore.getTable(shape.database, shape.table))?.sd?.cols).toHaveLength(wider.columns.length);
  });

  it.each([
    ['another location', { path: 'elsewhere/server_health' }, 'its location is'],
    [
      'another type',
      { columns: [{ name: 'host', type: 'int', required: true } as const] },
      'its column host is of type int',
    ],
    [
      'other partitions',
      { partitionColumns: [{ name: 'dt', type: 'date', required: true } as const] },
      'it is partitioned by (dt date)',
    ],
  ])('is refused where one of that name has %s', async (_, other, reason) => {
    await new HivePublisher({ metastore, storage, shape: { ...shape, ...other } }).ensureTable();
    const refusal = {
      code: 'METASTORE_REFUSED',
      message: expect.stringContaining(reason) as string,
      remedy: expect.stringContaining('Drop or rename it in Hive') as string,
    };
    await expect(publisher.ensureTable()).rejects.toMatchObject(refusal);
    await expect(publish([await batch(1)], 0)).rejects.toMatchObject(refusal);
  });

  it('made by hand is taken over as it is', async () => {
    const { parameters, ...byHand } = newTable(shape, `file:${lake}/${shape.path}`);
    expect(parameters?.['sluice.alterations']).toBe('0');
    await metastore.createDatabase({ name: shape.database, description: '', parameters: {} });
    await metastore.createTable({ ...byHand, parameters: { EXTERNAL: 'TRUE', owner_team: 'capacity' } });
    expect(await publish([await batch(1)], 0)).toMatchObject({ added: [HOUR_5], publishedVersion: 0 });
    expect(await publish([await batch(1), await batch(2)], 1)).toMatchObject({ added: [], publishedVersion: 1 });
    const after = await metastore.getTable(shape.database, shape.table);
    expect(after?.parameters).toMatchObject({ owner_team: 'capacity', 'sluice.alterations': '2' });
  });
});

describe('a publication', () => {
  it('shows Hive a partition’s files, and the same again without a call that writes', async () => {
    const files = [await batch(7), await batch(8), await batch(8, '6')];
    const before = Date.now();
    expect(await publish(files, 0)).toMatchObject({ linked: 3, added: [HOUR_5, HOUR_6], altered: [], dropped: [] });
    expect(await readAsHive()).toEqual({
      [HOUR_5]: ['g0-h7', 'b0000000007-0-0-a1-0.parquet', 'b0000000008-0-0-a1-0.parquet'],
      [HOUR_6]: ['g0-h8', 'b0000000008-0-0-a1-0.parquet'],
    });
    const state = await publisher.published();
    expect(state?.version).toBe(0);
    expect(state?.atMs).toBeGreaterThanOrEqual(before);
    proxy.takeCalls();
    expect(await publish(files, 0)).toMatchObject({
      linked: 0,
      added: [],
      altered: [],
      dropped: [],
      publishedVersion: 0,
    });
    expect(await publisher.reconcile(files, 0)).toMatchObject({ linked: 3, added: [], altered: [], dropped: [] });
    const calls = proxy.takeCalls();
    expect(calls).toContain('get_partitions_by_names');
    expect(calls.filter((call) => !READING.test(call))).toEqual([]);
  });

  it('links only what is new, and alters no partition for an append', async () => {
    const files = [await batch(1), await batch(2)];
    await publish(files, 0);
    proxy.takeCalls();
    expect(await publish([...files, await batch(3)], 1)).toMatchObject({ linked: 1, added: [], altered: [] });
    expect(proxy.takeCalls().filter((call) => !READING.test(call))).toEqual(['alter_table_with_environment_context']);
    expect((await readAsHive())[HOUR_5]).toHaveLength(4);
  });

  it('depends on nothing remembered', async () => {
    const files = [await batch(1), await batch(2), await batch(3)];
    await publish(files, 0);
    const forgetful = new HivePublisher({ metastore, storage, shape, maxLinksRemembered: 1 });
    expect(await publish(files, 1, forgetful)).toMatchObject({ linked: 3 });
    expect(await publish(files, 2, forgetful)).toMatchObject({ linked: 2 });
    await rm(join(lake, shape.path, HOUR_5, 'g0-h1'), { recursive: true });
    await publisher.reconcile(files, 2);
    expect((await readAsHive())[HOUR_5]).toHaveLength(4);
  });

  it('moves a partition to the directory of its newest rewrite, with what came since, and keeps the rest of it', async () => {
    const old = [await batch(1), await batch(2)];
    await publish(old, 0);
    const [partition = {}] = await metastore.getPartitionsByNames(shape.database, shape.table, [HOUR_5]);
    const analysed = { owner_team: 'capacity', COLUMN_STATS_ACCURATE: '{"BASIC_STATS":"true"}', numRows: '12' };
    const parameters = { ...partition.parameters, ...analysed };
    await metastore.alterPartitions(shape.database, shape.table, [{ ...partition, parameters }]);
    const rewritten = [await written(`${HOUR_5}/g1-r1-a1/x.parquet`), await batch(3)];
    expect(await publish(rewritten, 1)).toMatchObject({ linked: 1, added: [], altered: [HOUR_5] });
    expect(await readAsHive()).toEqual({ [HOUR_5]: ['g1-r1-a1', 'b0000000003-0-0-a1-0.parquet', 'x.parquet'] });
    const [after] = await metastore.getPartitionsByNames(shape.database, shape.table, [HOUR_5]);
    expect(after?.createTime).toBe(partition.createTime);
    expect(after?.parameters).toMatchObject({ owner_team: 'capacity', numRows: '12' });
    expect(after?.parameters).not.toHaveProperty('COLUMN_STATS_ACCURATE');
  });

  it('withdraws the claim to exact statistics when a file is added', async () => {
    await publish([await batch(1)], 0);
    const [partition = {}] = await metastore.getPartitionsByNames(shape.database, shape.table, [HOUR_5]);
    const parameters = { ...partition.parameters, COLUMN_STATS_ACCURATE: '{"BASIC_STATS":"true"}' };
    await metastore.alterPartitions(shape.database, shape.table, [{ ...partition, parameters }]);
    expect(await publisher.reconcile([await batch(1)], 0)).toMatchObject({ altered: [] });
    expect(await publish([await batch(1), await batch(2)], 1)).toMatchObject({ altered: [HOUR_5] });
    const [after] = await metastore.getPartitionsByNames(shape.database, shape.table, [HOUR_5]);
    expect(after?.parameters).not.toHaveProperty('COLUMN_STATS_ACCURATE');
  });

  it('drops a partition without live files, and leaves its files', async () => {
    const files = [await batch(1), await batch(2, '6')];
    await publish(files, 0);
    const touched = { files: [], partitions: valuesOf(files.slice(0, 1)), afterVersion: 0, version: 1 };
    expect(await publisher.publish(touched)).toMatchObject({ linked: 0, dropped: [HOUR_5], publishedVersion: 1 });
    expect(await publisher.publish(touched)).toMatchObject({ dropped: [], publishedVersion: 1 });
    expect(Object.keys(await readAsHive())).toEqual([HOUR_6]);
    expect(await readdir(join(lake, shape.path, HOUR_5, 'g0-h1'))).toHaveLength(1);
    expect(await publisher.reconcile([], 2)).toMatchObject({ dropped: [HOUR_6], publishedVersion: 2 });
    expect(await readAsHive()).toEqual({});
  });

  it('brings everything back after somebody dropped the table', async () => {
    const [first, second] = [await batch(1), await batch(2, '6')];
    const files = [first, second];
    await publish(files, 0);
    await dropTable(server.endpoint, shape);
    expect(await publish([first, await batch(3)], 1)).toMatchObject({ added: [HOUR_5], publishedVersion: -1 });
    const all = [...files, await batch(3)];
    expect(await publisher.reconcile(all, 1)).toMatchObject({ added: [HOUR_6], publishedVersion: 1 });
    expect((await readAsHive())[HOUR_5]).toHaveLength(3);
  });

  it('looks again where another publisher added or dropped a partition meanwhile', async () => {
    const [first, second, third] = [await batch(1), await batch(2, '6'), await written(`${HOUR_5}/g1-r-a/x.parquet`)];
    const files = [first, second];
    await publisher.ensureTable();
    const rivalMetastore = new HiveMetastore({ endpoints: [server.endpoint] });
    const rival = new HivePublisher({ metastore: rivalMetastore, storage, shape });
    const overtaken = (meanwhile: () => Promise<unknown>): HivePublisher => {
      let pending: (() => Promise<unknown>) | undefined = meanwhile;
      const overtakenStorage = {
        uriOf: (path: string) => storage.uriOf(path),
        async linkOrCopy(from: string, to: string) {
          const act = pending;
          pending = undefined;
          await act?.();
          await storage.linkOrCopy(from, to);
        },
      };
      return new HivePublisher({ metastore, storage: overtakenStorage, shape });
    };
    const added = overtaken(() => publish([first], 0, rival));
    expect(await publish(files, 0, added)).toMatchObject({ added: [HOUR_6] });
    const dropped = overtaken(() => rival.reconcile([second], 1));
    expect(await publish([third, await batch(3)], 2, dropped)).toMatchObject({ added: [HOUR_5], altered: [] });
    rivalMetastore.close();
    expect((await readAsHive())[HOUR_5]).toEqual(['g1-r-a', 'b0000000003-0-0-a1-0.parquet', 'x.parquet']);
  });

  it('writes nothing where the log holds a path that is not understood', async () => {
    await publisher.ensureTable();
    proxy.takeCalls();
    const foreign = { path: 'part-00000.parquet', partitionValues: { dt: '2026-11-23', hour: '5' } };
    await expect(publish([await batch(1), foreign], 0)).rejects.toMatchObject({ code: 'LOG_INCONSISTENT' });
    expect(proxy.takeCalls().filter((call) => !READING.test(call))).toEqual([]);
  });
});

describe('the published version', () => {
  it('does not skip a stretch that was never published, until a full pass', async () => {
    await publish([await batch(1)], 0);
    const later = {
      files: [await batch(3, '6')],
      partitions: valuesOf([await batch(3, '6')]),
      afterVersion: 1,
      version: 2,
    };
    expect(await publisher.publish(later)).toMatchObject({ added: [HOUR_6], publishedVersion: 0 });
    const all = [await batch(1), await batch(2), await batch(3, '6')];
    expect(await publisher.reconcile(all, 2)).toMatchObject({ publishedVersion: 2 });
  });

  it('is never lowered', async () => {
    const files = [await batch(1)];
    await publisher.reconcile(files, 9);
    expect(await publish(files, 4)).toMatchObject({ publishedVersion: 9 });
    expect(await publisher.reconcile(files, 3)).toMatchObject({ publishedVersion: 9 });
    expect(await publisher.publishedVersion()).toBe(9);
  });

  it('is the highest of publishers that race, whoever comes last', async () => {
    const files = [await batch(1), await batch(2, '6')];
    await publisher.reconcile(files, 0);
    const metastores = [0, 1, 2, 3].map(() => new HiveMetastore({ endpoints: [server.endpoint] }));
    const racing = metastores.map(async (own, index) => {
      const one = new HivePublisher({ metastore: own, storage, shape });
      const seen: number[] = [];
      for (let version = 1 + index; version <= 20; version += 4) {
        seen.push((await one.reconcile(files, version)).publishedVersion);
      }
      return seen;
    });
    const seen = await Promise.all(racing);
    for (const own of metastores) own.close();
    for (const versions of seen) expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    expect(await publisher.publishedVersion()).toBe(20);
  });

  it('does not undo a column that is added at the same time', async () => {
    await publisher.ensureTable();
    const own = new HiveMetastore({ endpoints: [server.endpoint] });
    const columns = [0, 1, 2, 3, 4].map(
      (index) => ({ name: `new_${index}`, type: 'double', required: false }) as const,
    );
    const adding = columns.map(async (_, index) => {
      const wider = { ...shape, columns: [...shape.columns, ...columns.slice(0, index + 1)] };
      await new HivePublisher({ metastore: own, storage, shape: wider }).ensureTable();
    });
    const versions = Array.from({ length: 10 }, (_, version) => publisher.reconcile([], version));
    await Promise.all([...adding, ...versions]);
    own.close();
    const table = await metastore.getTable(shape.database, shape.table);
    expect(table?.sd?.cols?.map(({ name }) => name)).toEqual([...shape.columns, ...columns].map(({ name }) => name));
    expect(await publisher.publishedVersion()).toBe(9);
  });

  it('is reached by two publishers that add the same partitions', async () => {
    const files = await Promise.all(Array.from({ length: 24 }, (_, hour) => batch(hour + 1, String(hour))));
    await publisher.ensureTable();
    const own = new HiveMetastore({ endpoints: [server.endpoint] });
    const rival = new HivePublisher({ metastore: own, storage, shape });
    const results = await Promise.all([publish(files, 0), publish(files, 0, rival)]);
    own.close();
    expect(results.map(({ publishedVersion }) => publishedVersion)).toEqual([0, 0]);
    expect(results.flatMap(({ added }) => added)).toHaveLength(24);
    expect(Object.keys(await readAsHive())).toHaveLength(24);
  });
});

describe('a metastore in trouble', () => {
  it.each(['drop before', 'drop answer'] as const)('that reads are asked again of: %s', async (fault) => {
    await publisher.ensureTable();
    proxy.breakNext('get_partitions_by_names', fault);
    expect(await publish([await batch(1)], 0)).toMatchObject({ added: [HOUR_5], publishedVersion: 0 });
  });

  it.each(['add_partitions', 'alter_table_with_environment_context'])(
    'that loses the answer to %s: the next publication finds what was done',
    async (method) => {
      const files = [await batch(1)];
      await publisher.ensureTable();
      proxy.breakNext(method, 'drop answer');
      await expect(publish(files, 0)).rejects.toMatchObject({
        code: 'METASTORE_UNREACHABLE',
        message: expect.stringContaining(`did not answer ${method} of ${shape.database}.server_health`) as string,
      });
      proxy.takeCalls();
      expect(await publish(files, 0)).toMatchObject({ publishedVersion: 0 });
      expect(proxy.takeCalls()).not.toContain(method);
      expect(Object.keys(await readAsHive())).toEqual([HOUR_5]);
    },
  );

  it('that does not answer in time', async () => {
    const hasty = new HiveMetastore({ endpoints: [proxy.endpoint], callTimeoutMs: 300 });
    proxy.breakNext('get_database', 'hang');
    await expect(hasty.getDatabase('default')).rejects.toMatchObject({
      code: 'METASTORE_UNREACHABLE',
      message: expect.stringContaining('no answer within 300 ms') as string,
    });
    expect(await hasty.getDatabase('default')).toMatchObject({ name: 'default' });
    hasty.close();
  });

  it('that is tried at the next of its addresses, and named at all of them when none answers', async () => {
    const [closed, alsoClosed] = [await freePort(), await freePort()];
    const endpoints = [{ host: '127.0.0.1', port: closed }, server.endpoint];
    const second = new HiveMetastore({ endpoints });
    expect(await second.getDatabase('default')).toMatchObject({ name: 'default' });
    second.close();
    const none = new HiveMetastore({ endpoints: [closed, alsoClosed].map((port) => ({ host: '127.0.0.1', port })) });
    const failure = await none.getDatabase('default').catch((error: unknown) => error as SluiceError);
    expect(failure).toMatchObject({ code: 'METASTORE_UNREACHABLE' });
    expect((failure as SluiceError).advice).toContain(`127.0.0.1:${closed}: ECONNREFUSED; 127.0.0.1:${alsoClosed}`);
    expect((failure as SluiceError).advice).toContain('HIVE_METASTORE_URIS');
  });

  it('that refuses, in its own words', async () => {
    await expect(metastore.createDatabase({ name: 'not a name!', parameters: {} })).rejects.toMatchObject({
      code: 'METASTORE_REFUSED',
      message: expect.stringContaining('InvalidObjectException: not a name! is not a valid database name') as string,
    });
  });

  it(
    'that is killed in the middle and comes back',
    async () => {
      const files = [await batch(1)];
      await publish(files, 0);
      await server.kill();
      const more = [...files, await batch(2, '6')];
      await expect(publish(more, 1)).rejects.toMatchObject({ code: 'METASTORE_UNREACHABLE' });
      await server.start();
      expect(await publish(more, 1)).toMatchObject({ added: [HOUR_6], publishedVersion: 1 });
      expect(Object.keys(await readAsHive())).toEqual([HOUR_5, HOUR_6]);
    },
    START_LIMIT_MS,
  );
});
