import { addText, NO_ROOM } from './texts';

/** What a column holds; plain-decoder.ts knows these numbers too. */
export const STRING: i32 = 0;
export const BOOLEAN: i32 = 1;
export const INT: i32 = 2;
export const BIGINT: i32 = 3;
export const DOUBLE: i32 = 4;
export const TIMESTAMP: i32 = 5;
export const DATE: i32 = 6;

/** A text: its length, then up to 12 bytes in place, or else the first 4 of them and the place of all. */
export const STRING_BYTES: u32 = 16;
const INLINE_BYTES: u32 = 12;
const PREFIX_AT: usize = 4;
const PLACE_AT: usize = 8;

/** One column of the chunk in the making. */
@unmanaged
export class Column {
  type: i32 = 0;
  isRequired: bool = false;
  /** Whether a value is missing in this chunk. */
  hasNulls: bool = false;
  /** The record whose value this holds last. */
  record: u32 = 0;
  values: usize = 0;
  /** A bit for each row that has a value. */
  validity: usize = 0;

  setByte(row: u32, value: u8): void {
    store<u8>(this.values + row, value);
  }

  setInt(row: u32, value: i32): void {
    store<i32>(this.values + ((<usize>row) << 2), value);
  }

  setLong(row: u32, value: i64): void {
    store<i64>(this.values + ((<usize>row) << 3), value);
  }

  setDouble(row: u32, value: f64): void {
    store<f64>(this.values + ((<usize>row) << 3), value);
  }

  setNull(row: u32): void {
    const place = this.validity + ((<usize>row) >> 3);
    store<u8>(place, ((<u32>load<u8>(place)) & ~(1 << (row & 7))) as u8);
    this.hasNulls = true;
  }

  /** False where the chunk has no room for the text. */
  setText(row: u32, start: usize, length: u32): bool {
    const place = this.values + row * STRING_BYTES;
    store<u32>(place, length);
    if (length <= INLINE_BYTES) {
      setInline(place + PREFIX_AT, start, length);
      return true;
    }
    const kept = addText(start, length);
    store<u32>(place + PREFIX_AT, load<u32>(start));
    store<u64>(place + PLACE_AT, kept);
    return kept != NO_ROOM;
  }
}

/** Where a column's text lies. */
export function textAt(place: usize): usize {
  return load<u32>(place) <= INLINE_BYTES ? place + PREFIX_AT : <usize>load<u64>(place + PLACE_AT);
}

/** Up to twelve bytes, and zeros behind them; reads beyond the text, and masks what it finds there. */
function setInline(place: usize, start: usize, length: u32): void {
  let first: u64 = 0;
  let last: u32 = 0;
  if (length >= 8) {
    first = load<u64>(start);
    if (length > 8) last = load<u32>(start + 8) & (0xffffffff >>> ((12 - length) << 3));
  } else if (length > 0) {
    first = load<u64>(start) & (0xffffffffffffffff >>> ((<u64>(8 - length)) << 3));
  }
  store<u64>(place, first);
  store<u32>(place + 8, last);
}

export function newColumn(place: usize, type: i32): Column {
  memory.fill(place, 0, offsetof<Column>());
  const column = changetype<Column>(place);
  column.type = type;
  return column;
}

export function valueBytes(type: i32): u32 {
  if (type == STRING) return STRING_BYTES;
  if (type == BOOLEAN) return 1;
  return type == INT || type == DATE ? 4 : 8;
}
