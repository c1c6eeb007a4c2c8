import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, WorkflowIdConflictPolicy } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { decodedPath } from '../plans/file-place.ts';
import type { JudgedFile, VacuumReport } from '../plans/vacuum-report.ts';
import { BACKGROUND_TASK_QUEUE } from '../workflows/background-protocol.ts';
import { compactionWorkflowId, type CompactionReport } from '../workflows/compaction-protocol.ts';
import type { ScheduleReport } from '../temporal/schedules.ts';
import type { RetentionReport } from '../workflows/retention-protocol.ts';
import { vacuumWorkflowId } from '../workflows/vacuum-protocol.ts';
import { sluice } from './cli/command.ts';
import { expectEveryReaderToSee } from './every-reader.ts';
import { healthRecord, type TestRecord } from './health-records.ts';
import { TABLE, waitUntilCommitted } from './table-check.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { TopicWriter } from './topic-writer.ts';
import { waitFor } from './wait-for.ts';

const TOPIC = 'server-health';

let test: TestStack;
let writer: TopicWriter;
let client: Client;
let mark = 0;

async function writeRecords(count: number): Promise<void> {
  const records = Array.from({ length: count }, () => {
    mark += 1;
    return healthRecord(mark, mark % 100 === 1);
  });
  await writer.write(mark % 3, records);
}

/** Changes the table's definition, which every step reads anew. */
function define(...changes: [from: RegExp, to: string][]): void {
  const file = join(test.settings.tablesFolder, `${TABLE}.yaml`);
  writeFileSync(
    file,
    changes.reduce((text, [from, to]) => text.replace(from, to), readFileSync(file, 'utf8')),
  );
}

async function compact(): Promise<CompactionReport> {
  const handle = await client.workflow.start('compactTable', {
    workflowId: compactionWorkflowId({ table: TABLE }),
    taskQueue: BACKGROUND_TASK_QUEUE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    args: [{ table: TABLE }],
  });
  return (await handle.result()) as CompactionReport;
}

/** Compares table, deltalake's view and Hive's with what was written. */
async function expectEveryRowOnce(): Promise<void> {
  await waitUntilCommitted(test.settings, writer.written, 120_000);
  await expectEveryReaderToSee(test.settings, writer.written);
}

beforeAll(async () => {
  test = await startTestStack({
    own: ['worker', 'background'],
    defined: (text) => text.replace(/min_files: \d+/, 'min_files: 4'),
  });
  writer = await TopicWriter.open(test.settings.kafka.brokers, TOPIC);
  client = new Client({ connection: await Connection.connect({ address: test.settings.temporal.address }) });
});

afterAll(async () => {
  await client.connection.close();
  await writer.close();
  await test.stop();
});

describe('compaction on the real stack', () => {
  it('makes few files of many, each row once for every reader', async () => {
    for (let batch = 0; batch < 12; batch += 1) {
      await writeRecords(500);
      await waitUntilCommitted(test.settings, writer.written, 60_000);
    }
    const report = await compact();
    expect(report.rewrites).toBeGreaterThan(0);
    expect(report.filesBefore).toBeGreaterThan(4 * report.filesAfter - 1);
    await expectEveryRowOnce();
    expect((await compact()).rewrites).toBe(0);
  });
});

/** Names of the data files that storage has of the table, by folder and all. */
async function storedFiles(): Promise<string[]> {
  const names: string[] = [];
  const folder = `health/${TABLE}`;
  for await (const { path } of openStorage(test.settings).list(folder, { after: `${folder}/\``, deep: true })) {
    names.push(path.slice(folder.length + 1));
  }
  return names;
}

async function liveFiles(): Promise<string[]> {
  const log = new TableLog(openStorage(test.settings), `health/${TABLE}`);
  await log.refresh();
  return [...log.snapshot.files.keys()].map(decodedPath);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function vacuum(): Promise<VacuumReport> {
  const handle = await client.workflow.start('vacuumTable', {
    workflowId: vacuumWorkflowId(TABLE),
    taskQueue: BACKGROUND_TASK_QUEUE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    args: [{ table: TABLE }],
  });
  return (await handle.result()) as VacuumReport;
}

describe('vacuum on the real stack', () => {
  /** Files that one query reads: more than DuckDB opens at once. */
  const BATCHES = 24;

  it('lets a query that is held open finish, then deletes what it had read', async () => {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      await writeRecords(200);
      await waitUntilCommitted(test.settings, writer.written, 60_000);
    }
    const before = await liveFiles();
    const folder = join(fileURLToPath(test.settings.lakeUri), 'health', TABLE);
    const paths = before.map((path) => literal(join(folder, path)));
    const session = await DuckDbSession.open({ threads: 1, memoryLimit: '256MB' });
    try {
      const held = await session.connection.stream(`SELECT kafka_offset FROM read_parquet([${paths.join(', ')}])`);
      let rows = (await held.fetchChunk())?.rowCount ?? 0;
      expect((await compact()).rewrites).toBeGreaterThan(0);
      const report = await vacuum();
      expect(report.tables[0]?.reasons.grace?.files).toBeGreaterThanOrEqual(BATCHES);
      for (;;) {
        const chunk = await held.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) break;
        rows += chunk.rowCount;
      }
      expect(rows).toBe([...writer.written.values()].filter(({ rejectedFor }) => rejectedFor === undefined).length);
    } finally {
      session.close();
    }
    expect(await storedFiles()).toEqual(expect.arrayContaining(before));
  });

  it('deletes all that is past the grace period and nothing else, and lists it first', async () => {
    define([/grace: \w+/, 'grace: 1ms']);
    const { output } = await sluice(test.environment, ['vacuum', TABLE, '--dry-run', '--json']);
    const { files } = JSON.parse(output) as { readonly files: readonly JudgedFile[] };
    const planned = files.filter(({ table }) => table === TABLE).map(({ path }) => path);
    const stored = await storedFiles();
    expect(planned.length).toBeGreaterThan(0);
    expect(stored).toEqual(expect.arrayContaining(planned));
    await vacuum();
    const left = await storedFiles();
    expect(left.filter((path) => planned.includes(path))).toEqual([]);
    const live = await liveFiles();
    expect(left).toEqual(expect.arrayContaining(live));
    // What else is left are links to live files, in the one directory of each hour that Hive reads.
    const links = left.filter((path) => !live.includes(path));
    expect(live.map(nameOf)).toEqual(expect.arrayContaining(links.map(nameOf)));
    const hours = [...new Set(links.map(folderOf))].map(folderOf);
    expect(hours).toEqual([...new Set(hours)]);
    await expectEveryRowOnce();
    const log = new TableLog(openStorage(test.settings), `health/${TABLE}`);
    await log.refresh();
    expect([...log.snapshot.transactions.keys()].filter((appId) => appId.includes('/rewrite/'))).toEqual([]);
  });
});

