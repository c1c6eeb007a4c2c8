import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableDefinition } from '../../definition/table-definition.ts';
import type { BatchResult, Engine } from '../../engines/engine.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { CODECS } from '../../kafka/compression.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import { archiveTable, mainTable, rejectedTable } from '../../plans/table-shape.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';
import { expire } from '../decisions/surprising-topic.ts';
import { createTopic, writeCompressed, writeFixture, writeTransactions } from './fixture-topic.ts';
import { expectArchived, expectFixture, expectTrueStatistics, expectTypes } from './expected-result.ts';
import { define, type FixtureRecord, PRODUCED_AT_MS } from './fixture.ts';
import { archived, large, records, times } from './record-fixtures.ts';
import { kinds, unicode, wide } from './value-fixtures.ts';
import { codecsOf, recordRowsOf, rowsOf, type TextRow } from './read-back.ts';

export interface EngineOptions {
  /** Brokers that are up; topics are made as they are needed, and may be there from another engine's tests. */
  readonly kafka: () => KafkaSettings;
  readonly open: (cluster: KafkaCluster) => Promise<Engine>;
}

type Range = readonly [partition: number, startOffset: number, endOffset: number];

/** What every engine must make of the same records (docs/tables.md). */
export function describeEngine(name: string, options: EngineOptions): void {
  describe(name, () => {
    let kafka: KafkaSettings;
    let cluster: KafkaCluster;
    let engine: Engine;

    beforeAll(async () => {
      kafka = options.kafka();
      cluster = new KafkaCluster(kafka, 'test');
      engine = await options.open(cluster);
    });

    afterAll(async () => {
      await engine.close();
      await cluster.close();
    });

    /** Fills a topic once, whichever engine comes first. */
    async function topicOf(
      definition: TableDefinition,
      fill: (topic: string) => Promise<void>,
      partitions = 1,
    ): Promise<void> {
      const { topic } = definition.source;
      await createTopic(kafka, topic, partitions);
      const offsets = await cluster.offsets(topic);
      if ([...offsets.values()].every(({ lastStable }) => lastStable === 0n)) await fill(topic);
    }

    async function write(
      definition: TableDefinition,
      ranges: readonly Range[],
      more: { readonly topicId?: string; readonly signal?: AbortSignal } = {},
    ): Promise<BatchResult> {
      const topicId = more.topicId ?? (await cluster.describeTopic(definition.source.topic)).topicId;
      return engine.write({
        plan: planOf(definition, topicId, ranges),
        definition,
        attempt: randomUUID().slice(0, 8),
        scratchFolder: temporaryFolder(),
        signal: more.signal ?? new AbortController().signal,
      });
    }

    it.each([kinds, records, large, unicode, times, wide])('makes of $name what is written', async (fixture) => {
      await topicOf(fixture.definition, (topic) => writeFixture(kafka, topic, fixture.records));
      const result = await write(fixture.definition, [[0, 0, fixture.records.length]]);
      await expectFixture(fixture, result);
      expect(result.fetchedBytes).toBeGreaterThan(0);
      expect(result.archiveFiles).toBeUndefined();
    });

    it('archives every record byte for byte where it is told to, whatever becomes of it', async () => {
      const { definition, records: all } = archived;
      await topicOf(definition, (topic) => writeFixture(kafka, topic, all));
      const result = await write(definition, [[0, 1, all.length]]);
      expect([result.rows, result.rejectedRows]).toEqual([3, all.length - 4]);
      const { archiveFiles = [] } = result;
      await expectArchived(archiveFiles, all, 1);
      expect(archiveFiles.map(({ partitionValues }) => partitionValues)).toEqual(
        expect.arrayContaining([{ dt: '2025-03-09' }, { dt: '2025-03-10' }]),
      );
      for (const file of archiveFiles) await expectTypes(file, archiveTable(definition));
      for (const file of archiveFiles) await expectTrueStatistics(file, archiveTable(definition));
      expect(await codecsOf(archiveFiles)).toEqual(['ZSTD']);
      for (const { path } of archiveFiles) expect(path).toMatch(/^data\/b0000000007-0-0-[^/]+\.parquet$/);
      expect(new Set(archiveFiles.map(({ path }) => path)).size).toBe(archiveFiles.length);
      expect((await write(definition, [[0, 2, 2]])).archiveFiles).toEqual([]);
    });

    it('writes files that say of themselves what is true', async () => {
      await topicOf(kinds.definition, (topic) => writeFixture(kafka, topic, kinds.records));
      const { files, rejectedFiles } = await write(kinds.definition, [[0, 0, kinds.records.length]]);
      expect(await codecsOf([...files, ...rejectedFiles])).toEqual(['ZSTD']);
      for (const file of files) await expectTypes(file, mainTable(kinds.definition));
      for (const file of files) await expectTrueStatistics(file, mainTable(kinds.definition));
      for (const file of rejectedFiles) await expectTypes(file, rejectedTable(kinds.definition));
      for (const file of rejectedFiles) await expectTrueStatistics(file, rejectedTable(kinds.definition));
    });

    const placed = define('placed', { n: 'int' });
    const placedRecord = (partition: number, n: number): FixtureRecord => ({
      value: JSON.stringify({
        event_time: new Date(PRODUCED_AT_MS - 3_600_000 * partition).toISOString(),
        n: n % 5 === 4 ? 'x' : n,
      }),
      becomes: n % 5 === 4 ? 'wrong_type' : { n: String(n) },
    });
    const fillPlaced = async (topic: string): Promise<void> => {
      for (const partition of [0, 1, 2]) {
        const records = Array.from({ length: 20 }, (_, n) => placedRecord(partition, n));
        await writeFixture(kafka, topic, records, partition);
      }
    };

    it('reads exactly the ranges that are planned, of each partition', async () => {
      await topicOf(placed, fillPlaced, 3);
      const result = await write(placed, [
        [0, 3, 12],
        [1, 0, 1],
        [2, 20, 20],
      ]);
      const places = (await rowsOf(result.files)).map((row) => `${row['kafka_partition']}/${row['kafka_offset']}`);
      expect(places.sort()).toEqual(['0/10', '0/11', '0/3', '0/5', '0/6', '0/7', '0/8', '1/0'].sort());
      const rejected = (await recordRowsOf(result.rejectedFiles)).map((row) => row['kafka_offset']);
      expect(rejected.sort()).toEqual(['4', '9']);
      expect(result).toMatchObject({ rows: 8, rejectedRows: 2 });
      expect(result.files.map(({ partitionValues }) => partitionValues)).toEqual(
        expect.arrayContaining([
          { dt: '2025-03-09', hour: '5' },
          { dt: '2025-03-09', hour: '4' },
        ]),
      );
      expect(result.rejectedFiles.map(({ partitionValues }) => partitionValues)).toEqual([{ dt: '2025-03-09' }]);
    });

    it('makes nothing of empty ranges, and no file without a row', async () => {
      await topicOf(placed, fillPlaced, 3);
      const nothing = { rows: 0, files: [], rejectedRows: 0, rejectedFiles: [], unknownFields: {} };
      expect(
        await write(placed, [
          [0, 7, 7],
          [1, 0, 0],
        ]),
      ).toMatchObject(nothing);
      const onlyRejected = await write(placed, [[0, 4, 5]]);
      expect(onlyRejected).toMatchObject({ rows: 0, files: [], rejectedRows: 1 });
      const onlyRows = await write(placed, [[0, 5, 6]]);
      expect(onlyRows).toMatchObject({ rows: 1, rejectedRows: 0, rejectedFiles: [] });
    });

    it('gives two attempts at one batch the same rows and different names', async () => {
      await topicOf(placed, fillPlaced, 3);
      const [one, other] = [await write(placed, [[1, 0, 20]]), await write(placed, [[1, 0, 20]])];
      const sorted = (rows: readonly TextRow[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
      expect(sorted(await rowsOf(one.files))).toEqual(sorted(await rowsOf(other.files)));
      expect(sorted(await recordRowsOf(one.rejectedFiles))).toEqual(sorted(await recordRowsOf(other.rejectedFiles)));
      // The tables' names are their own.
      const names = [...one.files, ...other.files].map(({ path }) => path);
      const rejectedNames = [...one.rejectedFiles, ...other.rejectedFiles].map(({ path }) => path);
      expect([new Set(names).size, new Set(rejectedNames).size]).toEqual([2, 2]);
      for (const path of [...names, ...rejectedNames]) expect(path).toMatch(/^data\/b0000000007-0-0-[^/]+\.parquet$/);
    });

    it.each(CODECS)('reads batches compressed by %s', async (codec) => {
      const definition = define(`codec_${codec}`, { n: 'int' });
      const values = Array.from({ length: 200 }, (_, n) =>
        JSON.stringify({ event_time: new Date(PRODUCED_AT_MS).toISOString(), n }),
      );
      await topicOf(definition, (topic) => writeCompressed(kafka, topic, values, codec));
      const result = await write(definition, [[0, 1, 199]]);
      const found = (await rowsOf(result.files)).map((row) => Number(row['n']));
      expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: 198 }, (_, index) => index + 1));
    });

    it('takes what transactions committed and nothing else', async () => {
      const definition = define('transactions', { text: 'string' });
      const value = (text: string): string =>
        JSON.stringify({ event_time: new Date(PRODUCED_AT_MS).toISOString(), text });
      await topicOf(definition, (topic) => writeTransactions(kafka, topic, value));
      await waitFor('the transactions to end', 30_000, async () =>
        (await cluster.offsets(definition.source.topic)).get(0)?.lastStable === 8n ? true : undefined,
      );
      const texts = async (range: Range): Promise<(string | null | undefined)[]> =>
        (await rowsOf((await write(definition, [range])).files)).map((row) => row['text']).sort();
      expect(await texts([0, 0, 8])).toEqual(['committed', 'committed too', 'plain', 'plain again']);
      expect(await texts([0, 2, 6])).toEqual(['committed too']);
      const archive = define('transactions', { text: 'string' }, 'archive: true');
      const { archiveFiles = [] } = await write(archive, [[0, 0, 8]]);
      expect(archiveFiles.reduce((sum, { rows }) => sum + rows, 0)).toBe(4);
      expect((await write(archive, [[0, 3, 6]])).archiveFiles).toEqual([]);
      // Nothing but markers and what was aborted.
      expect(await texts([0, 3, 6])).toEqual([]);
      expect(await texts([0, 7, 8])).toEqual([]);
    });

    it('refuses a batch of more partitions than allowed', async () => {
      const few = define('placed', { n: 'int' }, 'limits: { max_partitions: 2 }');
      await topicOf(few, fillPlaced, 3);
      const all: Range[] = [
        [0, 0, 2],
        [1, 0, 2],
        [2, 0, 2],
      ];
      await expect(write(few, all)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
      expect(await write(few, all.slice(1))).toMatchObject({ rows: 4 });
    });

    it('refuses another topic of the same name, and what Kafka has dropped', async () => {
      await topicOf(placed, fillPlaced, 3);
      const topicId = randomUUID();
      await expect(write(placed, [[0, 0, 5]], { topicId })).rejects.toMatchObject({ code: 'TOPIC_RECREATED' });
      const dropped = define('dropped', { n: 'int' });
      await topicOf(dropped, async (topic) => {
        await writeFixture(
          kafka,
          topic,
          Array.from({ length: 10 }, (_, n) => placedRecord(0, n)),
        );
        await expire(cluster, topic, 4n);
      });
      await expect(write(dropped, [[0, 2, 10]])).rejects.toMatchObject({ code: 'OFFSET_EXPIRED' });
      expect(await write(dropped, [[0, 5, 9]])).toMatchObject({ rows: 4 });
    });

    it('ends when it is told to', async () => {
      await topicOf(placed, fillPlaced, 3);
      const reason = new Error('told to');
      await expect(write(placed, [[0, 0, 20]], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}

function planOf(definition: TableDefinition, topicId: string, ranges: readonly Range[]): BatchPlan {
  return {
    format: 1,
    sequence: 7,
    revision: 0,
    plannedAtMs: PRODUCED_AT_MS,
    topic: definition.source.topic,
    topicId,
    ranges: ranges.map(([partition, start, end]) => ({
      partition,
      startOffset: String(start),
      endOffset: String(end),
    })),
    nextOffsets: Object.fromEntries(ranges.map(([partition, , end]) => [partition, String(end)])),
    engine: definition.engine,
    definitionHash: 'of no use here',
  };
}
