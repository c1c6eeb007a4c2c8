/** A batch's rows, in chunks: the table's columns, where each row came from, and the period that it belongs to. */
import { BIGINT, Column, INT, newColumn, TIMESTAMP, valueBytes } from './column';
import { reserve, spaceEnd } from './space';
import { beginTexts, endRowTexts, endTexts } from './texts';

/** Partition, offset, timestamp and period of the row; they come after the table's columns. */
const PARTITION: u32 = 0;
const OFFSET: u32 = 1;
const KAFKA_TIMESTAMP: u32 = 2;
const PERIOD: u32 = 3;
const FURTHER_COLUMNS: u32 = 4;

/** What a row began or ended. */
export const BEGAN_PERIOD: i32 = 4;
export const FILLED_CHUNK: i32 = 8;

/** One column of a chunk. */
@unmanaged
export class ChunkColumn {
  values: usize = 0;
  /** 0 where no value is missing. */
  validity: usize = 0;
}

/** Rows that stay where they are until their batch has been written. */
@unmanaged
export class Chunk {
  rows: u32 = 0;
  sizeBytes: u32 = 0;
  /** Of all rows, if not `isMixed`. */
  period: i32 = 0;
  isMixed: bool = false;
  next: Chunk | null = null;

  columnAt(index: u32): ChunkColumn {
    return changetype<ChunkColumn>(changetype<usize>(this) + offsetof<Chunk>() + index * offsetof<ChunkColumn>());
  }

  /** Of each row. */
  get periods(): usize {
    return this.columnAt(columnCount + PERIOD).values;
  }
}

let columns: usize = 0;
let maxColumns: u32 = 0;
export let columnCount: u32 = 0;
let maxRows: u32 = 0;
let maxChunkBytes: u32 = 0;
let maxTextBytes: u32 = 0;
let maxKeptBytes: usize = 0;
let periodMicros: i64 = 0;

export let firstChunk: Chunk | null = null;
let lastChunk: Chunk | null = null;
/** Where the chunk in the making begins; 0 if there is none. */
let chunkStart: usize = 0;
let keptStart: usize = 0;
let keptRows: u32 = 0;

/** The place of the next row. */
export let row: u32 = 0;
/** Of the records whose rows are in the chunk. */
let chunkBytes: u32 = 0;
let period: i32 = 0;
let hasPeriod: bool = false;
let isMixed: bool = false;

/** Forgets all columns and rows, and makes room for so many columns of the table. */
export function beginChunks(rowLimit: u32, bytes: u32, textBytes: u32, keptBytes: usize, columnLimit: u32): void {
  maxRows = rowLimit;
  maxChunkBytes = bytes;
  maxTextBytes = textBytes;
  maxKeptBytes = keptBytes;
  maxColumns = columnLimit;
  columns = reserve((columnLimit + FURTHER_COLUMNS) * offsetof<Column>());
  columnCount = 0;
  firstChunk = null;
  lastChunk = null;
  chunkStart = 0;
  keptStart = 0;
  keptRows = 0;
  row = 0;
  hasPeriod = false;
}

export function newTableColumn(type: i32): Column {
  return newColumn(columns + columnCount++ * offsetof<Column>(), type);
}

export function setPeriod(micros: i64): void {
  periodMicros = micros;
}

/** The table's, then the further ones. */
export function columnAt(index: u32): Column {
  return changetype<Column>(columns + index * offsetof<Column>());
}

function furtherAt(index: u32): Column {
  return columnAt(columnCount + index);
}

/** Has room for a row; false where as much is kept as may be. */
export function hasRoom(): bool {
  if (chunkStart != 0) return true;
  if (keptStart == 0) addFurtherColumns();
  if (spaceEnd() - keptStart >= maxKeptBytes) return false;
  beginChunk();
  return true;
}

function addFurtherColumns(): void {
  newColumn(changetype<usize>(furtherAt(PARTITION)), INT);
  newColumn(changetype<usize>(furtherAt(OFFSET)), BIGINT);
  newColumn(changetype<usize>(furtherAt(KAFKA_TIMESTAMP)), TIMESTAMP);
  newColumn(changetype<usize>(furtherAt(PERIOD)), INT);
  keptStart = spaceEnd();
}

function beginChunk(): void {
  const count = columnCount + FURTHER_COLUMNS;
  chunkStart = reserve(offsetof<Chunk>() + count * offsetof<ChunkColumn>());
  for (let index: u32 = 0; index < count; index++) {
    const column = columnAt(index);
    column.values = reserve(maxRows * valueBytes(column.type));
    column.validity = reserve(maxRows >> 3);
    memory.fill(column.validity, 0xff, maxRows >> 3);
    column.hasNulls = false;
  }
  beginTexts(maxTextBytes);
  row = 0;
  chunkBytes = 0;
  isMixed = false;
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
  if (row != maxRows && chunkBytes <= maxChunkBytes) return flags;
  endChunk();
  return flags | FILLED_CHUNK;
}

/** Keeps what is there of a chunk. */
export function endChunk(): void {
  if (chunkStart == 0) return;
  endTexts();
  const chunk = changetype<Chunk>(chunkStart);
  chunk.rows = row;
  chunk.sizeBytes = <u32>(spaceEnd() - chunkStart);
  chunk.period = period;
  chunk.isMixed = isMixed;
  chunk.next = null;
  const count = columnCount + FURTHER_COLUMNS;
  for (let index: u32 = 0; index < count; index++) {
    const column = columnAt(index);
    const kept = chunk.columnAt(index);
    kept.values = column.values;
    kept.validity = column.hasNulls ? column.validity : 0;
  }
  if (lastChunk == null) firstChunk = chunk;
  else lastChunk!.next = chunk;
  lastChunk = chunk;
  keptRows += row;
  chunkStart = 0;
}

/** Of all chunks. */
export function rows(): u32 {
  return chunkStart == 0 ? keptRows : keptRows + row;
}

/** Of the last row. */
export function lastPeriod(): i32 {
  return period;
}
