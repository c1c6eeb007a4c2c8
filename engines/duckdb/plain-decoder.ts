import type { ColumnType, TableDefinition } from '../../definition/table-definition.ts';
import type { RawRecord } from '../../kafka/record.ts';
import type { DecoderInstance } from './decoder-instance.ts';

/** Bytes of rows that are kept in memory for one batch; further records go through the disk. */
export const PLAIN_ROWS_MAX_BYTES = 128 * 1024 ** 2;
/** Rows are kept in chunks of so many. */
export const CHUNK_ROWS = 2048;
/** A chunk ends where its records are together larger than this. */
export const PLAIN_CHUNK_MAX_BYTES = 8 * 1024 ** 2;

/** As assembly/column.ts numbers them. */
const TYPE_NUMBERS: Readonly<Record<ColumnType, number>> = {
  string: 0,
  boolean: 1,
  int: 2,
  bigint: 3,
  double: 4,
  timestamp: 5,
  date: 6,
};
/** What assembly/decoder.ts answers of a record. */
const NOT_PLAIN = 0;
const HAS_UNKNOWN_NAME = 2;
const BEGAN_PERIOD = 4;

/** A larger record is left to careful reading. */
const MAX_VALUE_BYTES = 1024 ** 2;
/** Names of unknown fields that are counted here; records with further ones are left to careful reading. */
const MAX_UNKNOWN_FIELDS = 1000;
/** The record's time in microseconds must be exact. */
const MAX_TIMESTAMP_MS = 8.64e12;
/** Fetched bytes are copied to the decoder so many at a time: few enough to be in the processor's cache when they are read. */
const WINDOW_BYTES = 256 * 1024;
/** The decoder reads up to here beyond a record's end. */
const PADDING_BYTES = 32;
const HOUR_MS = 3_600_000;

/**
 * Turns plainly written records into rows of the table, straight from the fetched bytes. What reads them is compiled to
 * WebAssembly (assembly/decoder.ts), where it takes half the time that it took in JavaScript; there the rows stay, until they
 * have been written (writePlainRows).
 */
export class PlainDecoder {
  /** Hours or days since the epoch, as the table is partitioned, that have rows. */
  readonly periods = new Set<number>();
  readonly #instance: DecoderInstance;
  /** Columns' names in lower case: a name that differs from one only in that is not for the decoder to judge. */
  readonly #names: ReadonlySet<string>;
  readonly #maxValueBytes: number;
  /** Names of fields that no column takes, and the decoder's numbers of them. */
  readonly #unknown = new Map<string, number>();
  /** What the window shows of which bytes. */
  #shown: Buffer | undefined;
  #shownStart = 0;
  #shownEnd = 0;
  #shift = 0;

  /** @param instance for this decoder alone, until its rows have been written */
  constructor(definition: TableDefinition, instance: DecoderInstance) {
    this.#instance = instance;
    const { columns, eventTime, limits, partitionBy } = definition;
    this.#names = new Set(columns.map(({ name }) => name.toLowerCase()));
    this.#maxValueBytes = Math.min(MAX_VALUE_BYTES, limits.maxRecordBytes);
    const { calls } = instance;
    const fieldLimit = columns.length + MAX_UNKNOWN_FIELDS;
    calls.begin(
      Math.max(WINDOW_BYTES, this.#maxValueBytes),
      CHUNK_ROWS,
      PLAIN_CHUNK_MAX_BYTES,
      PLAIN_ROWS_MAX_BYTES,
      columns.length,
      fieldLimit,
    );
    calls.setTimes(eventTime.acceptPastMs, eventTime.acceptFutureMs, partitionBy === 'hour' ? HOUR_MS : 24 * HOUR_MS);
    for (const { name, type, required } of columns) {
      const nameBytes = instance.bytes.write(name, calls.windowAt());
      calls.addColumn(TYPE_NUMBERS[type], required, name === eventTime.column, nameBytes);
    }
  }

  /** Rows so far. */
  get rows(): number {
    return this.#instance.calls.rows();
  }

  /** Accepted records that had a field which no column takes, by the field's name. */
  get unknownFields(): ReadonlyMap<string, number> {
    const counted = [...this.#unknown].map(([name, field]) => [name, this.#instance.calls.countOf(field)] as const);
    return new Map(counted.filter(([, count]) => count > 0));
  }

  /** Makes a row of a record; false, with nothing done, for one that is not plain, or where no more rows can be kept. */
  take(record: RawRecord, partition: number): boolean {
    const { valueStart, valueEnd, timestampMs, approximateOffset } = record;
    if (valueEnd < 0 || valueEnd - valueStart > this.#maxValueBytes) return false;
    if (!(Math.abs(timestampMs) <= MAX_TIMESTAMP_MS) || approximateOffset > Number.MAX_SAFE_INTEGER) return false;
    if (record.buffer !== this.#shown || valueStart < this.#shownStart || valueEnd > this.#shownEnd) this.#show(record);
    const { calls } = this.#instance;
    const [start, end] = [valueStart + this.#shift, valueEnd + this.#shift];
    let answer = calls.take(start, end, timestampMs, approximateOffset, partition);
    while (answer === HAS_UNKNOWN_NAME) {
      if (!this.#addUnknown()) return false;
      answer = calls.take(start, end, timestampMs, approximateOffset, partition);
    }
    if (answer & BEGAN_PERIOD) this.periods.add(calls.lastPeriod());
    return answer !== NOT_PLAIN;
  }

  /** Nothing can be taken after it. */
  finish(): void {
    this.#instance.calls.endChunk();
  }

  /** Copies the bytes to the decoder that begin with the record's. */
  #show({ buffer, valueStart, valueEnd }: RawRecord): void {
    const { bytes, calls } = this.#instance;
    const place = calls.windowAt();
    this.#shown = buffer;
    this.#shownStart = valueStart;
    this.#shownEnd = Math.min(buffer.length, Math.max(valueEnd, valueStart + WINDOW_BYTES));
    this.#shift = place - valueStart;
    const end = place + buffer.copy(bytes, place, valueStart, this.#shownEnd);
    bytes.fill(0, end, end + PADDING_BYTES);
  }

  /** Whether the decoder may count the field that it has found. */
  #addUnknown(): boolean {
    const { bytes, calls } = this.#instance;
    const start = calls.unknownNameAt();
    const name = bytes.toString('utf8', start, start + calls.unknownNameBytes());
    const isOurs = name.startsWith('~') || this.#names.has(name.toLowerCase());
    const field = isOurs ? -1 : calls.addUnknown();
    if (field < 0) return false;
    this.#unknown.set(name, field);
    return true;
  }
}
