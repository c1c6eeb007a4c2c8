import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, WorkflowIdConflictPolicy } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKGROUND_TASK_QUEUE } from '../workflows/background-protocol.ts';
import { compactionWorkflowId, type CompactionReport } from '../workflows/compaction-protocol.ts';
import { deltaRows } from './delta-reader.ts';
import { healthRecord } from './health-records.ts';
import { readThroughHive } from './hive-reader.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from './table-check.ts';
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
  expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
  const good = [...writer.written.values()].filter((record) => record.rejectedFor === undefined);
  const marks = good.reduce((sum, record) => sum + record.mark, 0);
  const folder = join(fileURLToPath(test.settings.lakeUri), 'health', TABLE);
  expect(await deltaRows(folder, test.settings.cacheFolder)).toEqual({
    rows: good.length,
    positions: good.length,
    marks,
  });
  await waitFor('Hive to hold every row', 60_000, async () => {
    const rows = await readThroughHive(test.settings);
    const sum = [...rows.values()].reduce((total, value) => total + value, 0);
    return (rows.size === good.length && sum === marks) || undefined;
  });
}

beforeAll(async () => {
  test = await startTestStack({ own: ['worker', 'background'] });
  define([/min_files: \d+/, 'min_files: 4']);
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