async function schedules(): Promise<ScheduleReport[]> {
  const { output } = await sluice(test.environment, ['schedules', TABLE, '--json']);
  return JSON.parse(output) as ScheduleReport[];
}

describe('schedules on the real stack', () => {
  it('follow the definition, can be paused, and start the work itself under its own id', async () => {
    expect(await schedules()).toEqual([]);
    define([/^schedules:.*$/m, 'schedules: { compaction: 7m, vacuum: off, quick_audit: 1h, full_audit: off }']);
    const made = await waitFor('the schedules to be made', 60_000, async () => {
      const found = await schedules();
      return found.length === 2 ? found : undefined;
    });
    expect(made.map(({ task, everyMs, paused }) => ({ task, everyMs, paused }))).toEqual([
      { task: 'compaction', everyMs: 420_000, paused: false },
      { task: 'quick-audit', everyMs: 3_600_000, paused: false },
    ]);
    await sluice(test.environment, ['schedules', 'pause', TABLE, 'compaction']);
    define([/compaction: 7m/, 'compaction: 9m']);
    await waitFor('the changed schedule, paused still', 60_000, async () => {
      const compaction = (await schedules()).find(({ task }) => task === 'compaction');
      return (compaction?.everyMs === 540_000 && compaction.paused) || undefined;
    });
    await sluice(test.environment, ['schedules', 'resume', TABLE, 'compaction']);
    // As after the loss of Temporal's database, which a worker may outlive.
    for (const { scheduleId } of made) await client.schedule.getHandle(scheduleId).delete();
    await waitFor('the schedules to be made again', 60_000, async () =>
      (await schedules()).length === 2 ? true : undefined,
    );
    for (const task of ['compaction', 'quick-audit'])
      await client.schedule.getHandle(`sluice/${task}/${TABLE}`).trigger();
    const ended = async (query: string): Promise<true | undefined> => {
      for await (const { status } of client.workflow.list({ query })) if (status.name === 'COMPLETED') return true;
      return undefined;
    };
    await waitFor('the scheduled compaction', 90_000, () =>
      ended(`WorkflowId STARTS_WITH "scheduled/compaction/${TABLE}" AND SluiceState = "Done"`),
    );
    await waitFor('the scheduled audit', 120_000, () =>
      ended(`WorkflowId = "audit/${TABLE}" AND SluiceState = "Clean"`),
    );
    const { policies } = await client.schedule.getHandle(`sluice/compaction/${TABLE}`).describe();
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 540_000, pauseOnFailure: false });
  });
});

describe('retention on the real stack', () => {
  /** A row whose event time lies hours back. */
  function oldRecord(hours: number): TestRecord {
    const record = healthRecord((mark += 1), false);
    const then = new Date(Date.now() - hours * 3_600_000).toISOString();
    const text = String(record.value).replace(/"event_time":\s*"[^"]+"/, `"event_time":"${then}"`);
    return { ...record, value: Buffer.from(text) };
  }

  it('drops partitions that are too old in the log and in Hive, and an audit does not miss their records', async () => {
    await writer.write(0, [30, 50].map(oldRecord));
    await waitUntilCommitted(test.settings, writer.written, 60_000);
    define([/^schedules:/m, 'retention: { max_age: 26h }\nschedules:']);
    const retention = async (...options: string[]): Promise<unknown> =>
      JSON.parse((await sluice(test.environment, ['retention', TABLE, '--json', ...options])).output);
    const planned = (await retention('--dry-run')) as { partitions: object[] }[];
    expect(planned.map(({ partitions }) => partitions.length)).toEqual([2, 0]);
    const reports = (await retention()) as RetentionReport[];
    expect(reports.map(({ dropped, publicationFailure }) => [dropped, publicationFailure])).toEqual([
      [2, null],
      [0, null],
    ]);
    const { exitCode, output } = await sluice(test.environment, ['audit', TABLE, '--json']);
    expect({ exitCode, errors: output.includes('"severity": "error"') }).toEqual({ exitCode: 0, errors: false });
  });
});
