import type { TableDefinition } from '../../definition/table-definition.ts';
import type { RawRecord } from '../../kafka/record.ts';
import type { ColumnVector } from './column-vector.ts';
import { type FieldKey, FieldKeys, UNSEEN } from './field-keys.ts';
import { EXACT_DIGITS, PlainReader, POWERS_OF_TEN } from './plain-reader.ts';
import type { PlainRows } from './plain-rows.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const CAPITAL_E = 0x45;
const BACKSLASH = 0x5c;
const SMALL_E = 0x65;
const SMALL_N = 0x6e;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LAST_ASCII = 0x7f;

/** Where there is nothing plain. */
const NOT_PLAIN = -1;
/** A larger record is left to careful reading. */
const MAX_VALUE_BYTES = 1024 ** 2;
/** The record's time in microseconds must be exact. */
const MAX_TIMESTAMP_MS = 8.64e12;
const HOUR_US = 3_600_000_000;
const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const BIGINT_MIN = -(2n ** 63n);
const BIGINT_MAX = 2n ** 63n - 1n;

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
  readonly #keys: FieldKeys;
  readonly #unknown: FieldKey[] = [];
  #record = 0;
  /** Columns that the record has a value for. */
  #valueCount = 0;
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
    this.#keys = new FieldKeys(columns, vectors);
  }

  /** Accepted records that had a field which no column takes, by the field's name. */
  get unknownFields(): ReadonlyMap<string, number> {
    return this.#keys.unknownFields;
  }

  /** Makes a row of a record; false, with nothing done, for one that is not plain. */
  take(record: RawRecord, partition: number): boolean {
    const { valueStart, valueEnd, timestampMs, approximateOffset } = record;
    if (valueEnd < 0 || valueEnd - valueStart > this.#maxValueBytes || this.#rows.isFull) return false;
    if (!(Math.abs(timestampMs) <= MAX_TIMESTAMP_MS) || approximateOffset > Number.MAX_SAFE_INTEGER) return false;
    this.#record++;
    this.#valueCount = 0;
    // Setting an array's length is a call into V8's runtime, even where nothing changes.
    if (this.#unknown.length > 0) this.#unknown.length = 0;
    const reader = this.#reader;
    reader.bytes = record.buffer;
    if (!this.#readObject(valueStart) || !reader.isAllBlank(valueEnd) || !this.#isComplete(timestampMs)) return false;
    const period = Math.floor(this.#eventTimeUs / this.#periodUs);
    this.#rows.endRow(partition, approximateOffset, timestampMs, period, valueEnd - valueStart);
    for (const key of this.#unknown) key.count++;
    return true;
  }

  /**
   * Reads an object up to its last brace. What nearly all values are, short numbers and texts of ASCII, is read here, with the
   * place in a local variable: method calls for each of them took a quarter of the time of reading.
   */
  #readObject(start: number): boolean {
    const reader = this.#reader;
    const { bytes } = reader;
    const { row } = this.#rows;
    const record = this.#record;
    let at = reader.afterBlank(start);
    if (bytes[at] !== OPEN_BRACE) return false;
    let key = this.#keys.first;
    do {
      if ((bytes[++at] as number) <= SPACE) at = reader.afterBlank(at);
      const { next } = key;
      const { lead } = next;
      const leadBytes = lead.length;
      let same = 0;
      while (same < leadBytes && bytes[at + same] === lead[same]) same++;
      if (same === leadBytes) {
        key = next;
        at += leadBytes;
      } else {
        const found = this.#findKey(key, at);
        if (found === undefined) return false;
        key = found;
        ({ at } = reader);
      }
      if (key.record === record) return false;
      key.record = record;
      const { column } = key;
      const valueStart = at;
      at = NOT_PLAIN;
      if (column === undefined) {
        at = this.#skip(key, valueStart);
      } else if (column.type === 'string') {
        let end = valueStart;
        if (bytes[end] === QUOTE) {
          let byte = bytes[++end] as number;
          while (byte !== QUOTE && byte >= SPACE && byte <= LAST_ASCII && byte !== BACKSLASH)
            byte = bytes[++end] as number;
          if (byte === QUOTE) {
            column.setText(row, bytes, valueStart + 1, end);
            at = end + 1;
          }
        }
      } else if (column.isNumber) {
        const first = bytes[valueStart] === MINUS ? valueStart + 1 : valueStart;
        let end = first;
        let number = 0;
        let digit = (bytes[end] as number) - ZERO;
        while (digit >= 0 && digit <= 9) {
          number = number * 10 + digit;
          digit = (bytes[++end] as number) - ZERO;
        }
        let digits = end - first;
        const isWhole = digits > 0 && (digits === 1 || bytes[first] !== ZERO);
        if (column.type === 'double' && isWhole && digit === DOT - ZERO) {
          const point = ++end;
          digit = (bytes[end] as number) - ZERO;
          while (digit >= 0 && digit <= 9) {
            number = number * 10 + digit;
            digit = (bytes[++end] as number) - ZERO;
          }
          const scale = end - point;
          digits = scale === 0 ? EXACT_DIGITS + 1 : digits + scale;
          if (digits <= EXACT_DIGITS) number /= POWERS_OF_TEN[scale] as number;
        }
        if (isWhole && digits <= EXACT_DIGITS && digit !== SMALL_E - ZERO && digit !== CAPITAL_E - ZERO) {
          if (first > valueStart) number = -number;
          if (column.type === 'double') column.setDouble(row, number);
          else if (column.type === 'bigint') column.setLong(row, number);
          else column.setInt(row, number);
          if (column.type !== 'int' || (number >= INT_MIN && number <= INT_MAX)) at = end;
        }
      } else if (column.type === 'timestamp' && bytes[valueStart] === QUOTE) {
        const micros = reader.timestamp(valueStart);
        column.setLong(row, micros);
        if (column === this.#eventTime) this.#eventTimeUs = micros;
        if (!Number.isNaN(micros)) ({ at } = reader);
      }
      if (at === NOT_PLAIN) {
        at = this.#readRare(key, row, valueStart);
        if (at === NOT_PLAIN) return false;
      } else if (column !== undefined) {
        column.record = record;
        this.#valueCount++;
      }
      if ((bytes[at] as number) <= SPACE) at = reader.afterBlank(at);
    } while (bytes[at] === COMMA);
    reader.at = at;
    return reader.passes(CLOSE_BRACE);
  }

  /** Reads a field's name; the reader stands at its value then. */
  #findKey(before: FieldKey, start: number): FieldKey | undefined {
    const reader = this.#reader;
    reader.at = start;
    if (!reader.text()) return undefined;
    const key = this.#keys.find(reader.bytes.toString('utf8', reader.textStart, reader.textEnd));
    if (key === undefined || !reader.passesColon()) return undefined;
    if (key.lead === UNSEEN) key.lead = Buffer.from(reader.bytes.subarray(start, reader.at));
    before.next = key;
    return key;
  }

  /** Passes the value of a field that no column takes. @returns the place behind it, or NOT_PLAIN */
  #skip(key: FieldKey, at: number): number {
    this.#unknown.push(key);
    this.#reader.at = at;
    return this.#reader.skipValue() ? this.#reader.at : NOT_PLAIN;
  }

  /** Reads what few values are. @returns the place behind it, or NOT_PLAIN */
  #readRare({ column }: FieldKey, row: number, at: number): number {
    const reader = this.#reader;
    reader.at = at;
    if (column === undefined) return NOT_PLAIN;
    if (reader.bytes[at] === SMALL_N) return reader.passesNull() ? reader.at : NOT_PLAIN;
    column.record = this.#record;
    this.#valueCount++;
    return this.#readInto(column, row) ? reader.at : NOT_PLAIN;
  }

  #readInto(column: ColumnVector, row: number): boolean {
    const reader = this.#reader;
    switch (column.type) {
      case 'string':
        if (!reader.text()) return false;
        column.setText(row, reader.bytes, reader.textStart, reader.textEnd);
        return true;
      case 'double': {
        const value = reader.number();
        column.setDouble(row, value);
        return !Number.isNaN(value);
      }
      case 'bigint': {
        const value = reader.longInteger();
        if (value === undefined || value < BIGINT_MIN || value > BIGINT_MAX) return false;
        column.setBigInt(row, value);
        return true;
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
      // Whatever else they may be was looked at already.
      case 'int':
      case 'timestamp':
        return false;
    }
  }

  /** Whether all that is required is there and the time is within its window; then what is missing becomes NULL. */
  #isComplete(timestampMs: number): boolean {
    for (const column of this.#required) if (column.record !== this.#record) return false;
    const distanceMs = Math.floor(this.#eventTimeUs / 1000) - timestampMs;
    if (distanceMs < -this.#acceptPastMs || distanceMs > this.#acceptFutureMs) return false;
    const { columns, row } = this.#rows;
    if (this.#valueCount === columns.length) return true;
    for (const column of columns) if (column.record !== this.#record) column.setNull(row);
    return true;
  }
}
