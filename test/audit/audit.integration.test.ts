import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { healthRecord } from '../health-records.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { AuditedTable, PARTITIONS } from './audited-table.ts';

const RECORDS_PER_PARTITION = 300;
const BAD_EVERY = 20;

let test: TestStack;
let mark = 0;

beforeAll(async () => {
  test = await startTestStack({ own: [] });
});

afterAll(async () => {
  await test.stop();
});

async function write(table: AuditedTable, count = RECORDS_PER_PARTITION): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = Array.from({ length: count }, () => {
      mark += 1;
      return healthRecord(mark, mark % BAD_EVERY === 1);
    });
    await table.writer.write(partition, records);
  }
}

/** A table with three batches. */
async function filledTable(options?: Parameters<typeof AuditedTable.create>[1]): Promise<AuditedTable> {
  const table = await AuditedTable.create(test.settings, options);
  onTestFinished(() => table.close());
  for (let batch = 0; batch < 3; batch += 1) {
    await write(table);
    await table.ingest();
  }
  return table;
}

describe('a table that nothing has happened to', () => {
  it('is clean, with every record counted', async () => {
    const table = await filledTable();
    const report = await table.audit();
    expect(report).toMatchObject({ verdict: 'clean', findings: [], counts: {}, certificate: 1 });
  });
});
