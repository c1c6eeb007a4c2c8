import type { HealthColumn } from './health-columns.ts';

/** A live file of a table, with the commit that brought it. */
export interface CommittedFile {
  /** Relative to the table's folder, decoded. */
  readonly path: string;
  /** The commit that made its rows readable; undefined for a rewritten file, whose rows were committed before. */
  readonly commit: { readonly version: number; readonly atMs: number } | undefined;
  readonly maxTimeMs: number;
}

/** A file that is at hand for DuckDB to open. */
export interface ReadableFile extends CommittedFile {
  readonly readPath: string;
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * A select over health files under the API's names, after `host` and `event_ms`. A column that the files do not have (an
 * older file, another definition) is NULL.
 */
export function relationOf(columns: readonly HealthColumn[], files: readonly ReadableFile[]): string {
  const declared = [
    'NULL::VARCHAR AS host',
    'NULL::TIMESTAMPTZ AS event_time',
    ...columns.map(({ column, type }) => `NULL::${type} AS "${column}"`),
  ].join(', ');
  const chosen = columns.map(({ column, name, type }) => `"${column}"::${type} AS "${name}"`).join(', ');
  const paths = files.map(({ readPath }) => quoted(readPath)).join(', ');
  return `SELECT host, epoch_ms(event_time) AS event_ms, ${chosen}
    FROM (SELECT ${declared} WHERE false
      UNION ALL BY NAME SELECT * FROM read_parquet([${paths}], union_by_name = true))`;
}

/**
 * A select over one file: its host, its event time in milliseconds, its Kafka partition, then those of the columns that it has, under their own
 * names. A file's own names are matched by DuckDB, since a union with what is declared costs half as much as the reading.
 */
export function rowsOf(columns: readonly HealthColumn[], file: ReadableFile): string {
  const named = (found: readonly HealthColumn[]): string => found.map(({ column }) => quoted(column)).join(', ');
  const numbers = columns.filter(({ type }) => type === 'DOUBLE' || type === 'FLOAT');
  const others = columns.filter((column) => !numbers.includes(column));
  return `SELECT epoch_ms(event_time)::DOUBLE AS event_ms,
      COLUMNS(name -> name IN ('kafka_partition', ${named(numbers)}))::DOUBLE,
      COLUMNS(name -> name IN ('host', ${named(others)}))
    FROM read_parquet(${quoted(file.readPath)})`;
}
