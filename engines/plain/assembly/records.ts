/**
 * Takes the records of a record batch, as they lie there one after the other. Layout: https://kafka.apache.org/documentation/#record.
 *
 * Nothing is refused here: where a record's lengths lead beyond the end, it may be malformed, or the window shows only a part of
 * it. The host has the whole batch, and judges (batch-records.ts).
 */
import { take } from './decoder';

/** Further answers than those of `take`: all records are passed, or one was met that cannot be framed here. */
const PASSED_ALL: i32 = 16;
const NOT_FRAMED: i32 = 32;
/** Of `take`. */
const NOT_PLAIN: i32 = 0;
const TAKEN: i32 = 1;

const ATTRIBUTES_BYTES: usize = 1;
/** A record has attributes, two deltas, two lengths and a count of headers, each a byte at the least. */
const MIN_LENGTH: i32 = 6;
/** Longer numbers are not exact as doubles, which is how the host reads them. */
const EXACT_BITS: u32 = 53;
const INEXACT: i64 = i64.MIN_VALUE;

let maxValueBytes: i32 = 0;
let maxTimestampMs: f64 = 0;

let baseOffset: f64 = 0;
let baseTimestampMs: f64 = 0;
let isStamped: bool = false;
let minDelta: f64 = 0;
let maxDelta: f64 = 0;
let partition: i32 = 0;

/** Where the reading of a record stands. */
let at: usize = 0;
/** Where the record is that was not passed. */
let next: usize = 0;
/** Records before it, those that are not wanted included, and how many of them became rows. */
let passed: i32 = 0;
let taken: i32 = 0;

/** Records with a longer value, or of a time further from 1970, are not plain. */
export function setLimits(valueBytes: i32, timestampMs: f64): void {
  maxValueBytes = valueBytes;
  maxTimestampMs = timestampMs;
}

/**
 * Says what records need of the header of their batch. Wanted are offsets from `min` up to and without `max`, relative to `offset`.
 * @param hasOneTime whether `timestampMs` is the time of all of them
 */
export function beginBatch(
  offset: f64,
  timestampMs: f64,
  hasOneTime: bool,
  min: f64,
  max: f64,
  ofPartition: i32,
): void {
  baseOffset = offset;
  baseTimestampMs = timestampMs;
  isStamped = hasOneTime;
  minDelta = min;
  maxDelta = max;
  partition = ofPartition;
}

/**
 * Makes rows of up to `count` records, which begin at `start` and are seen up to `end`.
 * @returns what `take` answers of the first that is not plain, or whose row began or ended something; or a further answer
 */
export function takeRecords(start: usize, end: usize, count: i32): i32 {
  next = start;
  passed = 0;
  taken = 0;
  while (passed < count) {
    at = next;
    const length = varint();
    if (length < MIN_LENGTH || length > <i32>(end - at)) return NOT_FRAMED;
    const recordEnd = at + length;
    at += ATTRIBUTES_BYTES;
    const timestampDelta = varlong();
    const delta = <f64>varint();
    if (timestampDelta == INEXACT || at > recordEnd) return NOT_FRAMED;
    let answer = TAKEN;
    if (delta >= minDelta) {
      if (delta >= maxDelta) break;
      const timestampMs = isStamped ? baseTimestampMs : baseTimestampMs + <f64>timestampDelta;
      answer = takeRecord(recordEnd, timestampMs, baseOffset + delta);
      if ((answer & TAKEN) == 0) return answer;
      taken++;
    }
    next = recordEnd;
    passed++;
    if (answer != TAKEN) return answer;
  }
  passed = count;
  return PASSED_ALL;
}

/** From the key's length on. */
function takeRecord(end: usize, timestampMs: f64, offset: f64): i32 {
  const keyBytes = varint();
  if (keyBytes > <i32>(end - at)) return NOT_FRAMED;
  if (keyBytes > 0) at += keyBytes;
  const valueBytes = varint();
  if (valueBytes > <i32>(end - at)) return NOT_FRAMED;
  if (valueBytes < 0 || valueBytes > maxValueBytes) return NOT_PLAIN;
  if (abs(timestampMs) > maxTimestampMs || offset > <f64>f64.MAX_SAFE_INTEGER) return NOT_PLAIN;
  return take(at, at + valueBytes, timestampMs, offset, partition);
}

/** Where the host goes on. */
export function nextRecordAt(): usize {
  return next;
}

export function passedRecords(): i32 {
  return passed;
}

export function takenRecords(): i32 {
  return taken;
}

/** A zigzag varint of up to 32 bits. The zeros behind the window end each. */
function varint(): i32 {
  let byte: u32 = load<u8>(at++);
  let value = byte & 127;
  for (let shift: u32 = 7; byte > 127; shift += 7) {
    byte = load<u8>(at++);
    value |= (byte & 127) << shift;
  }
  return <i32>((value >>> 1) ^ -(value & 1));
}

/** A zigzag varint, or INEXACT. */
function varlong(): i64 {
  let byte: u64 = load<u8>(at++);
  let value = byte & 127;
  for (let shift: u64 = 7; byte > 127; shift += 7) {
    if (shift >= EXACT_BITS) return INEXACT;
    byte = load<u8>(at++);
    value |= (byte & 127) << shift;
  }
  return value >> EXACT_BITS == 0 ? <i64>((value >> 1) ^ -(value & 1)) : INEXACT;
}
