/**
 * Makes rows of plainly written records, in columns as DuckDB lays them out. It takes a record only where careful reading
 * (record-sql.ts) would make the same row of it, and leaves every other one alone: what is accepted and what is rejected is
 * decided there and nowhere else. PlainDecoder (plain-decoder.ts) is its host.
 */
import { afterDate, afterTimestamp, days, micros } from './calendar';
import { BIGINT, Column, DATE, DOUBLE, INT, STRING, TIMESTAMP, valueBytes } from './column';
import { Field, FIELD_BYTES, MAX_NAME_BYTES, newField } from './field';
import { numberOf } from './host';
import {
  afterBlank,
  afterColon,
  afterFalse,
  afterNull,
  afterNumber,
  afterText,
  afterTrue,
  afterValue,
  isAllBlank,
  isDigit,
  isExponent,
  NOT_PLAIN,
} from './json';
import { beginRowTexts, clearTexts, endRowTexts, placeTexts } from './texts';

export { textsAt, textsBytes } from './texts';

const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const SMALL_N: u8 = 0x6e;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;

/** With up to this many digits, an integer and a power of ten are exact doubles, and so their quotient is the nearest one. */
const EXACT_DIGITS: u32 = 15;
const POWERS_OF_TEN = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
]);
/** As many digits as 64 bits always hold. */
const LONG_DIGITS: u32 = 19;
/** What reads eight or sixteen bytes at a time finds zeros behind the records. */
const PADDING_BYTES: u32 = 32;
const ALIGNMENT: usize = 16;
const PAGE_BYTES: usize = 65_536;

/** What became of a record; further bits say what its row began or ended. */
const TAKEN: i32 = 1;
const HAS_UNKNOWN_NAME: i32 = 2;
const BEGAN_PERIOD: i32 = 4;
const FILLED_CHUNK: i32 = 8;

let top: usize = 0;
let windowStart: usize = 0;
let windowBytes: usize = 0;

let columns: usize = 0;
let columnCount: u32 = 0;
let maxRows: u32 = 0;
let maxChunkBytes: u32 = 0;
let partitionColumn: Column | null = null;
let offsetColumn: Column | null = null;
let timestampColumn: Column | null = null;
let periodColumn: Column | null = null;
let eventTimeColumn: Column | null = null;
let periodMicros: i64 = 0;
let acceptPastMs: i64 = 0;
let acceptFutureMs: i64 = 0;

let fields: usize = 0;
let fieldCount: u32 = 0;
let maxFields: u32 = 0;
let lastField: Field | null = null;
let firstField: Field | null = null;
let unknown: Field | null = null;
/** An unknown name, for the host to look at. */
let foundName: usize = 0;
let foundNameBytes: u32 = 0;

let record: u32 = 0;
/** Columns that the record has a value for. */
let valueCount: u32 = 0;
let eventTimeMicros: i64 = 0;

let row: u32 = 0;
/** Of the records whose rows are in the chunk. */
let chunkBytes: u32 = 0;
let period: i32 = 0;
let hasPeriod: bool = false;
let isMixed: bool = false;

/** Lays memory out anew, for a batch: records of up to `maxRecordBytes`, chunks of `rows` rows or somewhat more than `bytes`. */
export function begin(maxRecordBytes: u32, rows: u32, bytes: u32, columnLimit: u32, fieldLimit: u32): void {
  top = __heap_base;
  maxRows = rows;
  maxChunkBytes = bytes;
  windowStart = reserve(maxRecordBytes + PADDING_BYTES);
  columns = reserve(columnLimit * offsetof<Column>());
  columnCount = 0;
  fields = reserve((fieldLimit + 1) * FIELD_BYTES);
  maxFields = fieldLimit;
  fieldCount = 0;
  lastField = null;
  firstField = newField(fields, 0, 0, null);
  partitionColumn = newColumn(reserve(offsetof<Column>()), INT);
  offsetColumn = newColumn(reserve(offsetof<Column>()), BIGINT);
  timestampColumn = newColumn(reserve(offsetof<Column>()), TIMESTAMP);
  periodColumn = newColumn(reserve(offsetof<Column>()), INT);
  eventTimeColumn = null;
  const textsBytes = bytes + maxRecordBytes;
  placeTexts(reserve(textsBytes), textsBytes);
  record = 0;
  hasPeriod = false;
  clear();
}

