/** Memory is given out in order, and taken back from the end: all of it where a batch begins. */
const ALIGNMENT: usize = 16;
const PAGE_BYTES: usize = 65_536;
/** More than is asked for, since the host has to look at grown memory anew. */
const GROW_PAGES: i32 = 64;

let top: usize = 0;

export function takeBackAll(): void {
  top = __heap_base;
}

export function reserve(bytes: usize): usize {
  const place = top;
  top = (place + bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  const pages = <i32>((top + PAGE_BYTES - 1) / PAGE_BYTES) - memory.size();
  // Without memory the batch fails, as it does where DuckDB has none.
  if (pages > 0 && memory.grow(max(pages, GROW_PAGES)) < 0) unreachable();
  return place;
}

/** Up to where memory is given out. */
export function spaceEnd(): usize {
  return top;
}

export function takeBackTo(place: usize): void {
  top = (place + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}
