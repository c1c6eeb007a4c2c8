import type { ColumnDefinition, ColumnType, TableDefinition } from '../../definition/table-definition.ts';
import { LINE_OVERHEAD_BYTES } from '../../kafka/line-buffer.ts';
import type { RejectionReason } from '../../plans/rejection.ts';
import { identifier, literal } from '../../duckdb/quote.ts';

/** DuckDB's type of each column type. `timestamp` becomes INT64 micros adjusted to UTC in Parquet. */
export const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'VARCHAR',
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMPTZ',
  date: 'DATE',
};

/** Lines of one Kafka partition, as files. */
export interface SpooledPartition {
  readonly partition: number;
  readonly paths: readonly string[];
}

/** The longest line that a spool may hold: DuckDB must be told, for it refuses a file with a longer one. */
export function longestLineBytes({ limits }: TableDefinition): number {
  return limits.maxRecordBytes + LINE_OVERHEAD_BYTES;
}

/**
 * One row a spooled record: `p`, `o`, `t` say where it came from, and `r<i>` is the text of the definition's i-th column,
 * NULL where the record has none. Texts, because a typed read would round 7.5 to 8 and take true for 1.
 */
export function spooledRecords(definition: TableDefinition, spooled: readonly SpooledPartition[]): string {
  const names = definition.columns.map((column) => column.name);
  const columns = ["'~o': 'BIGINT'", "'~t': 'BIGINT'", ...names.map((name) => `${literal(name)}: 'VARCHAR'`)].join(
    ', ',
  );
  const texts = names.map((name, index) => `${identifier(name)} AS r${index}`).join(', ');
  return spooled
    .map(
      ({ partition, paths }) =>
        `SELECT ${partition} AS p, "~o" AS o, "~t" AS t, ${texts} FROM read_json([${paths.map(literal).join(', ')}],
         format = 'newline_delimited', columns = {${columns}}, maximum_object_size = ${longestLineBytes(definition)})`,
    )
    .join(' UNION ALL ');
}

/** Adds to `spooledRecords` the value `c<i>` of each column, NULL where the text does not cast to its type. */
export function castRecords(definition: TableDefinition, records: string): string {
  const casts = definition.columns.map((column, index) => `${castOf(column.type, `r${index}`)} AS c${index}`);
  return `SELECT *, ${casts.join(', ')} FROM (${records})`;
}

/**
 * What a text must be to be accepted:
 * int, bigint: a whole number in decimal digits, in range; double: a finite decimal number; boolean: true, false and
 * the words that SQL takes for them; timestamp and date: ISO 8601, UTC where no zone is given.
 */
function castOf(type: ColumnType, text: string): string {
  const cast = `TRY_CAST(${text} AS ${DUCKDB_TYPES[type]})`;
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      return cast;
    case 'int':
    case 'bigint':
      // The round trip settles nearly all; only what is written unusually pays for the pattern.
      return `CASE WHEN ${cast}::VARCHAR = ${text} THEN ${cast} WHEN regexp_full_match(${text}, '\\s*[+-]?[0-9]+\\s*') THEN ${cast} END`;
    case 'double':
      return `CASE WHEN isfinite(${cast}) AND NOT contains(${text}, '_') THEN ${cast} END`;
    case 'timestamp':
    case 'date':
      return `CASE WHEN isfinite(${cast}) AND regexp_matches(${text}, '^\\s*[0-9]{4}-') THEN ${cast} END`;
  }
}

/** TRUE for the rows of `castRecords` that the table can hold. */
export function acceptance(definition: TableDefinition): string {
  return rejections(definition)
    .map(({ when }) => `NOT (${when})`)
    .join(' AND ');
}

/** A struct of reason and detail for the rows of `castRecords` that the table can't hold. */
export function rejection(definition: TableDefinition): string {
  const cases = rejections(definition).map(
    ({ when, reason, detail }) => `WHEN ${when} THEN {'reason': ${literal(reason)}, 'detail': ${detail}}`,
  );
  return `CASE ${cases.join(' ')} END`;
}

interface Rejection {
  readonly when: string;
  readonly reason: RejectionReason;
  /** SQL of a text that says more. */
  readonly detail: string;
}

/** Length of a record's own text in a detail; the original bytes are in the rejected row anyway. */
const DETAIL_TEXT_LENGTH = 100;

function rejections(definition: TableDefinition): Rejection[] {
  const required = definition.columns.flatMap((column, index) => (column.required ? [missing(column, index)] : []));
  const typed = definition.columns.flatMap((column, index) =>
    column.type === 'string' ? [] : [mistyped(column, index)],
  );
  return [...required, ...typed, ...outsideWindow(definition)];
}

function missing(column: ColumnDefinition, index: number): Rejection {
  return { when: `r${index} IS NULL`, reason: 'missing_field', detail: literal(`${column.name} is required`) };
}

function mistyped(column: ColumnDefinition, index: number): Rejection {
  return {
    when: `r${index} IS NOT NULL AND c${index} IS NULL`,
    reason: 'wrong_type',
    detail: `concat(${literal(`${column.name} is no ${column.type}: `)}, left(r${index}, ${DETAIL_TEXT_LENGTH}))`,
  };
}

/** Measured from the record's own Kafka timestamp, so that a record's fate is the same whenever it is read. */
function outsideWindow(definition: TableDefinition): Rejection[] {
  const { column, acceptPastMs, acceptFutureMs } = definition.eventTime;
  const index = definition.columns.findIndex((candidate) => candidate.name === column);
  const distance = `(epoch_ms(c${index}) - t)`;
  const detail = `concat(${literal(`${column} is `)}, left(r${index}, ${DETAIL_TEXT_LENGTH}))`;
  return [
    { when: `${distance} < -${acceptPastMs}`, reason: 'event_time_too_old', detail },
    { when: `${distance} > ${acceptFutureMs}`, reason: 'event_time_too_new', detail },
  ];
}

/** The table's own row of an accepted record, with its partition columns. */
export function tableRow(definition: TableDefinition): string {
  const eventTime = `c${definition.columns.findIndex((column) => column.name === definition.eventTime.column)}`;
  const columns = definition.columns.map((column, index) => `c${index} AS ${identifier(column.name)}`);
  const partition = [`CAST(${eventTime} AS DATE) AS dt`];
  if (definition.partitionBy === 'hour') partition.push(`CAST(hour(${eventTime}) AS INTEGER) AS hour`);
  return [
    ...columns,
    'CAST(p AS INTEGER) AS kafka_partition',
    'o AS kafka_offset',
    'make_timestamptz(t * 1000) AS kafka_timestamp',
    ...partition,
  ].join(', ');
}