function reserve(bytes: usize): usize {
  const place = top;
  top = (place + bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  const pages = <i32>((top + PAGE_BYTES - 1) / PAGE_BYTES) - memory.size();
  // No memory ends this instance: the host sees a trap, and makes the next batch another one.
  if (pages > 0 && memory.grow(pages) < 0) unreachable();
  return place;
}

function newColumn(place: usize, type: i32): Column {
  memory.fill(place, 0, offsetof<Column>());
  const column = changetype<Column>(place);
  column.type = type;
  column.values = reserve(maxRows * valueBytes(type));
  column.validity = reserve(maxRows >> 3);
  memory.fill(column.validity, 0xff, maxRows >> 3);
  return column;
}

/** The next of the table's columns; its name in UTF-8 is in the window. */
export function addColumn(type: i32, isRequired: bool, isEventTime: bool, nameBytes: u32): void {
  const column = newColumn(columns + columnCount * offsetof<Column>(), type);
  columnCount++;
  column.isRequired = isRequired;
  if (isEventTime) eventTimeColumn = column;
  addField(windowStart, nameBytes, column);
}

/** What event times are accepted, around the record's own, and how long a period is. */
export function setTimes(pastMs: f64, futureMs: f64, periodMs: f64): void {
  acceptPastMs = <i64>pastMs;
  acceptFutureMs = <i64>futureMs;
  periodMicros = <i64>periodMs * 1000;
}

/** A field that no column takes, of the name that was found last. False where it cannot be told apart here. */
export function addUnknown(): bool {
  return addField(foundName, foundNameBytes, null);
}

function addField(name: usize, nameBytes: u32, column: Column | null): bool {
  if (nameBytes > MAX_NAME_BYTES || fieldCount == maxFields) return false;
  fieldCount++;
  const field = newField(fields + fieldCount * FIELD_BYTES, name, nameBytes, column);
  field.other = lastField;
  lastField = field;
  return true;
}

/** Begins a chunk of no rows. */
export function clear(): void {
  row = 0;
  chunkBytes = 0;
  isMixed = false;
  clearTexts();
  for (let index: u32 = 0; index < columnCount; index++) clearColumn(columnAt(index));
}

function clearColumn(column: Column): void {
  if (column.hasNulls) memory.fill(column.validity, 0xff, maxRows >> 3);
  column.hasNulls = false;
  column.hasTexts = false;
}

function columnAt(index: u32): Column {
  return changetype<Column>(columns + index * offsetof<Column>());
}

/** Makes a row of a record whose value lies between `start` and `end`; nothing is done for one that is not plain. */
export function take(start: usize, end: usize, timestampMs: f64, offset: f64, partition: i32): i32 {
  record++;
  valueCount = 0;
  unknown = null;
  beginRowTexts();
  const at = afterObject(start);
  if (at == NAME_IS_UNKNOWN) return HAS_UNKNOWN_NAME;
  if (at == NOT_PLAIN || !isAllBlank(at, end) || !isComplete(<i64>timestampMs)) return 0;
  countUnknown();
  return TAKEN | endRow(<i64>timestampMs * 1000, <i64>offset, partition, <u32>(end - start));
}

function countUnknown(): void {
  let field = unknown;
  while (field != null) {
    field.count++;
    field = field.unknown;
  }
}

/** No place of an object's end. */
const NAME_IS_UNKNOWN: usize = 1;

/** Reads an object up to and with its last brace. */
function afterObject(at: usize): usize {
  at = afterBlank(at);
  if (load<u8>(at) != OPEN_BRACE) return NOT_PLAIN;
  let field = firstField!;
  do {
    at = afterBlank(at + 1);
    const next = field.next;
    const valueStart: usize = next != null ? next.afterLead(at) : 0;
    if (valueStart != 0) {
      field = next!;
      at = valueStart;
    } else {
      const found = findField(at);
      if (found == null) return foundName != 0 ? NAME_IS_UNKNOWN : NOT_PLAIN;
      field.next = found;
      field = found;
      at = foundValue;
    }
    if (field.record == record) return NOT_PLAIN;
    field.record = record;
    const column = field.column;
    if (column == null) {
      field.unknown = unknown;
      unknown = field;
      at = afterValue(at);
    } else if (load<u8>(at) == SMALL_N) {
      at = afterNull(at);
    } else {
      column.record = record;
      valueCount++;
      at = readValue(column, at);
    }
    if (at == NOT_PLAIN) return NOT_PLAIN;
    at = afterBlank(at);
  } while (load<u8>(at) == COMMA);
  return load<u8>(at) == CLOSE_BRACE ? at + 1 : NOT_PLAIN;
}

/** Where the value of the field that was found begins. */
let foundValue: usize = 0;

/** Reads a field's name, and up to its value. Without a place in `foundName`, what stands there is not plain. */
function findField(at: usize): Field | null {
  foundName = 0;
  const end = afterText(at);
  if (end == NOT_PLAIN) return null;
  foundValue = afterColon(end);
  if (foundValue == NOT_PLAIN) return null;
  const name = at + 1;
  const nameBytes = <u32>(end - 1 - name);
  let field = lastField;
  while (field != null && !field.isNamed(name, nameBytes)) field = field.other;
  if (field != null) {
    if (field.leadBytes == 0) field.setLead(at, foundValue);
    return field;
  }
  foundName = name;
  foundNameBytes = nameBytes;
  return null;
}

function readValue(column: Column, at: usize): usize {
  switch (column.type) {
    case STRING: {
      const end = afterText(at);
      return end != NOT_PLAIN && column.setText(row, at + 1, <u32>(end - at - 2)) ? end : NOT_PLAIN;
    }
    case DOUBLE:
      return readDouble(column, at);
    case INT:
    case BIGINT:
      return readInteger(column, at);
    case TIMESTAMP: {
      const end = afterTimestamp(at);
      column.setLong(row, micros);
      if (column == eventTimeColumn) eventTimeMicros = micros;
      return end;
    }
    case DATE: {
      const end = afterDate(at);
      column.setInt(row, days);
      return end;
    }
    default: {
      const end = afterTrue(at);
      column.setByte(row, end != NOT_PLAIN ? 1 : 0);
      return end | afterFalse(at);
    }
  }
}

function readDouble(column: Column, start: usize): usize {
  const isNegative = load<u8>(start) == MINUS;
  let at = isNegative ? start + 1 : start;
  const first = at;
  let number: u64 = 0;
  for (; isDigit(load<u8>(at)); at++) number = number * 10 + (load<u8>(at) - ZERO);
  let digits = <u32>(at - first);
  if (digits == 0 || (digits > 1 && load<u8>(first) == ZERO)) return NOT_PLAIN;
  let scale: u32 = 0;
  if (load<u8>(at) == DOT) {
    const point = ++at;
    for (; isDigit(load<u8>(at)); at++) number = number * 10 + (load<u8>(at) - ZERO);
    scale = <u32>(at - point);
    if (scale == 0) return NOT_PLAIN;
    digits += scale;
  }
  if (digits > EXACT_DIGITS || isExponent(load<u8>(at))) return readLongDouble(column, start);
  const value = <f64>number / load<f64>(POWERS_OF_TEN + ((<usize>scale) << 3));
  column.setDouble(row, isNegative ? -value : value);
  return at;
}

function readLongDouble(column: Column, start: usize): usize {
  const end = afterNumber(start);
  if (end == NOT_PLAIN) return NOT_PLAIN;
  const value = numberOf(start, end);
  column.setDouble(row, value);
  return isFinite<f64>(value) ? end : NOT_PLAIN;
}

function readInteger(column: Column, at: usize): usize {
  const isNegative = load<u8>(at) == MINUS;
  if (isNegative) at++;
  const first = at;
  let number: u64 = 0;
  for (; isDigit(load<u8>(at)); at++) number = number * 10 + (load<u8>(at) - ZERO);
  const digits = <u32>(at - first);
  if (digits == 0 || digits > LONG_DIGITS || (digits > 1 && load<u8>(first) == ZERO)) return NOT_PLAIN;
  const largest: u64 = column.type == INT ? <u64>i32.MAX_VALUE : <u64>i64.MAX_VALUE;
  if (number > largest + <u64>isNegative) return NOT_PLAIN;
  const value = isNegative ? -(<i64>number) : <i64>number;
  if (column.type == INT) column.setInt(row, <i32>value);
  else column.setLong(row, value);
  return at;
}

/** Whether all that is required is there and the time is within its window; then what is missing becomes NULL. */
function isComplete(timestampMs: i64): bool {
  const eventTime = eventTimeColumn!;
  if (eventTime.record != record) return false;
  if (valueCount < columnCount) {
    for (let index: u32 = 0; index < columnCount; index++) {
      const column = columnAt(index);
      if (column.isRequired && column.record != record) return false;
    }
  }
  const distanceMs = eventTimeMicros / 1000 - timestampMs;
  if (distanceMs < -acceptPastMs || distanceMs > acceptFutureMs) return false;
  if (valueCount == columnCount) return true;
  for (let index: u32 = 0; index < columnCount; index++) {
    const column = columnAt(index);
    if (column.record != record) column.setNull(row);
  }
  return true;
}

/** Ends a row whose columns have been set. */
function endRow(timestampMicros: i64, offset: i64, partition: i32, recordBytes: u32): i32 {
  partitionColumn!.setInt(row, partition);
  offsetColumn!.setLong(row, offset);
  timestampColumn!.setLong(row, timestampMicros);
  const ofRow = <i32>(eventTimeMicros / periodMicros);
  periodColumn!.setInt(row, ofRow);
  let flags: i32 = 0;
  if (!hasPeriod || ofRow != period) {
    hasPeriod = true;
    period = ofRow;
    isMixed = row > 0;
    flags = BEGAN_PERIOD;
  }
  endRowTexts();
  row++;
  chunkBytes += recordBytes;
  return row == maxRows || chunkBytes > maxChunkBytes ? flags | FILLED_CHUNK : flags;
}

/** Where the host puts records. */
export function windowAt(): usize {
  return windowStart;
}

export function rows(): u32 {
  return row;
}

/** Of the last row. */
export function lastPeriod(): i32 {
  return period;
}

/** Whether rows of several periods are in the chunk. */
export function hasSeveralPeriods(): bool {
  return isMixed;
}

export function unknownNameAt(): usize {
  return foundName;
}

export function unknownNameBytes(): u32 {
  return foundNameBytes;
}

/** Accepted records that had the field; fields are numbered from 0 in the order in which they were added, columns too. */
export function countOf(index: u32): u32 {
  return changetype<Field>(fields + (index + 1) * FIELD_BYTES).count;
}

/** Columns that the host reads: the table's, then partition, offset, timestamp and period of the rows. */
export function columnOf(index: u32): usize {
  if (index < columnCount) return columns + index * offsetof<Column>();
  switch (index - columnCount) {
    case 0:
      return changetype<usize>(partitionColumn);
    case 1:
      return changetype<usize>(offsetColumn);
    case 2:
      return changetype<usize>(timestampColumn);
    default:
      return changetype<usize>(periodColumn);
  }
}

export function valuesOf(column: usize): usize {
  return changetype<Column>(column).values;
}

/** Of all rows of the chunk. */
export function valuesBytesOf(column: usize): u32 {
  return row * valueBytes(changetype<Column>(column).type);
}

/** 0 where no value is missing. */
export function validityOf(place: usize): usize {
  const column = changetype<Column>(place);
  return column.hasNulls ? column.validity : 0;
}

export function hasTextsOutside(column: usize): bool {
  return changetype<Column>(column).hasTexts;
}
