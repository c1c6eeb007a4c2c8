/** The rows in the making: the table's columns, where each row came from, and the period that it belongs to. */
import { BIGINT, Column, INT, newColumn, TIMESTAMP, valueBytes } from './column';
import { reserve } from './space';
import { clearTexts, endRowTexts } from './texts';

/** Partition, offset, timestamp and period of the row; they come after the table's columns. */
const PARTITION: u32 = 0;
const OFFSET: u32 = 1;
const KAFKA_TIMESTAMP: u32 = 2;
const PERIOD: u32 = 3;
const FURTHER_COLUMNS: u32 = 4;

/** What a row began or ended. */
export const BEGAN_PERIOD: i32 = 4;
export const FILLED_CHUNK: i32 = 8;

let columns: usize = 0;
let further: usize = 0;
export let columnCount: u32 = 0;
let maxRows: u32 = 0;
let maxChunkBytes: u32 = 0;
let periodMicros: i64 = 0;

/** The place of the next row. */
export let row: u32 = 0;
/** Of the records whose rows are in the chunk. */
let chunkBytes: u32 = 0;
let period: i32 = 0;
let hasPeriod: bool = false;
let isMixed: bool = false;

/** Forgets all columns, and makes room for so many of the table. */
export function beginChunks(rowLimit: u32, bytes: u32, columnLimit: u32): void {
  maxRows = rowLimit;
  maxChunkBytes = bytes;
  columns = reserve(columnLimit * offsetof<Column>());
  columnCount = 0;
  further = reserve(FURTHER_COLUMNS * offsetof<Column>());
  newColumn(further + PARTITION * offsetof<Column>(), INT, maxRows);
  newColumn(further + OFFSET * offsetof<Column>(), BIGINT, maxRows);
  newColumn(further + KAFKA_TIMESTAMP * offsetof<Column>(), TIMESTAMP, maxRows);
  newColumn(further + PERIOD * offsetof<Column>(), INT, maxRows);
  hasPeriod = false;
  clear();
}

export function newTableColumn(type: i32): Column {
  return newColumn(columns + columnCount++ * offsetof<Column>(), type, maxRows);
}

export function setPeriod(micros: i64): void {
  periodMicros = micros;
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

export function columnAt(index: u32): Column {
  return changetype<Column>(columns + index * offsetof<Column>());
}

/** Ends a row whose columns have been set. */
export function endRow(eventTimeMicros: i64, timestampMs: i64, offset: i64, partition: i32, recordBytes: u32): i32 {
  furtherAt(PARTITION).setInt(row, partition);
  furtherAt(OFFSET).setLong(row, offset);
  furtherAt(KAFKA_TIMESTAMP).setLong(row, timestampMs * 1000);
  const ofRow = <i32>(eventTimeMicros / periodMicros);
  furtherAt(PERIOD).setInt(row, ofRow);
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

function furtherAt(index: u32): Column {
  return changetype<Column>(further + index * offsetof<Column>());
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

/** Columns that the host reads: the table's, then the further ones. */
export function columnOf(index: u32): usize {
  return changetype<usize>(index < columnCount ? columnAt(index) : furtherAt(index - columnCount));
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

/** Whether some of its texts lie among the chunk's. */
export function hasTextsOutside(column: usize): bool {
  return changetype<Column>(column).hasTexts;
}
