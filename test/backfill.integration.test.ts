import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KnownBackfill, listBackfills } from '../backfill/list-backfills.ts';
import { loadDefinition } from '../definition/load.ts';
import { literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { BackfillFiles } from '../lake/backfill-files.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { decodedPath } from '../plans/file-place.ts';
import { archiveTable, mainTable } from '../plans/table-shape.ts';
import { connectTemporal } from '../temporal/client.ts';
import { backfillWorkflowId } from '../workflows/backfill-protocol.ts';
import { sluice } from './cli/command.ts';
import { expire } from './decisions/surprising-topic.ts';
import { expectEveryReaderToSee } from './every-reader.ts';
import type { TestRecord } from './health-records.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from './table-check.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { TopicWriter } from './topic-writer.ts';
import { waitFor } from './wait-for.ts';

const TOPIC = 'server-health';
const OLD = '1999-01-01T00:00:00Z';
/** Of each hundred records: without cores, which become rejected, and of 1999, which become rows of another day. */
const WITHOUT_CORES = 7;
const OF_1999 = 13;
const BACKFILLED = 12_000;

let test: TestStack;
let writer: TopicWriter;
let mark = 0;

/** By the first definition a record without cores is a row, and one of 1999 is not; by the second it is the other way. */
function record(kind: number): TestRecord {
  mark += 1;
  const key = `srv-${mark % 50}`;
  const value = {
    host: key,
    event_time: kind === OF_1999 ? OLD : new Date().toISOString(),
    load_1: mark,
    ...(kind === WITHOUT_CORES ? {} : { cores: 8 }),
  };
  const rejectedFor = kind === OF_1999 ? 'event_time_too_old' : undefined;
  return { key, value: Buffer.from(JSON.stringify(value)), rejectedFor, mark };
}

/** What the second definition makes of a record. */
function again(written: TestRecord): TestRecord {
  const hasCores = written.value?.toString().includes('cores') === true;
  return { ...written, rejectedFor: hasCores ? undefined : 'missing_field' };
}

function define(...changes: [from: RegExp, to: string][]): void {
  const file = join(test.settings.tablesFolder, `${TABLE}.yaml`);
  writeFileSync(
    file,
    changes.reduce((text, [from, to]) => text.replace(from, to), readFileSync(file, 'utf8')),
  );
}

async function run(...args: string[]): Promise<unknown> {
  const { exitCode, output, errors } = await sluice(test.environment, [...args, '--json']);
  expect(errors).toBe('');
  expect(exitCode).toBe(0);
  return JSON.parse(output);
}

async function progress(): Promise<KnownBackfill | undefined> {
  const definition = loadDefinition(test.settings.tablesFolder, TABLE);
  return (await listBackfills(openStorage(test.settings), definition)).at(-1);
}

function backfillFiles(): BackfillFiles {
  const { path } = mainTable(loadDefinition(test.settings.tablesFolder, TABLE));
  return new BackfillFiles(openStorage(test.settings), path);
}

/** Kills the background worker in the middle of the last backfill, and waits until it is done nevertheless. */
async function killOnce(what: string, isReached: () => Promise<boolean>, before?: () => Promise<void>): Promise<void> {
  await waitFor(`the backfill to come so far that ${what}`, 120_000, async () => (await isReached()) || undefined);
  await before?.();
  test.stack.component('background').kill('SIGKILL');
  expect((await progress())?.state).not.toBe('done');
  await waitFor('the backfill to be done', 120_000, async () => (await progress())?.state === 'done' || undefined);
}

/** Writes a few records again and again, until told to stop. */
function liveLoad(): () => Promise<void> {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await writer.write(
        2,
        Array.from({ length: 20 }, () => record(0)),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => {
    stopping.abort();
    await running;
  };
}

beforeAll(async () => {
  test = await startTestStack({
    own: ['worker', 'background'],
    // Before the worker starts: a window that began by another definition goes on by it for a while, and archives nothing.
    defined: (text) =>
      text.replace(/max_rows: \d+/, 'max_rows: 1000').replace(/^schedules:/m, 'archive: true\nschedules:'),
  });
  writer = await TopicWriter.open(test.settings.kafka.brokers, TOPIC);
});

afterAll(async () => {
  await writer.close();
  await test.stop();
});

describe('a backfill on the real stack', () => {
  it('brings a changed rule to old records, each once, under load and though its worker is killed twice', async () => {
    for (let batch = 0; batch < BACKFILLED / 1000; batch += 1) {
      await writer.write(
        batch % 2,
        Array.from({ length: 1000 }, (_, index) => record(index % 100)),
      );
    }
    await waitUntilCommitted(test.settings, writer.written, 120_000);
    const stopLoad = liveLoad();
    try {
      define([/accept_past: 400d/, 'accept_past: 20000d'], [
        /name: cores, type: int/,
        'name: cores, type: int, required: true',
      ]);
      const range = ['--from-offset', '0', '--to-offset', String(BACKFILLED / 2)];
      const outlook = await run('backfill', TABLE, '--partition', '0', ...range);
      expect(outlook).toMatchObject({ offsets: String(BACKFILLED / 2), units: 6 });
      expect(await run('backfill', 'list', TABLE)).toEqual([]);

      await run('backfill', TABLE, '--partition', '0', ...range, '--yes', '--no-wait');
      await killOnce('two units are derived', async () => ((await progress())?.unitsDone ?? 0) >= 2);
      await run('backfill', TABLE, '--partition', '1', ...range, '--yes', '--no-wait');
      const isMerging = async (): Promise<boolean> => (await backfillFiles().merges(2)).length > 0;
      // Temporal forgets it too: the worker's next start goes on by the lake alone.
      await killOnce('one partition is merged', isMerging, async () => {
        const client = await connectTemporal(test.settings);
        await client.workflow.getHandle(backfillWorkflowId({ table: TABLE, number: 2 })).terminate();
      });
    } finally {
      await stopLoad();
    }
    await waitUntilCommitted(test.settings, writer.written, 60_000);

    const expected = new Map([...writer.written].map(([at, written]) => [at, again(written)]));
    await expectEveryReaderToSee(test.settings, expected);
    expect(await run('audit', TABLE)).toMatchObject({ verdict: 'clean' });
  });

  it('derives rejected records again by a corrected definition, and nothing but them', async () => {
    define([/name: cores, type: int, required: true/, 'name: cores, type: int']);
    const outlook = (await run('redrive', TABLE)) as { offsets: string };
    const rejected = [...writer.written.values()].filter((written) => again(written).rejectedFor !== undefined);
    expect(Number(outlook.offsets)).toBe(rejected.length);
    expect(await run('redrive', TABLE, '--yes')).toMatchObject({ state: 'Done', rows: rejected.length });
    const accepted = new Map([...writer.written].map(([at, written]) => [at, { ...written, rejectedFor: undefined }]));
    expect(await compareTables(test.settings, accepted)).toEqual(NO_DIFFERENCES);
  });

  it('refuses what is not committed, and leaves nothing behind of what is cancelled', async () => {
    const wrong = await sluice(test.environment, ['backfill', TABLE, '--from-offset', '0', '--to-offset', '999999999']);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.errors).toMatch(/is committed up to offset/);
    const before = (await run('backfill', 'list', TABLE)) as KnownBackfill[];
    const { number } = (await run('backfill', TABLE, '--from-offset', '0', '--propose')) as { number: number };
    expect(await run('backfill', 'cancel', TABLE, String(number))).toMatchObject({ number });
    await waitFor('the cancellation', 30_000, async () => (await progress())?.state === 'cancelled' || undefined);
    expect(await run('backfill', 'list', TABLE)).toHaveLength(before.length + 1);
    const late = await sluice(test.environment, ['backfill', 'approve', TABLE, String(number)]);
    expect(late.exitCode).not.toBe(0);
  });

  /** Partition 0 of what was backfilled first. */
  const ofPartition0 = (at: string): boolean => at.startsWith('0/');

  it('derives from the archive what Kafka has forgotten, each once', async () => {
    expect(await archivedPlaces()).toEqual([...writer.written.keys()].sort());
    const cluster = new KafkaCluster(test.settings.kafka, 'test');
    await expire(cluster, TOPIC, BigInt(BACKFILLED / 2));
    await cluster.close();
    define([/name: cores, type: int/, 'name: cores, type: int, required: true']);
    const range = ['--partition', '0', '--from-offset', '0', '--to-offset', String(BACKFILLED / 2)];
    const forgotten = await sluice(test.environment, ['backfill', TABLE, ...range]);
    expect(forgotten.exitCode).toBe(1);
    expect(forgotten.errors).toMatch(/Kafka does not hold offsets 0 to 5999 .* --source archive/s);
    const before = (await run('backfill', 'list', TABLE)) as KnownBackfill[];
    expect(await run('backfill', TABLE, ...range, '--source', 'archive')).toMatchObject({
      source: 'archive',
      units: 6,
    });
    expect(await run('backfill', 'list', TABLE)).toEqual(before);
    expect(await run('backfill', TABLE, ...range, '--source', 'archive', '--yes')).toMatchObject({ state: 'Done' });
    const expected = new Map(
      [...writer.written].map(([at, written]) => [
        at,
        ofPartition0(at) ? again(written) : { ...written, rejectedFor: undefined },
      ]),
    );
    expect(await compareTables(test.settings, expected)).toEqual(NO_DIFFERENCES);
    // What is derived anew is not archived anew.
    expect(await archivedPlaces()).toEqual([...writer.written.keys()].sort());
  });

  it('derives from an operator’s files, and refuses what they lack', async () => {
    define([/name: cores, type: int, required: true/, 'name: cores, type: int']);
    const path = join(test.settings.tablesFolder, '..', 'records.ndjson');
    const lines = [...writer.written]
      .filter(([at]) => ofPartition0(at))
      .map(([at, { key, value }]) => ({
        ...{ kafka_partition: 0, kafka_offset: Number(at.slice(2)), kafka_timestamp: new Date().toISOString() },
        ...{ record_key: key, record_value: String(value) },
      }));
    const write = (some: readonly object[]): void =>
      writeFileSync(path, some.map((one) => JSON.stringify(one)).join('\n'));
    write(lines.filter(({ kafka_offset: offset }) => offset !== 500));
    const backfill = ['backfill', TABLE, '--partition', '0', '--from-offset', '0', '--source', `files:${path}`];
    await run(...backfill, '--yes', '--no-wait');
    const { number } = (await progress())?.plan ?? { number: 0 };
    await waitFor('the backfill to be stopped', 60_000, async () => {
      const shown = (await run('backfill', 'show', TABLE, String(number))) as { workflow: { state: string } | null };
      return shown.workflow?.state === 'Stopped' || undefined;
    });
    expect(await run('backfill', 'cancel', TABLE, String(number))).toMatchObject({ number });
    await waitFor('the cancellation', 30_000, async () => (await progress())?.state === 'cancelled' || undefined);
    write(lines);
    expect(await run(...backfill, '--yes')).toMatchObject({ state: 'Done' });
    const accepted = new Map([...writer.written].map(([at, written]) => [at, { ...written, rejectedFor: undefined }]));
    expect(await compareTables(test.settings, accepted)).toEqual(NO_DIFFERENCES);
  });

  it('leaves what a vacuum deletes: all that was derived, and nothing that is to be kept', async () => {
    const staged = async (): Promise<string[]> => {
      const paths: string[] = [];
      const folder = `health/${TABLE}/_sluice/backfills`;
      for await (const { path } of openStorage(test.settings).list(folder, { deep: true })) paths.push(path);
      return paths.filter((path) => path.includes('/staged/'));
    };
    const before = (await run('backfill', 'list', TABLE)) as KnownBackfill[];
    expect((await staged()).length).toBeGreaterThan(before.length);
    const { tables } = (await run('vacuum', TABLE)) as { tables: { table: string }[] };
    expect(tables.map(({ table }) => table)).toEqual([TABLE, `${TABLE}_rejected`, `${TABLE}_archive`]);
    expect(await staged()).toEqual([]);
    expect(await run('backfill', 'list', TABLE)).toEqual(before);
    expect(await archivedPlaces()).toEqual([...writer.written.keys()].sort());
  });
});

/** Of every record in the archive, in order. */
async function archivedPlaces(): Promise<string[]> {
  const storage = openStorage(test.settings);
  const { path } = archiveTable(loadDefinition(test.settings.tablesFolder, TABLE));
  const log = new TableLog(storage, path);
  await log.refresh();
  const paths = [...log.snapshot.files.keys()].map((file) => `${path}/${decodedPath(file)}`);
  return storage.readLocally(paths, async (local) => {
    const rows = await DuckDbSession.once(
      `SELECT kafka_partition || '/' || kafka_offset AS at FROM read_parquet([${local.map(literal).join(', ')}])`,
    );
    return rows.map(({ at }) => String(at)).sort();
  });
}
