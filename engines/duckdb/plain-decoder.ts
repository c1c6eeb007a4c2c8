import type { TableDefinition } from '../../definition/table-definition.ts';
import type { RawRecord } from '../../kafka/record.ts';
import type { ColumnVector } from './column-vector.ts';
import { PlainReader } from './plain-reader.ts';
import type { PlainRows } from './plain-rows.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const SMALL_N = 0x6e;

/** A larger record is left to careful reading. */
const MAX_VALUE_BYTES = 1024 ** 2;
/** Names of unknown fields that are counted here; records with further ones are left to careful reading. */
const MAX_KEYS = 1000;
/** The record's time in microseconds must be exact. */
const MAX_TIMESTAMP_MS = 8.64e12;
const HOUR_US = 3_600_000_000;
const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const BIGINT_MIN = -(2n ** 63n);
const BIGINT_MAX = 2n ** 63n - 1n;

/** A field's name as it stands in the records. */
interface Key {
  readonly name: string;
  /** With its quotes. */
  readonly bytes: Uint8Array;
  /** Undefined for a field that no column takes. */
  readonly column: ColumnVector | undefined;
  /** The last record that had it. */
  record: number;
  /** Accepted records that had it. */
  count: number;
  /** The key that came after it last time: most records of a topic have the same fields in the same order. */
  next: Key | undefined;
}

/**
 * Turns plainly written records into rows of the table, straight from the fetched bytes. It takes a record only where careful
 * reading (record-sql.ts) would make the same row of it, and leaves every other one alone: what is accepted and what is
 * rejected is decided there and nowhere else.
 */
export class PlainDecoder {
  readonly #rows: PlainRows;
  readonly #required: readonly ColumnVector[];
  readonly #eventTime: ColumnVector;
  readonly #acceptPastMs: number;
  readonly #acceptFutureMs: number;
  readonly #periodUs: number;
  readonly #maxValueBytes: number;
  readonly #reader = new PlainReader();
  readonly #keys = new Map<string, Key>();
  /** Columns' names in lower case: a name that differs from one only in that is not for us to judge. */
  readonly #names: ReadonlySet<string>;
  readonly #first: Key;
  readonly #unknown: Key[] = [];
  #record = 0;
  #values = 0;
  #eventTimeUs = 0;

