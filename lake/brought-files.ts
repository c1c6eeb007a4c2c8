import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { isPattern } from '../settings/plain-folder.ts';

/** What files of records must hold, and how Parquet files have it: an archive's columns. */
const COLUMNS: Readonly<Record<string, string>> = {
  kafka_partition: 'INTEGER',
  kafka_offset: 'BIGINT',
  kafka_timestamp: 'TIMESTAMP WITH TIME ZONE',
  record_key: 'BLOB',
  record_value: 'BLOB',
};
const NAMES = Object.keys(COLUMNS);
const KINDS = ['parquet', 'ndjson'] as const;
/** The longest line of NDJSON; longer records come as Parquet. DuckDB takes twice as much for each thread. */
const MAX_LINE_BYTES = 32 * 1024 ** 2;
const LIMITS = { threads: 1, memoryLimit: '1GB' };

/**
 * Reads an operator's files of records, a file or all of a folder, into one Parquet file with an archive's columns.
 * @returns the path of that file, in `folder`
 * @throws SluiceError BACKFILL_REFUSED for anything that is not as docs/backfill.md says
 */
export async function readBroughtFiles(path: string, folder: string): Promise<string> {
  const { kind, paths } = filesAt(path);
  const from = kind === 'parquet' ? await parquetRows(path, paths) : await ndjsonRows(path, paths);
  const target = join(folder, 'source.parquet');
  await asking(
    path,
    `COPY (SELECT ${NAMES.join(', ')} FROM ${from} ORDER BY kafka_partition, kafka_offset)
    TO ${literal(target)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await requireRecords(path, `read_parquet(${literal(target)})`);
  return target;
}

function filesAt(path: string): { readonly kind: (typeof KINDS)[number]; readonly paths: string[] } {
  let paths: string[];
  try {
    paths = statSync(path).isDirectory()
      ? readdirSync(path)
          .sort()
          .map((name) => join(path, name))
      : [path];
  } catch (cause) {
    throw refused(path, 'it cannot be read', cause);
  }
  const pattern = paths.find(isPattern);
  if (pattern !== undefined) throw refused(path, `${pattern} holds *, ? or [, which DuckDB takes for a pattern`);
  const kind = KINDS.find((each) => paths.length > 0 && paths.every((file) => file.endsWith(`.${each}`)));
  if (kind === undefined)
    throw refused(path, 'it must be one .parquet or .ndjson file, or a folder of files of one kind');
  return { kind, paths };
}

async function parquetRows(path: string, paths: readonly string[]): Promise<string> {
  for (const file of paths) {
    const rows = await asking(path, `DESCRIBE SELECT * FROM read_parquet(${literal(file)}, hive_partitioning = false)`);
    const types = new Map(rows.map((row) => [String(row['column_name']), String(row['column_type'])]));
    const wrong = NAMES.find((name) => types.get(name) !== COLUMNS[name]);
    if (wrong === undefined) continue;
    throw refused(
      path,
      `the column ${wrong} of ${file} is ${types.get(wrong) ?? 'missing'}; it must be ${COLUMNS[wrong] ?? ''}`,
    );
  }
  return `read_parquet([${paths.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)`;
}

async function ndjsonRows(path: string, paths: readonly string[]): Promise<string> {
  const files = `[${paths.map(literal).join(', ')}]`;
  const has = NAMES.map((name) => `json_exists(json, '$.${name}')`).join(' AND ');
  const lines = `read_ndjson_objects(${files}, maximum_object_size = ${MAX_LINE_BYTES})`;
  const [odd] = await asking(path, `SELECT left(json::VARCHAR, 200) AS line FROM ${lines} WHERE NOT (${has}) LIMIT 1`);
  if (odd) throw refused(path, `the line ${String(odd['line'])} lacks one of the keys ${NAMES.join(', ')}`);
  const columns = NAMES.map((name) => `${name}: '${COLUMNS[name] === 'BLOB' ? 'VARCHAR' : (COLUMNS[name] ?? '')}'`);
  const read = `read_json(${files}, format = 'newline_delimited', columns = {${columns.join(', ')}}, maximum_object_size = ${MAX_LINE_BYTES})`;
  return `(SELECT * REPLACE (encode(record_key) AS record_key, encode(record_value) AS record_value) FROM ${read})`;
}

/** There must be some, each with its place, and no two with the same. */
async function requireRecords(path: string, from: string): Promise<void> {
  const [found] = await asking(
    path,
    `SELECT count(*) AS records, count(*) FILTER (kafka_partition IS NULL OR kafka_offset IS NULL OR kafka_timestamp IS NULL) AS unplaced FROM ${from}`,
  );
  if (Number(found?.['records']) === 0) throw refused(path, 'it holds no record');
  if (Number(found?.['unplaced']) > 0) throw refused(path, 'a record lacks its partition, offset or timestamp');
  const [twice] = await asking(
    path,
    `SELECT kafka_partition AS p, kafka_offset AS o FROM ${from} GROUP BY p, o HAVING count(*) > 1 LIMIT 1`,
  );
  if (twice) throw refused(path, `it holds offset ${String(twice['o'])} of partition ${String(twice['p'])} twice`);
}

async function asking(path: string, sql: string): Promise<Record<string, unknown>[]> {
  const session = await DuckDbSession.open(LIMITS);
  try {
    return await session.rows(sql);
  } catch (cause) {
    throw refused(path, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    session.close();
  }
}

function refused(path: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError('BACKFILL_REFUSED', `${path} cannot be a backfill's source: ${why}.`, {
    remedy: 'docs/backfill.md says what files of records look like.',
    cause,
  });
}
