import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResult, WrittenFile } from '../../../engines/engine.ts';
import { ConnectClient } from '../../../engines/spark/connect-client.ts';
import { ConnectSession } from '../../../engines/spark/connect-session.ts';
import { SparkEngine, type SparkEngineOptions } from '../../../engines/spark/spark-engine.ts';
import { KafkaCluster } from '../../../kafka/cluster.ts';
import { JOINABLE_PREFIX } from '../../../plans/joinable-work.ts';
import { type Brokers, PASSWORD } from '../../kafka/brokers.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { waitFor } from '../../wait-for.ts';
import { createTopic, writeCompressed } from '../fixture-topic.ts';
import { PRODUCED_AT_MS } from '../fixture.ts';
import { rowsOf } from '../read-back.ts';
import { batchOf, LONG } from './batch-of.ts';
import type { LocalSpark } from './local-spark.ts';

/** Enough for an operation of some seconds; one in a thousand can't be a row. */
const RECORDS = 150_000;
const BAD_EVERY = 1_000;
/** Of an operation that succeeds: Spark leaves its folder alone from then on. */
const LAST_WRITTEN = '._SUCCESS.crc';
const DYING_CLIENT = fileURLToPath(new URL('dying-client.ts', import.meta.url));

/** That a batch is made once, whatever dies in the middle of it. */
export function describeRecovery(parts: () => { readonly brokers: Brokers; readonly spark: LocalSpark }): void {
  describe('a batch on Spark', () => {
    let options: SparkEngineOptions;
    let cluster: KafkaCluster;
    let engine: SparkEngine;

    beforeAll(async () => {
      const { brokers, spark } = parts();
      options = { spark: spark.spark, kafka: brokers.loginSettings, lakeUri: 'file:///recovery' };
      cluster = new KafkaCluster(brokers.settings, 'test');
      engine = await SparkEngine.open(cluster, options);
      await createTopic(brokers.settings, LONG.source.topic);
      const values = Array.from({ length: RECORDS }, (_, n) => recordOf(n));
      for (let from = 0; from < RECORDS; from += 10_000) {
        await writeCompressed(brokers.settings, LONG.source.topic, values.slice(from, from + 10_000), 'zstd');
      }
    });

    afterAll(async () => {
      await engine.close();
      await cluster.close();
    });

    it('is made of what Spark wrote itself, and only the rest was judged here', async () => {
      const result = await engine.write(
        await batchOf(cluster, { records: RECORDS, sequence: 1, scratchFolder: temporaryFolder() }),
      );
      await expectWhole(result);
      expect(result.files.every(({ localPath }) => localPath.includes('/spark-'))).toBe(true);
      expect(result.files.length).toBeLessThanOrEqual(2);
    });

    it('is made once where the server is killed, and comes back without the session', async () => {
      const scratchFolder = temporaryFolder();
      const writing = engine.write(await batchOf(cluster, { records: RECORDS, sequence: 2, scratchFolder }));
      writing.catch(() => undefined);
      await begun(scratchFolder);
      parts().spark.kill();
      await expectWhole(await writing);
      // The first operation's files are waste: another one wrote these.
      expect(leftBySpark(scratchFolder).length).toBeGreaterThanOrEqual(2);
    });

    it('is joined by who comes after a client that was killed', async () => {
      const scratchFolder = await leftByKilledClient(options, 3);
      const result = await engine.write(
        await batchOf(cluster, { records: RECORDS, sequence: 3, scratchFolder: temporaryFolder() }),
      );
      await expectWhole(result);
      // What the dead client's operation wrote is this attempt's now; a second operation would have left it there.
      expect(leftBySpark(scratchFolder)).toEqual([]);
    });

    it('is made anew where the files of the client that began it are gone', async () => {
      const scratchFolder = await leftByKilledClient(options, 5);
      await waitFor('Spark to end what it was at', 60_000, () =>
        Promise.resolve(
          leftBySpark(scratchFolder).every((name) => existsSync(join(scratchFolder, name, LAST_WRITTEN))) || undefined,
        ),
      );
      rmSync(scratchFolder, { recursive: true });
      const next = temporaryFolder();
      await expectWhole(
        await engine.write(await batchOf(cluster, { records: RECORDS, sequence: 5, scratchFolder: next })),
      );
      expect(leftBySpark(next)).toHaveLength(2);
    });

    it('is interrupted when it is told to end, and made anew by the next attempt', async () => {
      const scratchFolder = temporaryFolder();
      const ending = new AbortController();
      const writing = engine.write(
        await batchOf(cluster, { records: RECORDS, sequence: 4, scratchFolder, signal: ending.signal }),
      );
      const ended = expect(writing).rejects.toThrow('told to');
      await begun(scratchFolder);
      ending.abort(new Error('told to'));
      await ended;
      const { spark } = parts();
      await waitFor('Spark to end what it was at', 60_000, () =>
        Promise.resolve(leftBySpark(scratchFolder).every((name) => spark.hasGivenUp(name)) || undefined),
      );
      await expectWhole(
        await engine.write(await batchOf(cluster, { records: RECORDS, sequence: 4, scratchFolder: temporaryFolder() })),
      );
    });

    it('is not begun where it was told to end before: a failure that nobody follows would end the process', async () => {
      const live = new AbortController().signal;
      const client = new ConnectClient(parts().spark.spark);
      const session = new ConnectSession(client, crypto.randomUUID());
      await session.configure({}, live);
      const running = session.run(crypto.randomUUID(), { command: {} }, AbortSignal.abort());
      await expect(running).rejects.toMatchObject({ name: 'AbortError' });
      // An answer of the server, after which one to that operation would have been there: the test run fails by it.
      await session.configure({}, live);
      await session.release();
      client.close();
    });

    it('leaves the password for Kafka in no log', () => {
      const { spark } = parts();
      const log = readFileSync(spark.logPath, 'utf8');
      expect(log.length).toBeGreaterThan(0);
      expect(log).not.toContain(PASSWORD);
      expect(readFileSync(join(spark.home, 'spark', 'kafka.properties'), 'utf8')).toContain('ScramLoginModule');
    });
  });
}