  constructor(definition: TableDefinition, rows: PlainRows) {
    this.#rows = rows;
    const { columns, eventTime, limits, partitionBy } = definition;
    this.#maxValueBytes = Math.min(MAX_VALUE_BYTES, limits.maxRecordBytes);
    const vectors = rows.columns;
    this.#required = vectors.filter((_, index) => columns[index]?.required);
    this.#eventTime = vectors[columns.findIndex(({ name }) => name === eventTime.column)] as ColumnVector;
    this.#acceptPastMs = eventTime.acceptPastMs;
    this.#acceptFutureMs = eventTime.acceptFutureMs;
    this.#periodUs = partitionBy === 'hour' ? HOUR_US : 24 * HOUR_US;
    columns.forEach(({ name }, index) => this.#addKey(name, vectors[index]));
    this.#names = new Set(columns.map(({ name }) => name));
    this.#first = newKey('', undefined);
  }

  /** Accepted records that had a field which no column takes, by the field's name. */
  get unknownFields(): ReadonlyMap<string, number> {
    const found = [...this.#keys.values()].filter(({ column, count }) => column === undefined && count > 0);
    return new Map(found.map(({ name, count }) => [name, count]));
  }

  /** Makes a row of a record; false, with nothing done, for one that is not plain. */
  take(record: RawRecord, partition: number): boolean {
    const { valueStart, valueEnd, timestampMs, approximateOffset } = record;
    if (valueEnd < 0 || valueEnd - valueStart > this.#maxValueBytes || this.#rows.isFull) return false;
    if (!(Math.abs(timestampMs) <= MAX_TIMESTAMP_MS) || approximateOffset > Number.MAX_SAFE_INTEGER) return false;
    this.#record++;
    this.#values = 0;
    // Setting an array's length is a call into V8's runtime, even where nothing changes.
    if (this.#unknown.length > 0) this.#unknown.length = 0;
    const reader = this.#reader;
    reader.bytes = record.buffer;
    reader.at = valueStart;
    if (!this.#readObject() || !reader.isAllBlank(valueEnd) || !this.#isComplete(timestampMs)) return false;
    const period = Math.floor(this.#eventTimeUs / this.#periodUs);
    this.#rows.endRow(partition, approximateOffset, timestampMs, period, valueEnd - valueStart);
    for (const key of this.#unknown) key.count++;
    return true;
  }

  #readObject(): boolean {
    const reader = this.#reader;
    reader.skipBlank();
    if (!reader.passes(OPEN_BRACE)) return false;
    let key: Key | undefined = this.#first;
    do {
      reader.skipBlank();
      key = this.#readKey(key);
      if (key === undefined || key.record === this.#record || !reader.passesColon()) return false;
      key.record = this.#record;
      if (!this.#readValue(key)) return false;
      reader.skipBlank();
    } while (reader.passes(COMMA));
    return reader.passes(CLOSE_BRACE);
  }

  #readKey(before: Key): Key | undefined {
    const reader = this.#reader;
    const expected = before.next;
    if (expected !== undefined && reader.passesText(expected.bytes)) return expected;
    if (!reader.text()) return undefined;
    const name = Buffer.from(reader.bytes.subarray(reader.textStart, reader.textEnd)).toString('utf8');
    const key = this.#keys.get(name) ?? this.#addUnknown(name);
    if (key !== undefined) before.next = key;
    return key;
  }

  #readValue(key: Key): boolean {
    const { column } = key;
    const reader = this.#reader;
    if (column === undefined) {
      this.#unknown.push(key);
      return reader.skipValue();
    }
    if (reader.bytes[reader.at] === SMALL_N) return reader.passesNull();
    column.record = this.#record;
    this.#values++;
    return this.#readInto(column, this.#rows.row);
  }

  #readInto(column: ColumnVector, row: number): boolean {
    const reader = this.#reader;
    switch (column.type) {
      case 'double': {
        const value = reader.number();
        column.setDouble(row, value);
        return !Number.isNaN(value);
      }
      case 'string':
        if (!reader.text()) return false;
        column.setText(row, reader.bytes, reader.textStart, reader.textEnd);
        return true;
      case 'bigint':
        return this.#readBigInt(column, row);
      case 'int': {
        const value = reader.integer();
        column.setInt(row, value);
        return value >= INT_MIN && value <= INT_MAX;
      }
      case 'timestamp': {
        const micros = reader.timestamp();
        column.setLong(row, micros);
        if (column === this.#eventTime) this.#eventTimeUs = micros;
        return !Number.isNaN(micros);
      }
      case 'date': {
        const days = reader.date();
        column.setInt(row, days);
        return !Number.isNaN(days);
      }
      case 'boolean': {
        const value = reader.boolean();
        column.setByte(row, value);
        return value >= 0;
      }
    }
  }

  #readBigInt(column: ColumnVector, row: number): boolean {
    const value = this.#reader.integer();
    if (!Number.isNaN(value)) {
      column.setLong(row, value);
      return true;
    }
    const long = this.#reader.longInteger();
    if (long === undefined || long < BIGINT_MIN || long > BIGINT_MAX) return false;
    column.setBigInt(row, long);
    return true;
  }

  /** Whether all that is required is there and the time is within its window; then what is missing becomes NULL. */
  #isComplete(timestampMs: number): boolean {
    for (const column of this.#required) if (column.record !== this.#record) return false;
    const distanceMs = Math.floor(this.#eventTimeUs / 1000) - timestampMs;
    if (distanceMs < -this.#acceptPastMs || distanceMs > this.#acceptFutureMs) return false;
    const { columns, row } = this.#rows;
    if (this.#values === columns.length) return true;
    for (const column of columns) if (column.record !== this.#record) column.setNull(row);
    return true;
  }

  #addKey(name: string, column: ColumnVector | undefined): Key {
    const key = newKey(name, column);
    this.#keys.set(name, key);
    return key;
  }

  /** Nothing for a name that is not to be counted here. */
  #addUnknown(name: string): Key | undefined {
    const isOurs = name.startsWith('~') || this.#names.has(name.toLowerCase());
    return isOurs || this.#keys.size >= MAX_KEYS ? undefined : this.#addKey(name, undefined);
  }
}

function newKey(name: string, column: ColumnVector | undefined): Key {
  return { name, bytes: Buffer.from(`"${name}"`), column, record: 0, count: 0, next: undefined };
}
