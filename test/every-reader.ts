import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Settings } from '../settings/settings.ts';
import { deltaRows } from './delta-reader.ts';
import type { TestRecord } from './health-records.ts';
import { readThroughHive } from './hive-reader.ts';
import { compareTables, NO_DIFFERENCES, TABLE } from './table-check.ts';
import { waitFor } from './wait-for.ts';

/** Each record is in the table or rejected, once, for us, for deltalake, and, before long, through Hive. */
export async function expectEveryReaderToSee(
  settings: Settings,
  records: ReadonlyMap<string, TestRecord>,
): Promise<void> {
  expect(await compareTables(settings, records)).toEqual(NO_DIFFERENCES);
  const good = [...records.values()].filter(({ rejectedFor }) => rejectedFor === undefined);
  const marks = good.reduce((sum, { mark }) => sum + mark, 0);
  const folder = join(fileURLToPath(settings.lakeUri), 'health', TABLE);
  const { length } = good;
  expect(await deltaRows(folder, settings.cacheFolder)).toEqual({ rows: length, positions: length, marks });
  await waitFor('Hive to hold every row', 60_000, async () => {
    const rows = await readThroughHive(settings);
    const sum = [...rows.values()].reduce((total, value) => total + value, 0);
    return (rows.size === length && sum === marks) || undefined;
  });
}
