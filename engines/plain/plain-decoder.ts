import type { ColumnType, TableDefinition } from '../../definition/table-definition.ts';
import type { BatchRecords } from '../../kafka/batch-records.ts';
import type { RawRecord, RecordVisitor } from '../../kafka/record.ts';
import type { RecordTaker } from '../../kafka/record-taker.ts';
import type { WasmInstance } from './wasm-instance.ts';
import { WasmWindow, WINDOW_BYTES } from './wasm-window.ts';

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
/** What assembly/records.ts answers further. */
const PASSED_ALL = 16;
const NOT_FRAMED = 32;

/** A larger record is left to careful reading. */
const MAX_VALUE_BYTES = 1024 ** 2;
/** Names of unknown fields that are counted here; records with further ones are left to careful reading. */
const MAX_UNKNOWN_FIELDS = 1000;
/** The record's time in microseconds must be exact. */
const MAX_TIMESTAMP_MS = 8.64e12;
const HOUR_MS = 3_600_000;

/**
 * Turns plainly written records into rows of the table, straight from the fetched bytes. What reads them is compiled to
 * WebAssembly (assembly/decoder.ts), where it takes half the time that it took in JavaScript; there the rows stay, until they
 * have been written (writePlainRows).
 */
export class PlainDecoder implements RecordTaker {
  /** Hours or days since the epoch, as the table is partitioned, that have rows. */
  readonly periods = new Set<number>();
  readonly #instance: WasmInstance;
  readonly #window: WasmWindow;
  /** Columns' names in lower case: a name that differs from one only in that is not for the decoder to judge. */
  readonly #names: ReadonlySet<string>;
  readonly #maxValueBytes: number;
  /** Names of fields that no column takes, and the decoder's numbers of them. */
  readonly #unknown = new Map<string, number>();

  /**
   * @param instance for this decoder alone, until its rows have been written
   * @param maxKeptBytes where no further chunk is begun
   */
  constructor(definition: TableDefinition, instance: WasmInstance, maxKeptBytes = PLAIN_ROWS_MAX_BYTES) {
    this.#instance = instance;
    this.#window = new WasmWindow(instance);
    const { columns, eventTime, limits, partitionBy } = definition;
    this.#names = new Set(columns.map(({ name }) => name.toLowerCase()));
    this.#maxValueBytes = Math.min(MAX_VALUE_BYTES, limits.maxRecordBytes);
    const { calls } = instance;
    const fieldLimit = columns.length + MAX_UNKNOWN_FIELDS;
    calls.begin(
      Math.max(WINDOW_BYTES, this.#maxValueBytes),
      CHUNK_ROWS,
      PLAIN_CHUNK_MAX_BYTES,
      maxKeptBytes,
      columns.length,
      fieldLimit,
    );
    calls.setLimits(this.#maxValueBytes, MAX_TIMESTAMP_MS);
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
    const shift = this.#window.show(record.buffer, valueStart, valueEnd);
    const [start, end] = [valueStart + shift, valueEnd + shift];
    const { calls } = this.#instance;
    let answer = calls.take(start, end, timestampMs, approximateOffset, partition);
    while (answer === HAS_UNKNOWN_NAME) {
      if (!this.#addUnknown()) return false;
      answer = calls.take(start, end, timestampMs, approximateOffset, partition);
    }
    if (answer & BEGAN_PERIOD) this.periods.add(calls.lastPeriod());
    return answer !== NOT_PLAIN;
  }

  /** The same for all records of a batch; `leave` is called with each that is not plain. */
  takeBatch(records: BatchRecords, partition: number, leave: RecordVisitor): void {
    const { baseOffset, baseTimestampMs, appendTimestampMs, minDelta, maxDelta } = records.frame;
    const isStamped = appendTimestampMs !== undefined;
    const timestampMs = appendTimestampMs ?? baseTimestampMs;
    this.#instance.calls.beginBatch(Number(baseOffset), timestampMs, isStamped, minDelta, maxDelta, partition);
    for (;;) {
      const isNextLeft = this.#takeRecords(records);
      const record = records.next();
      if (record === undefined) return;
      if (isNextLeft || !this.take(record, partition)) leave(record);
    }
  }

  /** Nothing can be taken after it. */
  finish(): void {
    this.#instance.calls.endChunk();
  }

  /** Takes records up to one that it leaves (true), or that is not whole in any window or malformed, or to the end (false). */
  #takeRecords(records: BatchRecords): boolean {
    const { calls } = this.#instance;
    for (;;) {
      const shift = this.#window.showFrom(records.data, records.at);
      const answer = calls.takeRecords(records.at + shift, this.#window.end + shift, records.left);
      records.pass(calls.nextRecordAt() - shift, calls.passedRecords(), calls.takenRecords());
      if (answer === NOT_PLAIN || (answer === HAS_UNKNOWN_NAME && !this.#addUnknown())) return true;
      if (answer === PASSED_ALL || (answer === NOT_FRAMED && !this.#window.moveTo(records.at))) return false;
      if (answer & BEGAN_PERIOD) this.periods.add(calls.lastPeriod());
    }
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
