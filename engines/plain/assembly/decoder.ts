/**
 * Makes rows of plainly written records, in columns as DuckDB lays them out. It takes a record only where careful reading
 * (record-sql.ts) would make the same row of it, and leaves every other one alone: what is accepted and what is rejected is
 * decided there and nowhere else. PlainDecoder (plain-decoder.ts) is its host.
 */
import { micros } from './calendar';
import { beginChunks, columnAt, columnCount, endRow, hasRoom, newTableColumn, row, setPeriod } from './chunk';
import { Column } from './column';
import {
  addField,
  beforeFirst,
  beginFields,
  Field,
  fieldAt,
  findField,
  foundName,
  foundNameBytes,
  valueStart,
} from './field';
import { afterBlank, afterNull, afterValue, isAllBlank, NOT_PLAIN } from './json';
import { reserve, takeBackAll } from './space';
import { beginRowTexts } from './texts';
import { readValue } from './value';

export { endChunk, lastPeriod, rows } from './chunk';

const COMMA: u8 = 0x2c;
const SMALL_N: u8 = 0x6e;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;

/** What reads eight or sixteen bytes at a time finds zeros behind the records. */
const PADDING_BYTES: u32 = 32;

/** What became of a record that is plain; further bits say what its row began or ended. */
const TAKEN: i32 = 1;
const HAS_UNKNOWN_NAME: i32 = 2;
/** No place of an object's end. */
const NAME_IS_UNKNOWN: usize = 1;

let windowStart: usize = 0;
let acceptPastMs: i64 = 0;
let acceptFutureMs: i64 = 0;
let eventTimeColumn: Column | null = null;

let record: u32 = 0;
/** Columns that the record has a value for. */
let valueCount: u32 = 0;
let eventTimeMicros: i64 = 0;
/** The record's fields that no column takes. */
let unknown: Field | null = null;

/**
 * Lays memory out anew, for a batch: records of up to `maxRecordBytes`, chunks of `rowLimit` rows or somewhat more than
 * `chunkBytes`, all of them together somewhat more than `keptBytes`.
 */
export function begin(
  maxRecordBytes: u32,
  rowLimit: u32,
  chunkBytes: u32,
  keptBytes: u32,
  columnLimit: u32,
  fieldLimit: u32,
): void {
  takeBackAll();
  windowStart = reserve(maxRecordBytes + PADDING_BYTES);
  beginFields(fieldLimit);
  beginChunks(rowLimit, chunkBytes, chunkBytes + maxRecordBytes, keptBytes, columnLimit);
  eventTimeColumn = null;
  record = 0;
}

/** Where the host puts records. */
export function windowAt(): usize {
  return windowStart;
}

/** What event times are accepted, around the record's own, and how long a period is. */
export function setTimes(pastMs: f64, futureMs: f64, periodMs: f64): void {
  acceptPastMs = <i64>pastMs;
  acceptFutureMs = <i64>futureMs;
  setPeriod(<i64>periodMs * 1000);
}

/** The next of the table's columns; its name in UTF-8 is in the window. */
export function addColumn(type: i32, isRequired: bool, isEventTime: bool, nameBytes: u32): void {
  const column = newTableColumn(type);
  column.isRequired = isRequired;
  if (isEventTime) eventTimeColumn = column;
  addField(windowStart, nameBytes, column);
}

/** A field that no column takes, of the name that was found last. @returns its number, or -1 where it cannot be told apart here */
export function addUnknown(): i32 {
  return addField(foundName, foundNameBytes, null);
}

export function unknownNameAt(): usize {
  return foundName;
}

export function unknownNameBytes(): u32 {
  return foundNameBytes;
}

/** Accepted records that had the field. */
export function countOf(number: i32): u32 {
  return fieldAt(number).count;
}

/** Makes a row of a record whose value lies between `start` and `end`; nothing is done for one that is not plain. */
export function take(start: usize, end: usize, timestampMs: f64, offset: f64, partition: i32): i32 {
  if (!hasRoom()) return 0;
  record++;
  valueCount = 0;
  unknown = null;
  beginRowTexts();
  const at = afterObject(start);
  if (at == NAME_IS_UNKNOWN) return HAS_UNKNOWN_NAME;
  if (at == NOT_PLAIN || !isAllBlank(at, end) || !isComplete(<i64>timestampMs)) return 0;
  countUnknown();
  return TAKEN | endRow(eventTimeMicros, <i64>timestampMs, <i64>offset, partition, <u32>(end - start));
}

/** Reads an object up to and with its last brace. */
function afterObject(at: usize): usize {
  at = afterBlank(at);
  if (load<u8>(at) != OPEN_BRACE) return NOT_PLAIN;
  let field = beforeFirst!;
  do {
    at = afterBlank(at + 1);
    const next = field.next;
    const behind: usize = next != null ? next.afterLead(at) : 0;
    if (behind != 0) {
      field = next!;
      at = behind;
    } else {
      const found = findField(at);
      if (found == null) return foundName != 0 ? NAME_IS_UNKNOWN : NOT_PLAIN;
      field.next = found;
      field = found;
      at = valueStart;
    }
    if (field.record == record) return NOT_PLAIN;
    field.record = record;
    at = afterFieldValue(field, at);
    if (at == NOT_PLAIN) return NOT_PLAIN;
    at = afterBlank(at);
  } while (load<u8>(at) == COMMA);
  return load<u8>(at) == CLOSE_BRACE ? at + 1 : NOT_PLAIN;
}

function afterFieldValue(field: Field, at: usize): usize {
  const column = field.column;
  if (column == null) {
    field.unknown = unknown;
    unknown = field;
    return afterValue(at);
  }
  if (load<u8>(at) == SMALL_N) return afterNull(at);
  column.record = record;
  valueCount++;
  const end = readValue(column, row, at);
  if (column == eventTimeColumn) eventTimeMicros = micros;
  return end;
}

function countUnknown(): void {
  let field = unknown;
  while (field != null) {
    field.count++;
    field = field.unknown;
  }
}

/** Whether all that is required is there and the time is within its window; then what is missing becomes NULL. */
function isComplete(timestampMs: i64): bool {
  if (eventTimeColumn!.record != record) return false;
  const distanceMs = eventTimeMicros / 1000 - timestampMs;
  if (distanceMs < -acceptPastMs || distanceMs > acceptFutureMs) return false;
  if (valueCount == columnCount) return true;
  for (let index: u32 = 0; index < columnCount; index++) {
    const column = columnAt(index);
    if (column.isRequired && column.record != record) return false;
  }
  for (let index: u32 = 0; index < columnCount; index++) {
    const column = columnAt(index);
    if (column.record != record) column.setNull(row);
  }
  return true;
}
