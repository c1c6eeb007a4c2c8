import type { ColumnType, TableDefinition } from '../../definition/table-definition.ts';
import type { Relation } from './connect-protocol.ts';
import { project } from './relations.ts';

/**
 * What Spark decides by itself: records that are written plainly, so that its parser and its casts can't differ from
 * the rules of docs/tables.md. All others are left for the judge that every engine shares. `FALSE` here never means
 * rejected, only that this is not the place to say.
 */
export const SPARK_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'STRING',
  boolean: 'BOOLEAN',
  int: 'INT',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
};

/** Half a surrogate pair and U+0000: escapes that parsers treat differently. */
const DOUBTFUL_ESCAPE = String.raw`\\u([dD][89a-fA-F]|0000)`;
/** Texts in a string column that may have been something else than a string, which is kept as JSON writes it. */
const DOUBTFUL_TEXT = String.raw`^([{\[]|-?[0-9]+[.eE]|-0|[0-9]{17})`;
const PLAIN_DOUBLE = String.raw`^-?(0|[1-9][0-9]{0,15})([.][0-9]{1,17})?([eE][+-]?[0-9]{1,3})?$`;
const PLAIN_DATE = '^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$';
const PLAIN_TIMESTAMP =
  '^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][01][0-9]:[0-9]{2})?$';

const RESERVED = ['~o', '~t'];

/**
 * Adds to Kafka's columns `p`, `o`, `t` (where a record came from, and when, in ms), `c<i>` for each column of the definition, `extra` (names
 * of fields that no column takes), `dt` and `hour`, and `plain`: whether all of that may be believed.
 * @param mark a text that no record can know
 */
export function plainRecords(definition: TableDefinition, source: Relation, mark: string): Relation {
  const { columns } = definition;
  const origin = 'partition AS p, offset AS o, timestamp AS at, unix_millis(timestamp) AS t, key, value'.split(', ');
  const texts = project(source, [...origin, 'CAST(value AS STRING) AS text']);
  const kept = ['p', 'o', 'at', 't', 'key', 'value'];
  const parsed = project(texts, [
    ...kept,
    'text',
    `${documents(definition, mark)} AS docs`,
    'json_object_keys(text) AS names',
  ]);
  const fields = project(parsed, [
    ...kept,
    `${whole(definition, mark)} AS whole`,
    `array_except(names, array(${columns.map(({ name }) => literal(name)).join(', ')})) AS extra`,
    ...columns.map(({ name }, index) => `docs[0].${quoted(name)} AS r${index}`),
  ]);
  const cast = project(fields, [
    ...kept,
    'whole',
    'extra',
    ...columns.flatMap(({ type }, index) => [`r${index}`, `TRY_CAST(r${index} AS ${SPARK_TYPES[type]}) AS c${index}`]),
  ]);
  const eventTime = `c${columns.findIndex(({ name }) => name === definition.eventTime.column)}`;
  return project(cast, [
    ...kept,
    'extra',
    ...columns.map((_, index) => `c${index}`),
    `CAST(${eventTime} AS DATE) AS dt`,
    `hour(${eventTime}) AS hour`,
    `COALESCE(whole AND ${acceptance(definition, eventTime)}, FALSE) AS plain`,
  ]);
}

/**
 * The value between `[` and `, {mark}]`: whatever follows the object in the value, be it cut off, more of the same or
 * brackets that fit, makes this no array of two.
 */
function documents(definition: TableDefinition, mark: string): string {
  const fields = [...definition.columns.map(({ name }) => name), mark]
    .map((name) => `${quoted(name)} STRING`)
    .join(', ');
  const strict = Object.entries({
    allowSingleQuotes: false,
    allowNonNumericNumbers: false,
    allowUnquotedFieldNames: false,
    allowComments: false,
    allowNumericLeadingZeros: false,
    allowBackslashEscapingAnyCharacter: false,
    allowUnquotedControlChars: false,
  });
  const options = strict.map(([name, value]) => `'${name}', '${value}'`).join(', ');
  return `from_json(concat('[', text, ',{"${mark}":"1"}]'), ${literal(`ARRAY<STRUCT<${fields}>>`)}, map(${options}))`;
}

function whole({ limits }: TableDefinition, mark: string): string {
  return [
    `length(value) <= ${limits.maxRecordBytes}`,
    'is_valid_utf8(text)',
    'size(docs) = 2',
    'docs[0] IS NOT NULL',
    `docs[0].${quoted(mark)} IS NULL`,
    `docs[1].${quoted(mark)} = '1'`,
    'size(names) = size(array_distinct(names))',
    ...RESERVED.map((name) => `NOT array_contains(names, ${literal(name)})`),
    `NOT text RLIKE ${rawLiteral(DOUBTFUL_ESCAPE)}`,
  ].join(' AND ');
}

function acceptance(definition: TableDefinition, eventTime: string): string {
  const { acceptPastMs, acceptFutureMs } = definition.eventTime;
  const columns = definition.columns.map(({ type, required }, index) => {
    const plain = isPlain(type, `r${index}`, `c${index}`);
    return required ? `(r${index} IS NOT NULL AND ${plain})` : `(r${index} IS NULL OR ${plain})`;
  });
  // A millisecond inside the window: on its edge, rounding would decide.
  const window = `unix_millis(${eventTime}) - t BETWEEN ${1 - acceptPastMs} AND ${acceptFutureMs - 1}`;
  return [...columns, window].join(' AND ');
}

/** Whether a text is written so that nobody can take it for anything else; `value` is what Spark makes of it. */
function isPlain(type: ColumnType, text: string, value: string): string {
  switch (type) {
    case 'string':
      return `NOT ${text} RLIKE ${rawLiteral(DOUBTFUL_TEXT)}`;
    case 'boolean':
      return `${text} IN ('true', 'false')`;
    case 'int':
    case 'bigint':
      return `CAST(${value} AS STRING) = ${text}`;
    case 'double':
      // Near the ends of the range parsers differ in what they refuse, and zero may be what is left of a tiny number.
      return `(${text} RLIKE ${rawLiteral(PLAIN_DOUBLE)} AND (${text} IN ('0', '0.0') OR abs(${value}) BETWEEN 1e-300 AND 1e300))`;
    case 'date':
      return `(${text} RLIKE ${rawLiteral(PLAIN_DATE)} AND ${value} IS NOT NULL)`;
    case 'timestamp':
      return `(${text} RLIKE ${rawLiteral(PLAIN_TIMESTAMP)} AND ${value} IS NOT NULL)`;
  }
}

/** The table's own row of a plain record, with its partition columns. */
export function tableRow(definition: TableDefinition): string[] {
  return [
    ...definition.columns.map(({ name }, index) => `c${index} AS ${quoted(name)}`),
    'p AS kafka_partition',
    'o AS kafka_offset',
    'at AS kafka_timestamp',
    'dt',
    ...(definition.partitionBy === 'hour' ? ['hour'] : []),
  ];
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Names of columns and the like: they hold neither quotes nor backslashes. */
function literal(text: string): string {
  return `'${text}'`;
}

/** A text without escapes, as patterns need it. */
function rawLiteral(pattern: string): string {
  return `r'${pattern}'`;
}
