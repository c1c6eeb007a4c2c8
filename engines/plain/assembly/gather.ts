/** One column's values of a row group, side by side, without those that are missing. */
import { groupEnd, groupFirst, groupRows, Part } from './selection';
import { reserve } from './space';

export let values: usize = 0;
export let valueCount: u32 = 0;
/** A byte for each row: whether it has a value. 0 where all have one. */
export let presence: usize = 0;

export function gather(column: u32, valueBytes: u32): void {
  values = reserve(groupRows * valueBytes);
  valueCount = 0;
  presence = hasNulls(column) ? reserve(groupRows) : 0;
  let row: u32 = 0;
  for (let part = groupFirst; part != groupEnd; part = part!.next) {
    const from = part!.chunk!.columnAt(column);
    if (from.validity != 0) gatherPresent(part!, from.values, from.validity, row, valueBytes);
    else gatherAll(part!, from.values, row, valueBytes);
    row += part!.rows;
  }
}

function hasNulls(column: u32): bool {
  for (let part = groupFirst; part != groupEnd; part = part!.next) {
    if (part!.chunk!.columnAt(column).validity != 0) return true;
  }
  return false;
}

function gatherAll(part: Part, from: usize, row: u32, valueBytes: u32): void {
  const rows = part.rows;
  const places = part.places;
  if (presence != 0) memory.fill(presence + row, 1, rows);
  if (places == 0) {
    memory.copy(values + valueCount * valueBytes, from, rows * valueBytes);
    valueCount += rows;
    return;
  }
  for (let index: u32 = 0; index < rows; index++) put(from, load<u16>(places + (index << 1)), valueBytes);
}

function gatherPresent(part: Part, from: usize, validity: usize, row: u32, valueBytes: u32): void {
  const rows = part.rows;
  const places = part.places;
  for (let index: u32 = 0; index < rows; index++) {
    const place: u32 = places == 0 ? index : load<u16>(places + (index << 1));
    const isPresent = ((<u32>load<u8>(validity + (place >> 3))) >> (place & 7)) & 1;
    store<u8>(presence + row + index, <u8>isPresent);
    if (isPresent) put(from, place, valueBytes);
  }
}

function put(from: usize, place: u32, valueBytes: u32): void {
  const source = from + place * valueBytes;
  const target = values + valueCount++ * valueBytes;
  switch (valueBytes) {
    case 1:
      store<u8>(target, load<u8>(source));
      break;
    case 4:
      store<u32>(target, load<u32>(source));
      break;
    case 8:
      store<u64>(target, load<u64>(source));
      break;
    default:
      store<u64>(target, load<u64>(source));
      store<u64>(target + 8, load<u64>(source + 8));
  }
}
