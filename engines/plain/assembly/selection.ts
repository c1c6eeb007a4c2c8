/** The rows of one period, in groups as they are written. */
import { Chunk, firstChunk } from './chunk';
import { reserve, spaceEnd, takeBackTo } from './space';

/** The rows of a chunk that belong to the period. */
@unmanaged
export class Part {
  chunk: Chunk | null = null;
  rows: u32 = 0;
  /** Their places in the chunk, 16 bits each; 0 where all rows belong to it. */
  places: usize = 0;
  next: Part | null = null;
}

let maxGroupRows: u32 = 0;
let maxGroupBytes: u32 = 0;
/** Where selections begin: behind the last chunk. */
let start: usize = 0;
/** Behind the period's parts: what is made of a column goes there, in place of what was made of the one before. */
export let scratchStart: usize = 0;
let lastPart: Part | null = null;
let nextPart: Part | null = null;

/** The group's parts are these up to `groupEnd`. */
export let groupFirst: Part | null = null;
export let groupEnd: Part | null = null;
export let groupRows: u32 = 0;

/** A row group ends before it has more than `groupRows` rows, or somewhat more than `groupBytes`. */
export function beginSelections(groupRows: u32, groupBytes: u32): void {
  maxGroupRows = groupRows;
  maxGroupBytes = groupBytes;
  start = spaceEnd();
}

/** Begins anew, with the period's rows. @returns how many there are */
export function selectPeriod(period: i32): u32 {
  takeBackTo(start);
  nextPart = null;
  lastPart = null;
  let rows: u32 = 0;
  let chunk = firstChunk;
  while (chunk != null) {
    if (chunk.isMixed) rows += addSome(chunk, period);
    else if (chunk.period == period) rows += add(chunk, chunk.rows, 0);
    chunk = chunk.next;
  }
  scratchStart = spaceEnd();
  return rows;
}

function addSome(chunk: Chunk, period: i32): u32 {
  const places = reserve(chunk.rows << 1);
  const periods = chunk.periods;
  let count: u32 = 0;
  for (let row: u32 = 0; row < chunk.rows; row++) {
    store<u16>(places + (count << 1), <u16>row);
    count += <u32>(load<i32>(periods + (row << 2)) == period);
  }
  takeBackTo(places + (count << 1));
  return add(chunk, count, places);
}

function add(chunk: Chunk, rows: u32, places: usize): u32 {
  if (rows == 0) return 0;
  const part = changetype<Part>(reserve(offsetof<Part>()));
  part.chunk = chunk;
  part.rows = rows;
  part.places = places;
  part.next = null;
  if (lastPart == null) nextPart = part;
  else lastPart!.next = part;
  lastPart = part;
  return rows;
}

/** Goes on to the period's next row group. @returns its rows, 0 where there is none left */
export function nextRowGroup(): u32 {
  groupFirst = nextPart;
  groupRows = 0;
  let sizeBytes: u32 = 0;
  let part = nextPart;
  while (part != null) {
    const bytes = part.chunk!.sizeBytes;
    if (groupRows > 0 && (groupRows + part.rows > maxGroupRows || sizeBytes + bytes > maxGroupBytes)) break;
    groupRows += part.rows;
    sizeBytes += bytes;
    part = part.next;
  }
  nextPart = part;
  groupEnd = part;
  return groupRows;
}
