/** Memory is given out in order, and all taken back where a batch begins. */
const ALIGNMENT: usize = 16;
const PAGE_BYTES: usize = 65_536;

let top: usize = 0;

export function takeBackAll(): void {
  top = __heap_base;
}

export function reserve(bytes: usize): usize {
  const place = top;
  top = (place + bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  const pages = <i32>((top + PAGE_BYTES - 1) / PAGE_BYTES) - memory.size();
  // Without memory the batch fails, as it does where DuckDB has none.
  if (pages > 0 && memory.grow(pages) < 0) unreachable();
  return place;
}
