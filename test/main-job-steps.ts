import { expect } from 'vitest';
import type { HealthLoad } from './health-load.ts';
import { type FolderReader, readThroughHive } from './hive-reader.ts';
import { compareTables, NO_DIFFERENCES, waitUntilCommitted } from './table-check.ts';
import type { TestStack } from './test-stack.ts';
import { waitFor } from './wait-for.ts';

/** Writes records before, just before and after kill -9 of the worker: each must be there once. */
export async function expectOnceThoughKilled(
  { stack, settings }: TestStack,
  load: HealthLoad,
  [before, meanwhile, after]: readonly [number, number, number],
  firstWithinMs: number,
): Promise<void> {
  await load.write(before);
  await waitUntilCommitted(settings, load.written, firstWithinMs);
  await load.write(meanwhile);
  stack.component('worker').kill('SIGKILL');
  await load.write(after);
  await waitUntilCommitted(settings, load.written, 180_000);
  expect(await compareTables(settings, load.written)).toEqual(NO_DIFFERENCES);
}

/** Reads all rows from the files of Hive's partitions. @param readFolder reads one partition's directory */
export async function expectReadThroughHive(
  { settings }: TestStack,
  { rows }: HealthLoad,
  withinMs: number,
  readFolder?: FolderReader,
): Promise<void> {
  const found = await waitFor('Hive to hold every row', withinMs, async () => {
    const seen = await readThroughHive(settings, readFolder);
    return seen.size === rows.size ? seen : undefined;
  });
  expect(found).toEqual(rows);
}
