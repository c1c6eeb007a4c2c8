import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { testParts } from './batch-parts.ts';
import { testComponents } from './component-faults.ts';
import { testHdfs } from './hdfs-faults.ts';
import { testLakes } from './lake-faults.ts';
import { testLosses } from './losses.ts';
import { type Result, writeResults } from './results.ts';
import { testSteps } from './step-faults.ts';
import { TableUnderLoad } from './table-under-load.ts';

/** `npm run faults` has everything fail in every way; `npm test` a part of it. */
const WHOLE = process.env['SLUICE_FAULTS'] === 'all';
const results: Result[] = [];

afterEach(({ task }) => {
  results.push({
    suite: task.suite?.name ?? '',
    name: task.name,
    passed: task.result?.state === 'pass',
    seconds: Math.round((Date.now() - (task.result?.startTime ?? Number.NaN)) / 1_000),
  });
  if (WHOLE) writeResults(results);
});

describe('a table in a folder', () => {
  let table: TableUnderLoad;

  beforeAll(async () => {
    table = await TableUnderLoad.start();
  });

  afterEach(async () => table.stopProcesses());

  afterAll(async () => table.stop());

  testSteps(() => table, WHOLE);
  testLosses(() => table);
  testParts(() => table);
  if (WHOLE) testComponents(() => table);
});

if (WHOLE) {
  testLakes();
  testHdfs();
}