function recordOf(n: number): string {
  if (n % BAD_EVERY === 7) return `{"n":${n}`;
  return JSON.stringify({ event_time: new Date(PRODUCED_AT_MS + (n % 1000)).toISOString(), n, text: `record ${n}` });
}

async function expectWhole(result: BatchResult): Promise<void> {
  const { files, rows, rejectedRows, rejectedFiles, archiveFiles = [] } = result;
  expect([rows, rejectedRows]).toEqual([RECORDS - RECORDS / BAD_EVERY, RECORDS / BAD_EVERY]);
  const offsets = async (of: readonly WrittenFile[]): Promise<number[]> =>
    (await rowsOf(of)).map((row) => Number(row['kafka_offset']));
  const all = new Set([...(await offsets(files)), ...(await offsets(rejectedFiles))]);
  const archived = await offsets(archiveFiles);
  expect([archived.length, new Set(archived).size]).toEqual([RECORDS, RECORDS]);
  expect([all.size, Math.max(...files.map(({ rows: some }) => some)) > 0]).toEqual([RECORDS, true]);
}

/** Has a client begin a batch, and kills it once Spark is at it. @returns where Spark goes on writing */
async function leftByKilledClient(options: SparkEngineOptions, sequence: number): Promise<string> {
  const scratchFolder = temporaryFolder();
  const args = JSON.stringify({ ...options, records: RECORDS, sequence, scratchFolder });
  const client = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', DYING_CLIENT, args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await begun(scratchFolder);
  client.kill('SIGKILL');
  await once(client, 'exit');
  return scratchFolder;
}

/**
 * Waits until tasks of Spark's have begun to write rows and archive, and not all have ended. An operation that is met earlier,
 * between the making of its folder and its first task, leaves that folder behind, empty, for good.
 */
async function begun(scratchFolder: string): Promise<void> {
  const bothBegun = (): boolean => {
    const folders = leftBySpark(scratchFolder).map((name) => join(scratchFolder, name));
    return folders.length === 2 && folders.every(hasTask) && unfinished(scratchFolder);
  };
  await waitFor('Spark to begin', 120_000, () => Promise.resolve(bothBegun() || undefined));
}

/** Whether a task has begun to write here, or all have ended (FileOutputCommitter's folders). */
function hasTask(folder: string): boolean {
  const [job, made] = [entriesOf(join(folder, '_temporary', '0')), entriesOf(folder)];
  return job.length > 0 || made.some((name) => name !== '_temporary');
}

/** None of what is gone: Spark takes its folders away meanwhile. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function leftBySpark(scratchFolder: string): string[] {
  return readdirSync(scratchFolder).filter((name) => name.startsWith(JOINABLE_PREFIX));
}

function unfinished(scratchFolder: string): boolean {
  return readdirSync(scratchFolder).some((name) => existsSync(join(scratchFolder, name, '_temporary')));
}
