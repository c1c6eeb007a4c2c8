import { loadDefinition } from '../definition/load.ts';
import { literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { partitionAppId } from '../plans/batch.ts';
import { mainTable, rejectedTable, type TableShape } from '../plans/table-shape.ts';
import type { Settings } from '../settings/settings.ts';
import type { TestRecord } from './health-records.ts';
import { waitFor } from './wait-for.ts';

export const TABLE = 'server_health';

/** What differs between records and tables; empty where each record is in exactly one of the two, exactly once. */
export interface Differences {
  readonly missing: string[];
  readonly twice: string[];
  readonly unexpected: string[];
  readonly wrong: string[];
}

export const NO_DIFFERENCES: Differences = { missing: [], twice: [], unexpected: [], wrong: [] };

/** Waits until the log says that every record is committed. */
export async function waitUntilCommitted(
  settings: Settings,
  written: ReadonlyMap<string, TestRecord>,
  limitMs: number,
): Promise<void> {
  const definition = loadDefinition(settings.tablesFolder, TABLE);
  const ends = new Map<string, number>();
  for (const position of written.keys()) {
    const [partition = '', offset] = position.split('/');
    ends.set(partition, Math.max(ends.get(partition) ?? 0, Number(offset) + 1));
  }
  const log = new TableLog(openStorage(settings), mainTable(definition).path);
  await waitFor('every record to be committed', limitMs, async () => {
    await log.refresh();
    const reached = [...ends].every(
      ([partition, end]) =>
        (log.snapshot.transactionVersion(partitionAppId(definition.source.topic, partition)) ?? 0) >= end,
    );
    return reached || undefined;
  });
}

/** Compares table and rejected table with what was written, record by record. */
export async function compareTables(
  settings: Settings,
  written: ReadonlyMap<string, TestRecord>,
): Promise<Differences> {
  const definition = loadDefinition(settings.tablesFolder, TABLE);
  const differences: Differences = { missing: [], twice: [], unexpected: [], wrong: [] };
  const seen = new Set<string>();
  const meet = (position: string, isRight: (record: TestRecord) => boolean): void => {
    const record = written.get(position);
    if (seen.has(position)) differences.twice.push(position);
    else if (record === undefined) differences.unexpected.push(position);
    else if (!isRight(record)) differences.wrong.push(position);
    seen.add(position);
  };
  for (const row of await rowsOf(
    settings,
    mainTable(definition),
    "concat(kafka_partition, '/', kafka_offset) AS at, load_1, host",
  )) {
    meet(
      String(row['at']),
      (record) => record.rejectedFor === undefined && row['load_1'] === record.mark && row['host'] === record.key,
    );
  }
  for (const row of await rowsOf(
    settings,
    rejectedTable(definition),
    "concat(kafka_partition, '/', kafka_offset) AS at, reason, hex(record_value) AS value, record_key::VARCHAR AS key",
  )) {
    meet(
      String(row['at']),
      (record) =>
        row['reason'] === record.rejectedFor &&
        row['key'] === record.key &&
        row['value'] === (record.value === null ? null : record.value.toString('hex').toUpperCase()),
    );
  }
  for (const position of written.keys()) if (!seen.has(position)) differences.missing.push(position);
  return differences;
}

/** Columns of every row of a table's live files. */
async function rowsOf(settings: Settings, shape: TableShape, columns: string): Promise<Record<string, unknown>[]> {
  const storage = openStorage(settings);
  const log = new TableLog(storage, shape.path);
  await log.refresh();
  const paths = [...log.snapshot.files.keys()].map((path) => `${shape.path}/${decodeURI(path)}`);
  if (paths.length === 0) return [];
  return storage.readLocally(paths, (local) => {
    const files = local.map(literal).join(', ');
    return DuckDbSession.once(`SELECT ${columns} FROM read_parquet([${files}], hive_partitioning = false)`);
  });
}
