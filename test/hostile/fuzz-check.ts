import { loadDefinition } from '../../definition/load.ts';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import { decodedPath } from '../../plans/file-place.ts';
import { mainTable, rejectedTable, type TableShape } from '../../plans/table-shape.ts';
import type { Settings } from '../../settings/settings.ts';
import type { FuzzedRecord } from './fuzzed-record.ts';
import type { FuzzedTopic } from './fuzzed-topic.ts';

/** Differences that are told of; a million of them would say no more. */
const MOST_TOLD = 20;

/** What was found of a topic's records in the two tables. */
export interface FuzzOutcome {
  readonly rows: number;
  readonly rejected: number;
  readonly kinds: ReadonlySet<string>;
  /** In words, the first few; none where each record is once where it belongs, with its own bytes. */
  readonly differences: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

/** Compares every row and every rejected row with the record of its partition and offset. */
export async function compareWithTopic(settings: Settings, table: string, topic: FuzzedTopic): Promise<FuzzOutcome> {
  const definition = loadDefinition(settings.tablesFolder, table);
  const seen = topic.ends.map((end) => new Uint8Array(end));
  const kinds = new Set<string>();
  const differences: string[] = [];
  const differ = (row: Row, what: string): void => {
    const at = `${String(row['kafka_partition'])}/${String(row['kafka_offset'])}`;
    if (differences.length < MOST_TOLD) differences.push(`${at}: ${what}`);
  };
  const meet = (row: Row, faultOf: (record: FuzzedRecord & { number: number }) => string | undefined): void => {
    const [partition, offset] = [Number(row['kafka_partition']), Number(row['kafka_offset'])];
    const record = topic.recordAt(partition, offset);
    const times = seen[partition];
    if (record === undefined || times === undefined) {
      differ(row, 'is no record of the topic');
      return;
    }
    if ((times[offset] = (times[offset] ?? 0) + 1) > 1) differ(row, 'is there twice');
    const fault = faultOf(record);
    if (fault !== undefined) differ(row, `${record.kind}: ${fault}`);
    kinds.add(record.kind);
  };
  const rows = await forEachRow(settings, mainTable(definition), 'host, load_1', (row) =>
    meet(row, (record) => faultOfRow(row, record)),
  );
  const columns = 'kafka_topic, hex(record_key) AS key, hex(record_value) AS value, reason, kafka_timestamp';
  const rejected = await forEachRow(settings, rejectedTable(definition), columns, (row) =>
    meet(row, (record) => faultOfRejected(row, record, definition.source.topic, topic.nowMs)),
  );
  seen.forEach((times, partition) =>
    times.forEach((count, offset) => {
      if (count === 0) differ({ kafka_partition: partition, kafka_offset: offset }, 'is in neither table');
    }),
  );
  return { rows, rejected, kinds, differences };
}

function faultOfRow(row: Row, { reasons, value, number }: FuzzedRecord & { number: number }): string | undefined {
  if (reasons.length > 0) return 'has become a row';
  const { host } = JSON.parse(String(value)) as { host: string };
  return row['load_1'] === number && row['host'] === host ? undefined : `is the row ${JSON.stringify(row)}`;
}

function faultOfRejected(row: Row, record: FuzzedRecord, topic: string, nowMs: number): string | undefined {
  for (const [part, bytes] of Object.entries({ key: record.key, value: record.value })) {
    const [found, sent] = [row[part], bytes?.toString('hex').toUpperCase() ?? null];
    if (found !== sent) return `${part} ${shortened(found)} instead of ${shortened(sent)}`;
  }
  if (!record.reasons.some((reason) => reason === row['reason'])) return `rejected for ${String(row['reason'])}`;
  if (row['kafka_topic'] !== topic) return `from topic ${String(row['kafka_topic'])}`;
  const timestampMs = Date.parse(String(row['kafka_timestamp']).replace(' ', 'T').replace(/\+00$/, 'Z'));
  return timestampMs === nowMs ? undefined : `of ${String(row['kafka_timestamp'])}`;
}

function shortened(hex: unknown): string {
  const text = String(hex);
  return text.length > 80 ? `${text.slice(0, 80)}… of ${text.length / 2} bytes` : text;
}

/** Each row of a table's live files, one file at a time. @returns how many there are */
async function forEachRow(
  settings: Settings,
  shape: TableShape,
  columns: string,
  look: (row: Row) => void,
): Promise<number> {
  const storage = openStorage(settings);
  const log = new TableLog(storage, shape.path);
  await log.refresh();
  const paths = [...log.snapshot.files.keys()].map((path) => `${shape.path}/${decodedPath(path)}`);
  let count = 0;
  await storage.readLocally(paths, async (files) => {
    for (const file of files) {
      const from = `read_parquet(${literal(file)}, hive_partitioning = false)`;
      const rows = await DuckDbSession.once(`SELECT kafka_partition, kafka_offset, ${columns} FROM ${from}`);
      rows.forEach(look);
      count += rows.length;
    }
  });
  return count;
}
