import { statSync } from 'node:fs';
import { expect } from 'vitest';
import type { BatchResult, WrittenFile } from '../../engines/engine.ts';
import type { StoredColumn, TableShape } from '../../plans/table-shape.ts';
import { type Fixture, type FixtureRecord, PRODUCED_AT_MS } from './fixture.ts';
import { boundsOf, parquetTypes, recordRowsOf, rowsOf, type TextRow } from './read-back.ts';

/** Each record of the fixture once: as the row that it becomes, or rejected for its reason with its original bytes. */
export async function expectFixture({ records, unknownFields }: Fixture, result: BatchResult): Promise<void> {
  const rows = byOffset(await rowsOf(result.files));
  const rejected = byOffset(await recordRowsOf(result.rejectedFiles));
  const found = records.map((record, offset) => {
    const row = rows.get(offset);
    const wanted = typeof record.becomes === 'string' ? undefined : Object.keys(record.becomes);
    return { offset, value: textOf(record), row: row && pick(row, wanted), reason: rejected.get(offset)?.['reason'] };
  });
  const expected = records.map((record, offset) => {
    const { becomes } = record;
    const value = textOf(record);
    return typeof becomes === 'string'
      ? { offset, value, row: undefined, reason: becomes }
      : { offset, value, row: becomes, reason: undefined };
  });
  expect(found).toEqual(expected);
  expect(result).toMatchObject({ rows: rows.size, rejectedRows: rejected.size, unknownFields });
  for (const [offset, row] of [...rows, ...rejected]) expectOrigin(row, offset, records[offset]);
  for (const [offset, row] of rejected) expectOriginalBytes(row, records[offset]);
}

function byOffset(rows: readonly TextRow[]): Map<number, TextRow> {
  const found = new Map(rows.map((row) => [Number(row['kafka_offset']), row]));
  // Fewer where an offset is there twice.
  expect(found.size).toBe(rows.length);
  return found;
}

function pick(row: TextRow, columns: readonly string[] = Object.keys(row)): TextRow {
  return Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
}

function textOf({ value }: FixtureRecord): string | null {
  return value === null ? null : value.toString().slice(0, 200);
}

function expectOrigin(row: TextRow, offset: number, record: FixtureRecord | undefined): void {
  const timestamp = new Date(record?.timestampMs ?? PRODUCED_AT_MS).getTime();
  const found = Date.parse(`${(row['kafka_timestamp'] ?? '').replace(' ', 'T')}:00`);
  expect([row['kafka_partition'], row['kafka_offset'], found]).toEqual(['0', String(offset), timestamp]);
}

function expectOriginalBytes(row: TextRow, record: FixtureRecord | undefined): void {
  expect(row['record_value']).toBe(bytesOf(record?.value));
  expect(row['record_key']).toBe(bytesOf(record?.key === undefined ? 'k' : record.key));
  expect(row['detail']).toMatch(/./);
}

function bytesOf(text: string | Buffer | null | undefined): string | null {
  return text === null || text === undefined ? null : Buffer.from(text).toString('hex').toUpperCase();
}

/** Each record from an offset on once, with its time, key and value as they were written. */
export async function expectArchived(
  files: readonly WrittenFile[],
  records: readonly FixtureRecord[],
  from: number,
): Promise<void> {
  const rows = byOffset(await recordRowsOf(files));
  expect([...rows.keys()].sort((a, b) => a - b)).toEqual(records.slice(from).map((_, index) => from + index));
  for (const [offset, row] of rows) {
    const record = records[offset];
    expectOrigin(row, offset, record);
    const found = [row['record_key'], row['record_value']];
    expect(found).toEqual([bytesOf(record?.key === undefined ? 'k' : record.key), bytesOf(record?.value)]);
  }
}

const PARQUET_TYPES: Readonly<Record<StoredColumn['type'], RegExp>> = {
  string: /^BYTE_ARRAY UTF8/,
  binary: /^BYTE_ARRAY$/,
  boolean: /^BOOLEAN$/,
  int: /^INT32( INT_32)?( IntType\(.*32.*\))?$/,
  bigint: /^INT64( INT_64)?( IntType\(.*64.*\))?$/,
  double: /^DOUBLE$/,
  timestamp: /^INT64 .*TimestampType\(isAdjustedToUTC=1, unit=TimeUnit\(.*MICROS=MicroSeconds/,
  date: /^INT32 DATE/,
};

/** The table's columns in its order, and no other, each as the type that all readers agree on. */
export async function expectTypes(file: WrittenFile, shape: TableShape): Promise<void> {
  const types = await parquetTypes(file);
  expect(Object.keys(types)).toEqual(shape.columns.map(({ name }) => name));
  for (const { name, type } of shape.columns)
    expect([name, types[name]]).toEqual([name, expect.stringMatching(PARQUET_TYPES[type])]);
}

interface Statistics {
  readonly numRecords: number;
  readonly minValues: Readonly<Record<string, string | number>>;
  readonly maxValues: Readonly<Record<string, string | number>>;
  readonly nullCount: Readonly<Record<string, number>>;
}

/** Rows, size and NULLs exactly; bounds that hold every value, and are there for numbers and times. */
export async function expectTrueStatistics(file: WrittenFile, shape: TableShape): Promise<void> {
  expect(file.sizeBytes).toBe(statSync(file.localPath).size);
  const { numRecords, minValues, maxValues, nullCount } = JSON.parse(file.stats) as Statistics;
  const bounds = await boundsOf(file, shape.columns);
  expect([file.rows, numRecords]).toEqual([bounds.rows, bounds.rows]);
  for (const { name, type } of shape.columns) {
    const { min, max, nulls } = bounds.columns[name] ?? { min: null, max: null, nulls: -1 };
    expect([name, nullCount[name]]).toEqual([name, nulls]);
    const ordered = type === 'timestamp' || type === 'int' || type === 'date';
    if (ordered && min !== null) expect([name, name in minValues && name in maxValues]).toEqual([name, true]);
    if (!(name in minValues) || min === null || max === null) continue;
    expect([name, keyOf(type, minValues[name]) <= keyOf(type, min)]).toEqual([name, true]);
    expect([name, keyOf(type, maxValues[name]) >= keyOf(type, max)]).toEqual([name, true]);
  }
}

function keyOf(type: string, value: string | number | undefined): string | number {
  if (type === 'timestamp') return microsOf(String(value));
  return type === 'string' || type === 'date' ? String(value) : Number(value);
}

/** Of `2025-03-09 05:30:00.123456+00` and of `2025-03-09T05:30:00.123Z`. */
function microsOf(text: string): number {
  const [, date = '', time = '', fraction = ''] = /^(\S+)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(text) ?? [];
  return Date.parse(`${date}T${time}Z`) * 1000 + Number(fraction.padEnd(6, '0'));
}
