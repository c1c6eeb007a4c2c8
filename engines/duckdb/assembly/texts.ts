/** The texts of a chunk that do not fit in their column, one after the other. */
let textsStart: usize = 0;
let textsCapacityBytes: u32 = 0;
/** Of rows that are whole. */
let keptBytes: u32 = 0;
/** With those of the row in the making. */
let usedBytes: u32 = 0;

export const NO_ROOM: u32 = 0xffffffff;

export function placeTexts(start: usize, capacityBytes: u32): void {
  textsStart = start;
  textsCapacityBytes = capacityBytes;
}

/** Where the text lies among the others, or NO_ROOM. */
export function addText(start: usize, length: u32): u32 {
  const place = usedBytes;
  if (length > textsCapacityBytes - place) return NO_ROOM;
  memory.copy(textsStart + place, start, length);
  usedBytes = place + length;
  return place;
}

/** Drops the texts of a record that was no row in the end. */
export function beginRowTexts(): void {
  usedBytes = keptBytes;
}

export function endRowTexts(): void {
  keptBytes = usedBytes;
}

export function clearTexts(): void {
  keptBytes = 0;
  usedBytes = 0;
}

export function textsBytes(): u32 {
  return keptBytes;
}

export function textsAt(): usize {
  return textsStart;
}
