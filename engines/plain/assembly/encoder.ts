/**
 * Makes Parquet pages of a batch's rows, one column of one row group at a time: its dictionary where it has one, and one data page
 * (https://github.com/apache/parquet-format/blob/master/Encodings.md). PlainFile (plain-file.ts) is its host, and compresses them.
 */
import { findBounds, findTextBounds, noBounds } from './bounds';
import { columnAt } from './chunk';
import { BIGINT, BOOLEAN, DATE, INT, STRING, STRING_BYTES, textAt, TIMESTAMP, valueBytes } from './column';
import { putDeltas, reserveDeltas } from './delta';
import { buildDictionary, buildTextDictionary, entries, entryCount, indexes } from './dictionary';
import { gather, presence, valueCount, values } from './gather';
import { at, beginPage, putByte, putBytes, putInt, putPacked, putPackedRun, putRun } from './page';
import { groupRows, scratchStart } from './selection';
import { reserve, takeBackTo } from './space';

export { maxAt, maxBytes, minAt, minBytes } from './bounds';
export { beginSelections, nextRowGroup, selectPeriod } from './selection';

/** As plain-file.ts knows them. */
const PLAIN: i32 = 0;
const DICTIONARY: i32 = 1;
const DELTA: i32 = 2;

/** Levels, widths, counts and what is written beyond the end. */
const PAGE_EXTRA_BYTES: u32 = 4096;

export let encoding: i32 = PLAIN;
export let nullCount: u32 = 0;
export let dictionaryAt: usize = 0;
export let dictionaryBytes: u32 = 0;
export let dictionaryValues: u32 = 0;
export let pageAt: usize = 0;
export let pageBytes: u32 = 0;

/** Encodes the column's values of the row group; its pages last until the next one. */
export function encodeColumn(index: u32): void {
  takeBackTo(scratchStart);
  const type = columnAt(index).type;
  gather(index, valueBytes(type));
  nullCount = groupRows - valueCount;
  dictionaryBytes = 0;
  dictionaryValues = 0;
  if (valueCount == 0) putNothing();
  else if (type == STRING) putTexts();
  else if (type == BOOLEAN) putBooleans();
  else if (type == TIMESTAMP) putIntegers<i64>(false);
  else if (type == BIGINT) putIntegers<i64>(true);
  else if (type == INT || type == DATE) putIntegers<i32>(true);
  else putDoubles();
  pageBytes = <u32>(at - pageAt);
}

/** @param valuesBytes of the page at most, without its levels */
function beginDataPage(pageEncoding: i32, valuesBytes: usize): void {
  encoding = pageEncoding;
  pageAt = reserve(valuesBytes + (groupRows >> 3) + PAGE_EXTRA_BYTES);
  beginPage(pageAt + 4);
  if (presence == 0) putRun(groupRows, 1, 1);
  else putPackedRun<u8>(presence, groupRows, 1);
  store<u32>(pageAt, <u32>(at - pageAt - 4));
}

function putNothing(): void {
  noBounds();
  beginDataPage(PLAIN, 0);
}

function putBooleans(): void {
  findBounds<u8>(values, valueCount);
  beginDataPage(PLAIN, valueCount);
  putPacked<u8>(values, valueCount, 1);
}

function putDoubles(): void {
  if (buildDictionary<u64>(values, valueCount) && isSmaller(8)) {
    findBounds<f64>(entries, entryCount);
    putPlainDictionary(8);
    return;
  }
  findBounds<f64>(values, valueCount);
  beginDataPage(PLAIN, valueCount << 3);
  putBytes(values, valueCount << 3);
}

/** @param mayRepeat whether a dictionary is tried: times differ from row to row, but not by much */
function putIntegers<T>(mayRepeat: bool): void {
  if (mayRepeat && buildDictionary<T>(values, valueCount) && isSmaller(sizeof<T>())) {
    findBounds<T>(entries, entryCount);
    putPlainDictionary(sizeof<T>());
    return;
  }
  findBounds<T>(values, valueCount);
  reserveDeltas();
  const bytes = valueCount * sizeof<T>();
  beginDataPage(DELTA, bytes + (bytes >> 3));
  putDeltas<T>(values, valueCount);
}

function putTexts(): void {
  if (buildTextDictionary(values, valueCount) && isSmaller(STRING_BYTES)) {
    findTextBounds(entries, entryCount);
    dictionaryAt = reserve(bytesOfTexts(entries, entryCount));
    beginPage(dictionaryAt);
    putPlainTexts(entries, entryCount);
    dictionaryBytes = <u32>(at - dictionaryAt);
    putIndexes();
    return;
  }
  findTextBounds(values, valueCount);
  beginDataPage(PLAIN, bytesOfTexts(values, valueCount));
  putPlainTexts(values, valueCount);
}

function bytesOfTexts(texts: usize, count: u32): usize {
  let bytes: usize = 0;
  for (let index: u32 = 0; index < count; index++) bytes += 4 + load<u32>(texts + index * STRING_BYTES);
  return bytes;
}

function putPlainTexts(texts: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    const text = texts + index * STRING_BYTES;
    const length = load<u32>(text);
    putInt(length);
    putBytes(textAt(text), length);
  }
}

/** Whether a dictionary and the places in it take less than the values. */
function isSmaller(valueBytes: u32): bool {
  return entryCount * valueBytes + ((valueCount * indexWidth()) >> 3) < valueCount * valueBytes;
}

function indexWidth(): u32 {
  return 32 - clz<u32>(entryCount - 1);
}

function putPlainDictionary(valueBytes: u32): void {
  dictionaryAt = entries;
  dictionaryBytes = entryCount * valueBytes;
  putIndexes();
}

function putIndexes(): void {
  dictionaryValues = entryCount;
  beginDataPage(DICTIONARY, valueCount << 1);
  const width = indexWidth();
  putByte(width);
  if (width == 0) putRun(valueCount, 0, 0);
  else putPackedRun<u16>(indexes, valueCount, width);
}
