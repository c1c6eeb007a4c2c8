import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import { rejectedTable } from '../../plans/table-shape.ts';
import type { RejectedGroup, RejectedReport, RejectedSample } from '../api/wire.ts';
import { hexText, safeText } from '../safe-text.ts';
import type { IndexedFile } from './indexed-file.ts';
import type { TableFollower } from './table-follower.ts';

/** Rejected records looked at by one answer: the newest ones. */
export const MAX_RECORDS_READ = 500_000;
/** Their files at most: in an object store each is a request. */
export const MAX_FILES_READ = 400;
/** Records shown of each reason, and bytes of each that are shown. */
export const SAMPLES = 3;
export const SAMPLE_BYTES = 1_024;
/** What DuckDB may use for one answer. */
const LIMITS = { threads: 1, memoryLimit: '512MB' };

/** Rejected records by reason, read from the rejected table when somebody asks, and kept until it changes. */
export class RejectedRecords {
  readonly #storage: Storage;
  readonly #table: TableFollower;
  #kept: { readonly version: number; readonly report: Promise<RejectedReport> } | undefined;

  constructor(storage: Storage, table: TableFollower) {
    this.#storage = storage;
    this.#table = table;
  }

  /** Those who ask between two changes of the rejected table share one reading. */
  async report(): Promise<RejectedReport> {
    const version = this.#table.rejectedVersion;
    if (this.#kept?.version === version) return this.#kept.report;
    const report = this.#read();
    this.#kept = { version, report };
    try {
      return await report;
    } catch (thrown) {
      this.#kept = undefined;
      throw thrown;
    }
  }

  async #read(): Promise<RejectedReport> {
    const { definition, rejectedFiles } = this.#table;
    const files = newestFiles(rejectedFiles.overlapping(0, Number.POSITIVE_INFINITY));
    const recordsRead = files.reduce((sum, { rows }) => sum + rows, 0);
    const shape = rejectedTable(definition);
    const about = { table: definition.table, rejectedTable: shape.table, recordsTotal: rejectedFiles.rowsTotal };
    if (recordsRead === 0) return { ...about, recordsRead, groups: [] };
    const paths = files.map(({ path }) => `${shape.path}/${path}`);
    const rows = await this.#storage.readLocally(paths, (local) => readGroups(local));
    return { ...about, recordsRead, groups: rows.map(groupOf) };
  }
}

/** The newest files, as many as the limits allow; one that is larger by itself is read all the same. */
function newestFiles(newestFirst: readonly IndexedFile[]): IndexedFile[] {
  let records = 0;
  const taken: IndexedFile[] = [];
  for (const file of newestFirst) {
    if (file.rows === 0) continue;
    records += file.rows;
    if (taken.length > 0 && (records > MAX_RECORDS_READ || taken.length >= MAX_FILES_READ)) break;
    taken.push(file);
  }
  return taken;
}

type Row = Record<string, unknown>;

async function readGroups(localPaths: readonly string[]): Promise<Row[]> {
  const session = await DuckDbSession.open(LIMITS);
  try {
    return await session.rows(`
      WITH records AS (
        SELECT * FROM read_parquet([${localPaths.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)
      ), numbered AS (
        SELECT *, row_number() OVER (PARTITION BY reason ORDER BY kafka_timestamp DESC, kafka_partition, kafka_offset DESC) AS place
        FROM (SELECT reason, detail, kafka_partition, kafka_offset, kafka_timestamp,
                hex(record_key[1:${SAMPLE_BYTES}]) AS key, hex(record_value[1:${SAMPLE_BYTES}]) AS value,
                octet_length(record_key) AS key_size, octet_length(record_value) AS value_size FROM records)
      )
      SELECT reason, count(*) AS records, min(epoch_ms(kafka_timestamp)) AS first, max(epoch_ms(kafka_timestamp)) AS last,
        list({partition: kafka_partition, "offset": kafka_offset, moment: epoch_ms(kafka_timestamp), detail: detail,
              key: key, value: value, key_size: key_size, value_size: value_size} ORDER BY place)
          FILTER (WHERE place <= ${SAMPLES}) AS samples
      FROM numbered GROUP BY reason ORDER BY records DESC, reason`);
  } finally {
    session.close();
  }
}

function groupOf(row: Row): RejectedGroup {
  return {
    reason: String(row['reason']),
    records: Number(row['records']),
    firstAtMs: Number(row['first']),
    lastAtMs: Number(row['last']),
    samples: (row['samples'] as Row[]).map(sampleOf),
  };
}

function sampleOf(row: Row): RejectedSample {
  return {
    partition: Number(row['partition']),
    offset: String(row['offset']),
    kafkaTimeMs: Number(row['moment']),
    detail: typeof row['detail'] === 'string' ? row['detail'] : null,
    key: bytesOf(row['key'], row['key_size']),
    value: bytesOf(row['value'], row['value_size']),
  };
}

function bytesOf(hex: unknown, sizeBytes: unknown): RejectedSample['value'] {
  if (typeof hex !== 'string') return null;
  const bytes = Buffer.from(hex, 'hex');
  return { sizeBytes: Number(sizeBytes), shownBytes: bytes.length, text: safeText(bytes), hex: hexText(bytes) };
}
