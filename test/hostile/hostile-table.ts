import type { TestRecord } from '../health-records.ts';

/**
 * A table whose every name is allowed, and means something else to somebody: SQL's reserved words, what DuckDB and Hive add to
 * rows by themselves, what Sluice's own SQL calls its parts, what every object of JavaScript has.
 */
export const TABLE = 'select';
export const DATABASE = 'order';
export const TOPIC = 'a..b-C_9.rejected';

const WORDS = [
  ...['select', 'from', 'where', 'group', 'order', 'table', 'values', 'null', 'true', 'user', 'end', 'union', 'unnest'],
  ...['filename', 'file_row_number', 'file_index', 'rowid', 'ctid', 'hive_partition', 'partition', 'year'],
  ...['input__file__name', 'block__offset__inside__file', 'row__id'],
  ...[
    'p',
    'o',
    't',
    'r0',
    'c0',
    'h',
    'x',
    'a',
    'b',
    'e',
    'k',
    'v',
    'key',
    'value',
    'json',
    'name',
    'rows',
    'columns',
    'file',
  ],
  ...[
    'known',
    'local_path',
    'path',
    'actual',
    'expected',
    'differing',
    'replacing',
    'derived',
    'record_value',
    'reason',
    'detail',
  ],
  ...[
    'rejected',
    'topic',
    'offset',
    'kind',
    'extra',
    'plain',
    'whole',
    'text',
    'docs',
    'names',
    'count',
    'sum',
    'hash',
  ],
  ...['constructor', 'prototype', 'hasownproperty', 'length', 'then', 'add', 'remove', 'txn'],
  'x'.repeat(100),
];
/** What rows hold: texts that would be something else where they are not quoted, or shown as they are. */
const TEXTS = [
  "it's; DROP TABLE x; --",
  '"; DROP TABLE x; --',
  '../../etc/passwd',
  'dt=2026-01-01/hour=5',
  '%2F..%2f',
  'a\nb\r\n\tc\\n',
  'NULL',
  '',
  ' ',
  '\u202egnp.exe\u200b',
  'ünïcode 漢字 🜂',
  '<script>alert(1)</script>',
  '${jndi:ldap://x}{{x}}$(id)`id`',
  '__HIVE_DEFAULT_PARTITION__',
  'x'.repeat(500),
];

export const DEFINITION = JSON.stringify({
  table: TABLE,
  database: DATABASE,
  description: TEXTS.join(' '),
  source: { topic: TOPIC, format: 'json' },
  columns: [
    ...WORDS.map((name) => ({ name, type: 'string' })),
    { name: 'timestamp', type: 'timestamp', required: true },
    { name: 'date', type: 'date' },
    { name: 'int', type: 'int' },
    { name: 'double', type: 'double' },
  ],
  event_time: { column: 'timestamp' },
  compaction: { sort_by: ['filename', 'select', 'timestamp'], min_files: 2 },
  limits: { max_rows: 150 },
  vacuum: { grace: '1s', log_retention: '10m' },
  schedules: { compaction: 'off', vacuum: 'off', retention: 'off', quick_audit: 'off', full_audit: 'off' },
});

/** The text of a row in a column. */
function textOf(mark: number, column: number): string {
  return TEXTS[(mark + column) % TEXTS.length] ?? '';
}

/** A record with a text in every column; each eleventh can't be a row, and each third has to be read with care. */
export function hostileRecord(mark: number, nowMs: number): TestRecord {
  const fields = {
    timestamp: new Date(nowMs - (3 + (mark % 2)) * 3_600_000).toISOString(),
    date: '2026-11-28',
    int: mark % 11 === 0 ? "1'; --" : mark,
    double: mark / 2,
    ...Object.fromEntries(WORDS.map((name, column) => [name, textOf(mark, column)])),
    toString: 1,
    ...(JSON.parse('{"__proto__":1}') as object),
    [`${mark}: ${'field\'s "name" '.repeat(10)}`]: 1,
  };
  const value = Buffer.from(mark % 3 === 0 ? JSON.stringify(fields, undefined, 1) : JSON.stringify(fields));
  return { key: textOf(mark, 0), value, rejectedFor: mark % 11 === 0 ? 'wrong_type' : undefined, mark };
}

/** A record that is a row, with a field of its own that fills it: of several such the names alone are more than Temporal takes. */
export function swollenRecord(mark: number, nowMs: number): TestRecord {
  const fields = { timestamp: new Date(nowMs).toISOString(), int: mark, [`${mark}${'n'.repeat(900_000)}`]: 1 };
  return { key: '', value: Buffer.from(JSON.stringify(fields)), rejectedFor: undefined, mark };
}

/** What the row of a record must hold. */
export function hostileRow(mark: number): Record<string, unknown> {
  return {
    int: mark,
    double: mark / 2,
    ...Object.fromEntries(WORDS.map((name, column) => [name, textOf(mark, column)])),
  };
}
