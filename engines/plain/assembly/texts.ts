/** The texts of a chunk that do not fit in their column, one after the other, at the end of all memory that is in use. */
import { reserve, takeBackTo } from './space';

let limit: usize = 0;
/** Up to where those of whole rows lie. */
let keptEnd: usize = 0;
/** With those of the row in the making. */
let usedEnd: usize = 0;

/** No place of a text. */
export const NO_ROOM: usize = 0;

export function beginTexts(capacityBytes: u32): void {
  keptEnd = reserve(capacityBytes);
  usedEnd = keptEnd;
  limit = keptEnd + capacityBytes;
}

/** Gives back what was not used. */
export function endTexts(): void {
  takeBackTo(keptEnd);
}

/** Where the text lies from now on, or NO_ROOM. */
export function addText(start: usize, length: u32): usize {
  const place = usedEnd;
  if (<usize>length > limit - place) return NO_ROOM;
  memory.copy(place, start, length);
  usedEnd = place + length;
  return place;
}

/** Drops the texts of a record that was no row in the end. */
export function beginRowTexts(): void {
  usedEnd = keptEnd;
}

export function endRowTexts(): void {
  keptEnd = usedEnd;
}
